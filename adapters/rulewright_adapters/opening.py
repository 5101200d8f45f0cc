"""Choose the store that a URL names. Only the chosen adapter is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol, cast

from rulewright.errors import AdapterError, RulewrightError

if TYPE_CHECKING:
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


class Opener(Protocol):
    """What a plug-in says of a scheme: `open` takes what follows "<scheme>://"."""

    @property
    def open(self) -> Callable[[str], Store]:
        """Open a store."""


def open_store(url: str, stores: Mapping[str, Opener] | None = None) -> Store:
    """Open the store that `url` names; the caller closes it.

    `sqlite:///relative.db`, `sqlite:////absolute/path.db`, `sqlite://` (in memory), `memory://`,
    `postgresql://user@host/database?schema=intake`, or a scheme that a plug-in adds. `stores` are those of a
    program's plug-ins (`program.registry.stores`); left out, they are those of the installed plug-ins, which
    are looked for only where the scheme is none of ours.
    Raises AdapterError where the URL or what it names makes no store, and PluginError.
    """
    _require_text(url)
    scheme, separator, rest = url.partition("://")
    if separator and scheme in SCHEMES:
        module = import_module(SCHEMES[scheme])
        return cast("Callable[[str], Store]", module.open_url)(rest)
    more = _installed() if stores is None else stores
    if separator and scheme in more:
        return _opened(scheme, more[scheme], rest)
    known = ", ".join(f"{name}://" for name in sorted({*SCHEMES, *more}))
    # What follows the scheme may hold a password.
    start = f"{scheme}{separator}..." if separator else url
    hint = "" if separator or not url else f"for a SQLite file write sqlite:///{url}; "
    raise AdapterError(
        f"no store has the URL {start!r}: it must start with one of {known}; {hint}"
        "a plug-in can add others, by rulewright_stores (docs/plugins.md)"
    )


def _require_text(url: object) -> None:
    if not isinstance(url, str):
        given = type(url).__name__
        raise AdapterError(f"a store is opened by a URL, like 'sqlite:///cases.db', not by {given}")


def _opened(scheme: str, opener: Opener, rest: str) -> Store:
    try:
        return opener.open(rest)
    except RulewrightError:
        raise
    except Exception as error:
        # Its text may quote the URL, and that a password.
        raise AdapterError(f"the plug-in of {scheme}:// fails with {type(error).__name__}") from error


def _installed() -> Mapping[str, Opener]:
    # The one place where the adapters ask who else is there; the engine itself needs none of them.
    from rulewright.plugins.loading import build_registry  # noqa: PLC0415

    return build_registry().stores
