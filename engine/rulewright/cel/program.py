"""A compiled expression: what `compile` gives.

The compiler proper is imported when the first expression is compiled: most runs of a command only load rules
and decide one payload.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol

from rulewright.cel.errors import CelSyntaxError, EvaluationError
from rulewright.cel.evaluator import evaluate
from rulewright.cel.explanation import Explanation, explain
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.limits import DEFAULT_LIMITS, Budget, Limits
from rulewright.cel.namespace import Path, qualify
from rulewright.cel.parser import NAMESPACED_FUNCTIONS, parse
from rulewright.cel.tree import Ident, scoped_children, walk
from rulewright.cel.values import TYPE_NAMES

if TYPE_CHECKING:
    from rulewright.cel.compiler.artifact import Artifact
    from rulewright.cel.evaluator import Recorder
    from rulewright.cel.signature import Function
    from rulewright.cel.tree import Node
    from rulewright.cel.values import Type

_LARGEST: Final = 2_000
"""Nodes of an expression worth compiling; a larger one is mostly data, and Python's compiler takes long."""

_TOLERATED: Final = 8
"""Failures of the fast version after which the absorbing one runs first."""

Evaluate = Callable[[Mapping[str, object]], object]
"""The value of an expression under bindings."""


class Program:
    """A CEL expression, ready to be evaluated as often as you like, by any number of threads.

    `compile` gives one that is compiled already. One made from a tree is compiled at its first evaluation, or
    after `warm_up` evaluations; before that, and wherever an error is to be told, the tree is walked, which
    gives the same.
    """

    __slots__ = (
        "_exact",
        "_failures",
        "_fast",
        "_steps",
        "_warm_up",
        "evaluate",
        "functions",
        "node",
        "text",
    )

    evaluate: Evaluate
    """The value under bindings, a mapping of names to values.

    A name is read when it is reached and not before, so the mapping may compute it then. Values are those
    `kind_of` knows, and Python's dates, times and spans. Raises `EvaluationError`, `Unknown` or `LimitError`.
    """

    def __init__(
        self,
        text: str,
        node: Node,
        *,
        functions: Mapping[str, Function] = ALL_FUNCTIONS,
        steps: int = DEFAULT_LIMITS.steps,
        warm_up: int = 0,
    ) -> None:
        self.text = text
        self.node = node
        self.functions = functions
        self._steps = steps
        self._warm_up = warm_up
        self._fast: Evaluate | None = None
        self._exact: Evaluate | None = None
        self._failures = 0
        self.evaluate = self._first

    def __reduce__(self) -> tuple[object, ...]:
        # Standard functions are everywhere; functions of the caller's travel if they can be pickled.
        own = (
            None if self.functions is ALL_FUNCTIONS else dict(self.functions.items() - ALL_FUNCTIONS.items())
        )
        return _restore, (self.text, self.node, own, self._steps, self._warm_up)

    def __repr__(self) -> str:
        return f"Program({self.text!r})"

    def walk(
        self,
        bindings: Mapping[str, object],
        *,
        budget: Budget | None = None,
        on_value: Recorder | None = None,
    ) -> object:
        """The same value by walking the tree: the referee of compiled code."""
        limit = budget if budget is not None else Budget(self._steps)
        return evaluate(self.node, bindings, functions=self.functions, budget=limit, on_value=on_value)

    def attempt(self, bindings: Mapping[str, object]) -> object:
        """As `evaluate`, for who tells no error: its words and its place may be others.

        Where errors are common, that saves walking the tree. A LimitError may come sooner.
        """
        return self.evaluate(bindings) if self._fast is None else self.absorb(bindings)

    def absorb(self, bindings: Mapping[str, object]) -> object:
        """The same value by the version that holds errors back as `&&` and `||` need it."""
        try:
            return self._absorbing()(bindings)
        except KeyError as error:
            # How generated code says that a map has no such key.
            raise EvaluationError(f"no such key {error}") from None

    def _absorbing(self) -> Evaluate:
        if self._exact is None:
            artifact = self._build(exact=True)
            self._exact = self.walk if artifact is None else self._link(artifact, self.walk)
        return self._exact

    def stand_alone(self) -> tuple[Evaluate, Evaluate] | None:
        """Functions that need no tree: the fast version, and the absorbing one, to which it turns.

        What that one raises has not the words and the place that the tree-walker gives it. None where this
        expression is not worth compiling.
        """
        fast, exact = (self._build(exact=exact) for exact in (False, True))
        if fast is None or exact is None:
            return None
        absorb = self._link(exact, self.walk)
        return self._link(fast, absorb), absorb

    def explain(
        self, bindings: Mapping[str, object], *, hide: Callable[[Path], bool] | None = None
    ) -> Explanation:
        """Every part of the expression with its value or error; see `explanation.explain`."""
        budget = Budget(self._steps)
        return explain(self.text, self.node, bindings, functions=self.functions, budget=budget, hide=hide)

    def prepare(self) -> None:
        """Compile now."""
        self._take(self._build(exact=False))

    def _take(self, artifact: Artifact | None) -> None:
        # `evaluate` is the generated function itself: a method around it would take half as long again.
        self.evaluate = self._fast = self.walk if artifact is None else self._link(artifact, self._again)

    def dump(self) -> bytes:
        """The fast version as bytes; empty where this expression is not worth compiling."""
        artifact = self._build(exact=False)
        return b"" if artifact is None else _lazy_compiler().dump(artifact)

    def restore(self, data: bytes) -> None:
        """Take the fast version from `dump`'s bytes, which only we may have written."""
        self._take(_lazy_compiler().load(data) if data else None)

    def _first(self, bindings: Mapping[str, object]) -> object:
        if self._warm_up > 0:
            self._warm_up -= 1
            return self.walk(bindings)
        if self._fast is None:
            self.prepare()
        # Whoever kept `evaluate` from before comes here every time.
        assert self._fast is not None
        return self._fast(bindings)

    def _build(self, *, exact: bool) -> Artifact | None:
        if sum(1 for _ in walk(self.node)) > _LARGEST:
            return None
        try:
            return _lazy_compiler().build(self.node, self.functions, self._steps, exact=exact)
        except (SyntaxError, RecursionError, MemoryError):
            # Code is split long before Python's limits; should one still be met, the tree is walked.
            return None

    def _link(self, artifact: Artifact, again: Evaluate) -> Evaluate:
        return _lazy_compiler().link(artifact, self.functions, again)

    def _again(self, bindings: Mapping[str, object]) -> object:
        """What the fast version could not do: absorb errors, or else tell them as the tree-walker does.

        Nothing an expression does has effects, so it may be run again. Code counts some steps it doesn't
        take, so the tree-walker also decides whether the budget is used up. After some failures, the
        absorbing version is the first to be tried: records lack the same fields again and again.
        """
        exact = self._absorbing()
        if exact == self.walk:
            return self.walk(bindings)
        compiler = _lazy_compiler()
        # Threads may lose a count, and replace twice; both are harmless.
        self._failures += 1
        if self._failures >= _TOLERATED and self._fast is not None:
            compiler.replace(self._fast, exact)
        return compiler.settling(exact)(bindings)


