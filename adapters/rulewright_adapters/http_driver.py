"""The libraries of the extra `[http]`, imported in one place, or told to be missing."""

from __future__ import annotations

import logging

from rulewright.errors import AdapterError

try:
    import httpcore2
    import httpx2
    import stamina
except ModuleNotFoundError as error:
    raise AdapterError(
        f"sending messages over HTTP needs {error.name}, which is not installed: "
        "pip install 'rulewright[http]'"
    ) from None

# Each retry is told by what becomes of the message; without this, Python would print it to stderr as well.
logging.getLogger("stamina").addHandler(logging.NullHandler())

__all__ = ["httpcore2", "httpx2", "stamina"]
