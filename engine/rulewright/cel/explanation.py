"""What every part of an expression was worth in one evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from rulewright.cel.errors import CelError, EvaluationError, LimitError, Unknown
from rulewright.cel.evaluator import Evaluation, Locals
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.limits import Budget
from rulewright.cel.namespace import Path, references
from rulewright.cel.tree import Bind, Call, Given, Has, Logic, Macro, Node, OptionalMap, scoped_children
from rulewright.cel.values import BOOL

if TYPE_CHECKING:
    from rulewright.cel.signature import Function


class _Mark:
    """A word where a value could stand."""

    def __init__(self, word: str) -> None:
        self.word = word

    def __repr__(self) -> str:
        return self.word


NOT_REACHED: Final = _Mark("not reached")
"""The evaluation was decided without this part, or failed in it or before it."""
HIDDEN: Final = _Mark("hidden")
"""The value is, or gives away, one that must not be shown."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A part of an expression with its value or error; in a macro, those of the last round."""

    text: str
    node: Node
    value: object
    """The value, `NOT_REACHED` or `HIDDEN`."""
    error: CelError | None
    times: int
    """How many times it was evaluated: more than once only inside macros."""
    parts: tuple[Explanation, ...]

    def walk(self) -> Iterator[Explanation]:
        """This part and all below it, in the order of the text."""
        yield self
        for part in self.parts:
            yield from part.walk()


class _Recording(Evaluation):
    """An evaluation that keeps what every node gave."""

    __slots__ = ("seen",)

    def __init__(
        self, bindings: Mapping[str, object], functions: Mapping[str, Function], budget: Budget
    ) -> None:
        super().__init__(bindings, functions, budget, self._keep)
        self.seen: dict[int, tuple[object, CelError | None, int]] = {}

    def value(self, node: Node, local: Locals) -> object:
        try:
            return super().value(node, local)
        except CelError as error:
            self.seen[id(node)] = (NOT_REACHED, error, self._times(node))
            raise

    def _keep(self, node: Node, value: object) -> None:
        self.seen[id(node)] = (value, None, self._times(node))

    def _times(self, node: Node) -> int:
        return self.seen[id(node)][2] + 1 if id(node) in self.seen else 1


def explain(
    text: str,
    node: Node,
    bindings: Mapping[str, object],
    *,
    functions: Mapping[str, Function] = ALL_FUNCTIONS,
    budget: Budget | None = None,
    hide: Callable[[Path], bool] | None = None,
) -> Explanation:
    """Evaluate once more and tell every part's value or error; raises none of CEL's errors itself.

    `hide` says whether the value at a path, such as ("payload", "pin"), must not be shown. Then nothing
    computed from it is shown either, but for the verdicts of conditions, which are no secret.
    """
    run = _Recording(bindings, functions, budget if budget is not None else Budget())
    # An error stands at the root of the explanation.
    with suppress(EvaluationError, Unknown, LimitError):
        run.value(node, {})
    return _Teller(text, run.seen, hide).tell(node, {})


@dataclass(frozen=True, slots=True)
class _Teller:
    text: str
    seen: Mapping[int, tuple[object, CelError | None, int]]
    hide: Callable[[Path], bool] | None

    def tell(self, node: Node, scope: Mapping[str, bool]) -> Explanation:
        """`scope`: the variables of the macros around, and whether their values are to be hidden."""
        value, error, times = self.seen.get(id(node), (NOT_REACHED, None, 0))
        if times and self._is_hidden(node, scope):
            value = value if _is_verdict(node, value) or error is not None else HIDDEN
            error = type(error)("this can't be evaluated", node.start) if error is not None else None
        parts = [self.tell(child, self._inner(node, scope, names)) for child, names in scoped_children(node)]
        return Explanation(self.text[node.start : node.end], node, value, error, times, tuple(parts))

    def _inner(self, node: Node, scope: Mapping[str, bool], names: tuple[str, ...]) -> Mapping[str, bool]:
        if not names or self.hide is None:
            return scope
        match node:
            case Macro(range=source) | Bind(value=source) | OptionalMap(operand=source):
                return {**scope, **dict.fromkeys(names, self._is_hidden(source, scope))}
            case _:
                return scope

    def _is_hidden(self, node: Node, scope: Mapping[str, bool]) -> bool:
        if self.hide is None:
            return False
        return any(scope[path[0]] if path[0] in scope else self.hide(path) for path in references(node))


def _is_verdict(node: Node, value: object) -> bool:
    """Whether a boolean says how a condition was decided, and is not itself the value that was read."""
    if not isinstance(value, bool):
        return False
    if isinstance(node, Call):
        function = ALL_FUNCTIONS.get(node.function)
        return function is not None and all(overload.result == BOOL for overload in function.overloads)
    return isinstance(node, Logic | Has | Given | Macro)
