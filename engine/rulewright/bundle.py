"""Rule files that were read and checked before, kept in the user's cache folder.

Reading and checking the rules is most of what a short command does, and gives the same every time. What
is kept is keyed by the bytes and names of the rule files, the engine's code and the version of Python; so
it is never out of date, only unused. Rules with errors are never kept.

Kept as a pickle, which shares repeated parts and loads at C speed, but read by an unpickler that knows
no callable except the frozen records of the model, and what makes a Struct of them from its fields: a
forged file can at worst be wrong data. What keeps others from forging one is said in private_cache.
"""

from __future__ import annotations

import io
import pickle
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from rulewright.fingerprint import rules_key
from rulewright.model import RuleSet
from rulewright.plugins import Registry
from rulewright.private_cache import cache_folder, read_kept, write_kept

if TYPE_CHECKING:
    import os

_ENDING: Final = ".rules"
# One for each state of the rules that was used of late; an edit makes a new one.
_KEPT: Final = 16
_DATA: Final = ("rulewright.model", "rulewright.problem", "rulewright.source")
# What a pickled Struct says makes it: called with its class, which is found here too, and its fields.
_REBUILD: Final = ("msgspec._utils", "rebuild")


def load_rules_once(
    path: str | os.PathLike[str], *, display_root: str | None = None, registry: Registry | None = None
) -> RuleSet:
    """As `checks.load_rules`, but without reading and checking again what was sound before.

    What foreign plug-ins add depends on their code; where that can't be told, nothing is kept. Raises
    RuleFileError with all problems.
    """
    stamp = registry.stamp if registry is not None else ""
    folder = cache_folder() if stamp is not None else None
    more = (stamp,) if stamp else ()
    key = rules_key(path, display_root, *more) if folder is not None else None
    if folder is not None and key is not None:
        kept = _read(folder, key)
        if kept is not None:
            return kept
    # Half of the start-up of a command is importing what reads and checks rules.
    from rulewright.checks import load_rules  # noqa: PLC0415

    rules = load_rules(Path(path), display_root=display_root, registry=registry).rules
    # Files may have changed while they were read.
    if folder is not None and key is not None and key == rules_key(path, display_root, *more):
        with suppress(OSError, pickle.PicklingError, RecursionError):
            write_kept(folder, key + _ENDING, pickle.dumps(rules, protocol=5), most=_KEPT)
    return rules


class _DataUnpickler(pickle.Unpickler):
    """Makes nothing but the model's own data."""

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        """The class of a part of a rule file; anything else is refused."""
        if (module, name) == _REBUILD:
            return super().find_class(module, name)  # type: ignore[no-any-return]
        if module.startswith(_DATA) and "." not in name and module in sys.modules:
            found = getattr(sys.modules[module], name, None)
            if isinstance(found, type) and found.__module__ == module and _is_data(found):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no part of a rule file")


def _is_data(found: type) -> bool:
    return is_dataclass(found) or issubclass(found, Struct) or found.__name__ == "SourceText"


def _read(folder: str, key: str) -> RuleSet | None:
    data = read_kept(folder, key + _ENDING)
    if data is None:
        return None
    try:
        rules = _DataUnpickler(io.BytesIO(data)).load()
    except Exception:  # a forged or foreign pickle may raise anything; the rule files are there to be read
        return None
    return rules if isinstance(rules, RuleSet) else None
