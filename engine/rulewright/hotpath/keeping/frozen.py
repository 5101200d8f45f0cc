"""Generated functions as plain data that `marshal` can write, with all that they reach; thawed.py undoes it.

A new process then runs them without importing what they were made by. Kept as they are: functions and classes
of the hot path and of what it calls (frozen_code.py), compiled expressions (frozen_rules.py), plain values,
and compiled patterns. Of the engine's data objects those attributes are kept that some kept function names.
All else is left out: whoever meets it there gets `Lost`, and the whole command runs instead.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any, Final

from rulewright import cel
from rulewright.hotpath.keeping import frozen_code, frozen_rules
from rulewright.hotpath.warm.thawed import Frozen

_PLAIN: Final = (type(None), bool, int, float, str, bytes)


def freeze(roots: Mapping[str, object], namespace: Mapping[str, object]) -> Frozen:
    """Return `roots` and all that they reach as plain data. `namespace` is that of the generated module."""
    names: frozenset[str] = frozenset()
    compiled: _Compiled = {}
    while True:
        freezer = Freezer(namespace, names, compiled)
        numbers = {name: freezer.put(value) for name, value in roots.items()}
        # Which attributes of data objects are read is known only when all functions are; they lead to more.
        if freezer.names <= names:
            return numbers, freezer.objects
        names |= freezer.names


# Number of a program in memory -> the program, so that no number is given twice, and what evaluates it.
_Compiled = dict[int, tuple[cel.Program, tuple[object, object]]]


class Freezer:
    """One pass. Each object gets a number; parts come before what is made of them, save for late parts."""

    def __init__(
        self, namespace: Mapping[str, object], attributes: frozenset[str], compiled: _Compiled
    ) -> None:
        self.namespace = namespace
        # Of data objects these are kept; `names` are those that functions name.
        self.attributes = attributes
        self.names: set[str] = set()
        self.objects: list[tuple[Any, ...]] = []
        self.begun: set[int] = set()
        self._compiled = compiled
        self._numbers: dict[int, int] = {}
        # So that no id is given twice.
        self._alive: list[object] = []

    def put(self, value: object, depth: int = 0) -> int:
        """The number of an object, which is `depth` data objects below what is kept."""
        known = self.number_of(value)
        if known is not None:
            return known
        self._alive.append(value)
        if is_plain(value):
            return self.add(value, "plain", value)
        for form in _FORMS:
            number = form(self, value, depth)
            if number is not None:
                return number
        return self.add(value, "lost", type(value).__name__)

    def number_of(self, value: object) -> int | None:
        """The number that an object was given."""
        return self._numbers.get(id(value))

    def add(self, value: object, *record: Any) -> int:
        """Keep how an object is made; gives its number."""
        self.objects.append(record)
        number = self._numbers[id(value)] = len(self.objects) - 1
        return number

    def start(self, value: object) -> int:
        """Give a number to what its own parts may refer to."""
        return self.add(value)

    def is_lost(self, number: int) -> bool:
        """Whether an object was left out."""
        return self.objects[number][:1] == ("lost",)

    def evaluators(self, program: cel.Program) -> list[int]:
        """The numbers of what evaluates an expression, and of what does so where no error is told."""
        if id(program) not in self._compiled:
            # What is not worth compiling is not kept: the program itself is left out.
            self._compiled[id(program)] = program, program.stand_alone() or (program, program)
        return [self.put(one) for one in self._compiled[id(program)][1]]


def _container(freezer: Freezer, value: Any, depth: int) -> int | None:
    if type(value) not in (list, tuple, set, frozenset):
        return None
    parts = [freezer.put(one, depth) for one in value]
    if isinstance(value, set | frozenset) and any(map(freezer.is_lost, parts)):
        # Whoever asks whether something is in it must not be told that it isn't.
        return freezer.add(value, "lost", "a set")
    return freezer.add(value, type(value).__name__, parts)


def _map(freezer: Freezer, value: Any, depth: int) -> int | None:
    if type(value) not in (dict, MappingProxyType):
        return None
    parts = [(freezer.put(name, depth), freezer.put(one, depth)) for name, one in value.items()]
    if any(freezer.is_lost(name) for name, _ in parts):
        return freezer.add(value, "lost", "a map")
    return freezer.add(value, "dict", parts)


def _slice(freezer: Freezer, value: Any, _: int) -> int | None:
    return freezer.add(value, "slice", value.start, value.stop, value.step) if type(value) is slice else None


def _instant(freezer: Freezer, value: Any, _: int) -> int | None:
    is_instant = type(value) is datetime and value.tzinfo is UTC
    return freezer.add(value, "instant", value.isoformat()) if is_instant else None


def _namespace(freezer: Freezer, value: Any, _: int) -> int | None:
    if type(value) is not SimpleNamespace:
        return None
    number = freezer.start(value)
    freezer.objects[number] = ("data", {name: freezer.put(part) for name, part in vars(value).items()})
    return number


_Form = Callable[[Freezer, Any, int], int | None]
_FORMS: Final[tuple[_Form, ...]] = (
    *(_container, _map, _slice, _instant, _namespace),
    *frozen_rules.FORMS,
    *frozen_code.FORMS,
    *frozen_rules.LAST_FORMS,
    *frozen_code.LAST_FORMS,
)


def is_plain(value: object) -> bool:
    """Whether a value, however deep, is what `marshal` writes and reads as it is."""
    kind = type(value)
    if kind in _PLAIN:
        return True
    if kind is dict:
        return all(is_plain(name) and is_plain(part) for name, part in value.items())  # type: ignore[attr-defined]
    parts: Iterable[object] = value if kind in (list, tuple, frozenset) else ()  # type: ignore[assignment]
    return kind in (list, tuple, frozenset) and all(map(is_plain, parts))
