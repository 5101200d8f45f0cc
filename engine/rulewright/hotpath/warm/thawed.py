"""Functions that frozen.py turned into data, made to run again. Imports nothing that takes time."""

from __future__ import annotations

import builtins
from types import CellType, FunctionType
from typing import TYPE_CHECKING, Any, NoReturn

from rulewright.hotpath.warm.retold import (
    Because,
    Formula,
    Refusal,
    Site,
    Template,
    Told,
    Vendor,
    changed,
    read,
    read_in_doubt,
    read_named,
    read_now,
    read_with_value,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# Root -> number; and the objects by number, each a form and what that form takes.
Frozen = tuple[dict[str, int], list[tuple[Any, ...]]]


class LostError(Exception):
    """Something was needed that was not kept: the whole command must run."""


class Lost:
    """Stands where something was not kept."""

    def __getattr__(self, name: str) -> NoReturn:
        """Whatever is asked of it."""
        raise LostError(name)

    def __call__(self, *_: object, **__: object) -> NoReturn:
        """It can't be called."""
        raise LostError

    def __iter__(self) -> NoReturn:
        """It has no parts."""
        raise LostError

    def __bool__(self) -> NoReturn:
        """It is neither true nor false."""
        raise LostError

    def __eq__(self, other: object) -> NoReturn:
        """It is like nothing."""
        raise LostError

    __hash__ = None  # type: ignore[assignment]

    def _tell_no_class(self) -> NoReturn:
        raise LostError

    # Nor can it be told of which class it is.
    __class__: Any = property(_tell_no_class)


class Data:
    """Some attributes of an object that was kept."""


class Sent:
    """What was sent, as a generated Struct would hold it."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self.__dict__.update(values)


class Everything:
    """As evaluation.views.Everything, without the classes of collections.abc."""

    def __contains__(self, name: object) -> bool:
        """Any name is among them."""
        return True

    def __iter__(self) -> Iterator[str]:
        """None is told."""
        return iter(())


class _Unset:
    """The type of UNSET."""


# In place of msgspec's: it stands for a part of a value that was not sent.
UNSET = _Unset()


def thaw(frozen: Frozen) -> dict[str, Any]:
    """Return the roots. What is wrong with `frozen` raises whatever it does."""
    roots, records = frozen
    made: list[Any] = []
    for record in records:
        made.append(_MAKERS[record[0]](made, *record[1:]))
    for record, value in zip(records, made, strict=True):
        finish = _FINISHERS.get(record[0])
        if finish is not None:
            finish(made, value, *record[1:])
    return {name: made[number] for name, number in roots.items()}


def _plain(_: list[Any], value: object) -> object:
    return value


def _dict(made: list[Any], parts: list[tuple[int, int]]) -> object:
    return {made[name]: made[value] for name, value in parts}


def _of(kind: Callable[[Any], object]) -> Callable[[list[Any], list[int]], object]:
    return lambda made, parts: kind([made[number] for number in parts])


def _own(_: list[Any], name: str) -> object:
    return _OWN[name]


def _asdict(sent: Sent) -> dict[str, object]:
    return dict(vars(sent))


_OWN: dict[str, object] = {
    "asdict": _asdict,
    "UNSET": UNSET,
    "new": object.__new__,
    "replace": changed,
    "replace in Struct": changed,
    "read": read,
    "read later": read_now,
    "read with value": read_with_value,
    "read named": read_named,
    "because of": read_in_doubt,
    "Because": Because,
    "Everything": Everything,
    "Formula": Formula,
    "Site": Site,
}


def _name(_: list[Any], module: str, name: str) -> object:
    return getattr(__import__(module, fromlist=(name,)), name)


def _function(
    _: list[Any], code: Any, defaults: Any, reached: dict[str, int], cells: list[int], bare: bool
) -> object:
    # Written in C, some of the standard library look for them where they are called from.
    names: dict[str, Any] = {"__builtins__": {} if bare else builtins}
    return FunctionType(code, names, code.co_name, None, tuple(CellType() for _ in cells))


def _finish_function(
    made: list[Any],
    function: Any,
    code: Any,
    defaults: tuple[int, int],
    reached: dict[str, int],
    cells: list[int],
    bare: bool,
) -> None:
    function.__globals__.update({name: made[number] for name, number in reached.items()})
    function.__defaults__, function.__kwdefaults__ = made[defaults[0]], made[defaults[1]]
    for cell, number in zip(function.__closure__ or (), cells, strict=True):
        cell.cell_contents = made[number]


def _class(
    made: list[Any], name: str, bases: list[int], slots: Any, first: dict[str, int], _: dict[str, int]
) -> object:
    given = {part: made[number] for part, number in first.items()}
    if slots is not None:
        given["__slots__"] = slots
    return type(name, tuple(made[base] for base in bases), given)


def _finish_class(
    made: list[Any], value: Any, name: str, bases: list[int], slots: Any, _: Any, parts: dict[str, int]
) -> None:
    for part, number in parts.items():
        setattr(value, part, made[number])


def _object(made: list[Any], kind: int, _: dict[str, int]) -> object:
    return object.__new__(made[kind])


def _finish_object(made: list[Any], value: object, _: int, parts: dict[str, int]) -> None:
    for name, number in parts.items():
        setattr(value, name, made[number])


def _whole(made: list[Any], kind: int, parts: dict[str, int]) -> object:
    value = _object(made, kind, parts)
    _finish_object(made, value, kind, parts)
    return value


def _bound(made: list[Any], owner: int, name: str) -> object:
    def run(*given: object) -> object:
        # The class has its functions only when all is made.
        found: object = getattr(made[owner], name)(*given)
        return found

    return run


def _late(_: list[Any], module: str, name: str) -> object:
    def run(*given: object, **named: object) -> object:
        function: Any = _name(_, module, name)
        return function(*given, **named)

    return run


def _data(_: list[Any], parts: dict[str, int]) -> Data:
    return Data()


def _finish_data(made: list[Any], value: Data, parts: dict[str, int]) -> None:
    vars(value).update({name: made[number] for name, number in parts.items()})


def _search(_: list[Any], pattern: str, flags: int, method: str) -> object:
    return getattr(_Later("re", pattern, flags), method)


def _search2(_: list[Any], pattern: str, method: str) -> object:
    return getattr(_Later("re2", pattern), method)


def _valued(made: list[Any], kind: str, parts: Any, reads: Any, reading: int) -> object:
    if kind == "Formula":
        value, attempt = (made[number] for number in parts)
        return Formula(made[reading], reads, value, attempt)
    if kind == "Constant":
        constant = made[parts]
        return Template(made[reading], reads, lambda _: constant)
    if kind == "FormulaMap":
        entries = {name: made[number] for name, number in parts.items()}
        return Template(
            made[reading], reads, lambda names: {name: one.value(names) for name, one in entries.items()}
        )
    items = [made[number] for number in parts]
    return Template(made[reading], reads, lambda names: [one.value(names) for one in items])


def _remembering(made: list[Any], function: int, most: int | None) -> object:
    from functools import lru_cache  # noqa: PLC0415 - few need it

    return lru_cache(most)(made[function])


def _instant(_: list[Any], text: str) -> object:
    from datetime import datetime  # noqa: PLC0415 - few need it

    return datetime.fromisoformat(text)


def _view(made: list[Any], kind: int, values: int, declared: int) -> object:
    return made[kind].__new__(made[kind])


def _finish_view(made: list[Any], value: Any, kind: int, values: int, declared: int) -> None:
    value.__init__(made[values], made[declared])


class _Module:
    """A module of the standard library that is imported when it is first needed."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> object:
        """One of the module's names."""
        return getattr(__import__(self._name), name)


class _Later:
    """A pattern that is compiled when it is first needed."""

    def __init__(self, module: str, *given: Any) -> None:
        self._module, self._given = module, given

    def __getattr__(self, method: str) -> Callable[..., object]:
        """One of the pattern's methods."""

        def run(*arguments: object) -> object:
            compiled = __import__(self._module).compile(*self._given)
            setattr(self, method, getattr(compiled, method))
            return getattr(compiled, method)(*arguments)

        return run


_MAKERS: dict[str, Callable[..., Any]] = {
    "plain": _plain,
    "list": _of(list),
    "tuple": _of(tuple),
    "set": _of(set),
    "frozenset": _of(frozenset),
    "dict": _dict,
    "classmethod": lambda made, function: classmethod(made[function]),
    "staticmethod": lambda made, function: staticmethod(made[function]),
    "method": lambda made, owner, name: getattr(made[owner], name),
    "remembering": _remembering,
    "instant": _instant,
    "vendor": lambda _, *parts: Vendor(*parts),
    "valued": _valued,
    "view": _view,
    "same": lambda made, number: made[number],
    "property": lambda made, getter: property(made[getter]),
    "slice": lambda _, *ends: slice(*ends),
    "own": _own,
    "name": _name,
    "late": _late,
    "object": _object,
    "whole": _whole,
    "bound": _bound,
    "module": lambda _, name: _Module(name),
    "function": _function,
    "class": _class,
    "marker": lambda made, kind: made[kind](),
    "number": lambda made, kind, value: made[kind](value),
    "pattern": lambda _, pattern, flags: _Later("re", pattern, flags),
    "search": _search,
    "search2": _search2,
    "data": _data,
    "problem": lambda _, *parts: Told(*parts),
    "refusal": lambda made, place, problem, formula: Refusal(place, made[problem], made[formula]),
    "lost": lambda _, __: Lost(),
}
_FINISHERS: dict[str, Callable[..., None]] = {
    "function": _finish_function,
    "class": _finish_class,
    "object": _finish_object,
    "data": _finish_data,
    "view": _finish_view,
}
