"""What stands for an item that has an error."""

from __future__ import annotations

from typing import Final


class _Unsound:
    """The type of UNSOUND."""


# Stands, in the `valid_data` of a list or a map, for an item that has an error.
UNSOUND: Final = _Unsound()
