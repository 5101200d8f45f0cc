"""Where the rules are that ship with Rulewright."""

from __future__ import annotations

import os


def shipped_folder() -> str:
    """The folder of the rules that ship: inside the package, or in a checkout beside engine/."""
    package = os.path.dirname(os.path.abspath(__file__))
    inside = os.path.join(package, "rules")
    checkout = os.path.dirname(os.path.dirname(package))
    return inside if os.path.isdir(inside) else os.path.join(checkout, "rules")
