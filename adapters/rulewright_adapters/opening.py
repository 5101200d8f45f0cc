"""Choose the store that a URL names. Only the chosen adapter is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import cast

from rulewright.errors import AdapterError
from rulewright.ports import Store

# Scheme -> the module that opens it. Imported on demand: sqlite-utils alone takes ~100 ms.
SCHEMES: Mapping[str, str] = MappingProxyType(
    {
        "memory": "rulewright_adapters.memory",
        "postgres": "rulewright_adapters.postgres",
        "postgresql": "rulewright_adapters.postgres",
        "sqlite": "rulewright_adapters.sqlite",
    }
)


def open_store(url: str) -> Store:
    """Open the store that `url` names; the caller closes it.

    `sqlite:///relative.db`, `sqlite:////absolute/path.db`, `sqlite://` (in memory), `memory://` or
    `postgresql://user@host/database?schema=intake`.
    Raises AdapterError where the URL or what it names makes no store.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        known = ", ".join(f"{name}://" for name in sorted(SCHEMES))
        # What follows the scheme may hold a password.
        start = f"{scheme}{separator}..." if separator else url
        raise AdapterError(f"no store has the URL {start!r}: it must start with one of {known}")
    module = import_module(SCHEMES[scheme])
    return cast(Callable[[str], Store], module.open_url)(rest)