class _Compiler(Protocol):
    """What `compiler.artifact` offers."""

    def build(
        self, root: Node, functions: Mapping[str, Function], steps: int, *, exact: bool
    ) -> Artifact: ...

    def link(self, artifact: Artifact, functions: Mapping[str, Function], again: Evaluate) -> Evaluate: ...

    def settling(self, exact: Evaluate) -> Evaluate: ...

    def replace(self, fast: Evaluate, exact: Evaluate) -> None: ...

    def dump(self, artifact: Artifact) -> bytes: ...

    def load(self, data: bytes) -> Artifact: ...


def _lazy_compiler() -> _Compiler:
    from rulewright.cel.compiler import artifact  # noqa: PLC0415  # see the module's docstring

    return artifact


def _restore(text: str, node: Node, own: Mapping[str, Function] | None, steps: int, warm_up: int) -> Program:
    functions = ALL_FUNCTIONS if own is None else {**ALL_FUNCTIONS, **own}
    return Program(text, node, functions=functions, steps=steps, warm_up=warm_up)


def compile(  # the standard library's name for it, as in re.compile
    text: str,
    variables: Mapping[str, Type] | Collection[str] | None = None,
    *,
    functions: Iterable[Function] = (),
    container: str = "",
    limits: Limits = DEFAULT_LIMITS,
) -> Program:
    """Compile an expression.

    `variables`: the names bindings will have, with or without types; without it any name may be read.
    `functions`: your own, beside the standard ones or in place of them. `container`: CEL's namespace.
    Raises `CelSyntaxError` where the text is no CEL or names no variable, `LimitError` where it is too large.
    """
    own = {function.name: function for function in functions}
    table = {**ALL_FUNCTIONS, **own} if own else ALL_FUNCTIONS
    namespaced = NAMESPACED_FUNCTIONS.union(name for name in own if "." in name)
    node = parse(text, limits, namespaced=namespaced)
    if variables is not None:
        node = qualify(node, variables, container)
        _require_declared(node, variables)
    program = Program(text, node, functions=table, steps=limits.steps)
    program.prepare()
    return program


def _require_declared(root: Node, variables: Collection[str]) -> None:
    """Refuse a name that is no variable and no type."""
    stack: list[tuple[Node, frozenset[str]]] = [(root, frozenset())]
    while stack:
        node, local = stack.pop()
        if isinstance(node, Ident):
            name = node.name
            if name not in variables and name not in TYPE_NAMES and (node.absolute or name not in local):
                raise CelSyntaxError(f"undeclared name {name!r}", node.start, node.end)
        stack.extend((child, local.union(bound)) for child, bound in scoped_children(node))
