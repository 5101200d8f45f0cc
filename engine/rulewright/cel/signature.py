"""What a function is: a name and its overloads, each with parameter types, result type and implementation.

The evaluator picks an overload by the types of the values, the checker by the declared types, the compiler
calls the implementations directly; hence every function and operator is one row of one table.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from rulewright.cel.limits import CHARACTERS_PER_STEP, Budget
from rulewright.cel.values import DYN, Type

Implementation = Callable[..., Any]
"""Takes the values of target and arguments; a `metered` one takes the run's `Budget` before them."""

Cost = Callable[..., int]
"""Takes what the implementation takes and says how many steps the call costs, before it is made."""


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function. For a method the first parameter is its target."""

    params: tuple[Type, ...]
    result: Type
    implementation: Implementation
    method: bool = False
    variadic: bool = False
    """The last parameter may be repeated."""
    metered: bool = False
    cost: Cost | None = None
    """By default a call costs the size of its texts and lists."""

    def accepts(self, kinds: Sequence[Type], *, method: bool) -> bool:
        """Whether values of these types may be passed; parameters of types are not looked into."""
        if method is not self.method:
            return False
        if len(kinds) != len(self.params):
            return self._accepts_repeated(kinds)
        return all(_fits(param, kind) for param, kind in zip(self.params, kinds, strict=True))

    def _accepts_repeated(self, kinds: Sequence[Type]) -> bool:
        if not self.variadic or len(kinds) < len(self.params):
            return False
        last = self.params[-1]
        fixed = zip(self.params, kinds[: len(self.params)], strict=True)
        return all(_fits(param, kind) for param, kind in fixed) and all(
            _fits(last, kind) for kind in kinds[len(self.params) :]
        )

    def charge(self, budget: Budget, args: Sequence[object]) -> None:
        """Take the cost of a call off the budget."""
        if self.cost is not None:
            budget.spend(self.cost(*args))
            return
        for arg in args:
            if isinstance(arg, str | bytes):
                budget.spend(len(arg) // CHARACTERS_PER_STEP)
            elif isinstance(arg, list | tuple):
                budget.spend(len(arg))

    def call(self, budget: Budget, args: Sequence[object]) -> object:
        """Charge the budget and run the implementation."""
        self.charge(budget, args)
        if self.metered:
            return self.implementation(budget, *args)
        return self.implementation(*args)


def constant_cost(*_: object) -> int:
    """For what takes the same time on every value, or counts its own steps while it runs."""
    return 1


def _fits(param: Type, kind: Type) -> bool:
    return param.variable or param.name in (kind.name, "dyn")


@dataclass(frozen=True, slots=True)
class Function:
    """A function, method or operator and its overloads."""

    name: str
    overloads: tuple[Overload, ...]

    def select(self, kinds: Sequence[Type], *, method: bool) -> Overload | None:
        """The first overload that takes values of these types."""
        for overload in self.overloads:
            if overload.accepts(kinds, method=method):
                return overload
        return None


def function(
    name: str,
    implementation: Implementation,
    params: Sequence[Type],
    result: Type = DYN,
    *,
    method: bool = False,
) -> Function:
    """A function with one overload: the short way to declare one of your own."""
    return Function(name, (Overload(tuple(params), result, implementation, method=method),))


def free(params: Sequence[Type], result: Type, implementation: Implementation, **options: Any) -> Overload:
    """An overload called as `f(a, b)`."""
    return Overload(tuple(params), result, implementation, **options)


def method(params: Sequence[Type], result: Type, implementation: Implementation, **options: Any) -> Overload:
    """An overload called as `a.f(b)`."""
    return Overload(tuple(params), result, implementation, method=True, **options)


def list_of(item: Type) -> Type:
    """The type `list(item)`."""
    return Type("list", (item,))


def map_of(key: Type, value: Type) -> Type:
    """The type `map(key, value)`."""
    return Type("map", (key, value))


def optional_of(value: Type) -> Type:
    """The type `optional_type(value)`."""
    return Type("optional_type", (value,))


def type_of(value: Type) -> Type:
    """The type `type(value)`."""
    return Type("type", (value,))


T: Final = Type("T", variable=True)
K: Final = Type("K", variable=True)
V: Final = Type("V", variable=True)
