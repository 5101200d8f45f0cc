"""This folder's own modules, and the fixture that installs plug-ins."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from installing import installing

__all__ = ["installing"]
