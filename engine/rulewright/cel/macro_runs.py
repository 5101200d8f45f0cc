"""How each macro goes through its items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Final, Protocol, cast

from rulewright.cel.errors import EvaluationError, Unknown
from rulewright.cel.maps import MapBuilder
from rulewright.cel.tree import Macro, MacroKind, Node

if TYPE_CHECKING:
    from rulewright.cel.limits import Budget


class Run(Protocol):
    """What a macro needs of an evaluation."""

    budget: Budget

    def value(self, node: Node, local: Mapping[str, object], /) -> object:
        """The value of a node."""
        ...

    def test(self, node: Node, local: Mapping[str, object], /) -> bool:
        """The value of a condition."""
        ...


Rounds = Iterable[tuple[object, ...]]
MacroRun = Callable[[Run, Macro, Mapping[str, object], Rounds], object]


def graver(
    held: EvaluationError | Unknown | None, new: EvaluationError | Unknown
) -> EvaluationError | Unknown:
    """Of two errors the one to report: the first, but an `Unknown` before any `EvaluationError`."""
    if held is None or (isinstance(new, Unknown) and not isinstance(held, Unknown)):
        return new
    return held


def _scopes(
    run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds
) -> Iterator[dict[str, object]]:
    """The variables in sight, round by round. One dict serves all rounds: nothing keeps it beyond its own."""
    scope = dict(local)
    for values in rounds:
        run.budget.spend(1)
        scope.update(zip(node.variables, values, strict=True))
        yield scope


def _search(decisive: bool) -> MacroRun:
    """exists and all: `||` and `&&` over the rounds, so an error counts only where no round decides."""

    def search(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> object:
        condition = cast("Node", node.condition)
        held: EvaluationError | Unknown | None = None
        for scope in _scopes(run, node, local, rounds):
            try:
                if run.test(condition, scope) is decisive:
                    return decisive
            except (EvaluationError, Unknown) as error:
                held = graver(held, error)
        if held is not None:
            raise held
        return not decisive

    return search


def _exists_one(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> object:
    """Every round counts, so any error does; only an `Unknown` in a later round goes before it."""
    condition = cast("Node", node.condition)
    held: EvaluationError | Unknown | None = None
    count = 0
    for scope in _scopes(run, node, local, rounds):
        try:
            count += run.test(condition, scope)
        except (EvaluationError, Unknown) as error:
            held = graver(held, error)
    if held is not None:
        raise held
    return count == 1


def _kept(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> Iterator[dict[str, object]]:
    """The rounds whose condition holds, or all where there is none."""
    for scope in _scopes(run, node, local, rounds):
        if node.condition is None or run.test(node.condition, scope):
            yield scope


def _filter(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> object:
    (variable,) = node.variables
    return [scope[variable] for scope in _kept(run, node, local, rounds)]


def _find(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> object:
    (variable,) = node.variables
    return next((scope[variable] for scope in _kept(run, node, local, rounds)), None)


def _map(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> object:
    body = cast("Node", node.body)
    return [run.value(body, scope) for scope in _kept(run, node, local, rounds)]


def _transform_map(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> object:
    body = cast("Node", node.body)
    key_variable = node.variables[0]
    builder = MapBuilder(run.budget)
    for scope in _kept(run, node, local, rounds):
        builder.add(scope[key_variable], run.value(body, scope))
    return builder.build()


def _transform_map_entry(run: Run, node: Macro, local: Mapping[str, object], rounds: Rounds) -> object:
    body = cast("Node", node.body)
    builder = MapBuilder(run.budget)
    for scope in _kept(run, node, local, rounds):
        entries = run.value(body, scope)
        if not isinstance(entries, Mapping):
            raise EvaluationError("transformMapEntry() needs a map for each entry", body.start, body.end)
        for key in entries:
            builder.add(key, entries[key])
    return builder.build()


MACRO_RUNS: Final[Mapping[MacroKind, MacroRun]] = {
    "all": _search(decisive=False),
    "exists": _search(decisive=True),
    "exists_one": _exists_one,
    "filter": _filter,
    "find": _find,
    "map": _map,
    "transform_list": _map,
    "transform_map": _transform_map,
    "transform_map_entry": _transform_map_entry,
}
