"""The Python module that is being generated: its functions, their variables and its constants.

Names are made here and nowhere else: a letter and a number. `b` holds the bindings, `B` the budget,
`v1` a macro's variable, `t2` a value kept for a second use, `k3` a constant, `f4` a function.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rulewright.cel.compiler.metering import count_loops, is_metered
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.namespace import Path
from rulewright.cel.signature import Function
from rulewright.cel.tree import Ident, Node, Select, walk
from rulewright.cel.values import BOOL, Type

Recipe = tuple[object, ...]
"""How to make a constant that has no literal, in data `marshal` can write: `("uint", 5)`."""


_SPLIT_HEIGHT: Final = 16
"""Levels of the tree in one Python expression. Each takes up to five brackets; Python allows 200."""


class Code(Struct, frozen=True):
    """A Python expression, an atom or in brackets, and what is known of its value."""

    text: str
    kind: Type | None = None
    """Its type where that is certain."""
    raw: bool = False
    """It may be a date, time or span of Python's that nobody has adapted yet."""
    simple: bool = False
    """A name or a literal: costs nothing to repeat."""
    literal: bool = False
    """It stands in the code as itself: has no attributes there."""


class Unit:
    """One generated module, in one of the two versions."""

    def __init__(self, root: Node, functions: Mapping[str, Function], *, exact: bool, steps: int) -> None:
        self.exact = exact
        """The version that gives errors as values of `&&` and `||` have it, and so must never invent one."""
        self.metered = is_metered(root)
        self.functions = functions
        self.steps = steps
        self.sources: list[str] = []
        self.recipes: dict[str, Recipe] = {}
        """Every constant's name with how to make it."""
        self._constants: dict[str, str] = {}
        self.loops = count_loops(root)
        self._uses = _count_paths(root)
        self._made = 0

    def name(self, letter: str) -> str:
        """A name that is not taken."""
        self._made += 1
        # The two versions of an expression share no name, so that one can be put in the other's place.
        return f"{letter}{'0' if self.exact else ''}{self._made}"

    def constant(self, *recipe: object) -> str:
        """The name of a constant made by a recipe when the code is linked."""
        # By their texts, because 1, 1.0 and True, or 0.0 and -0.0, would be one key.
        key = repr(recipe)
        if key not in self._constants:
            self._constants[key] = self.name("k")
            self.recipes[self._constants[key]] = recipe
        return self._constants[key]

    def is_shared(self, path: Path) -> bool:
        """Whether a path is read more than once."""
        return self._uses[path] > 1

    def is_standard(self, function: str) -> bool:
        """Whether a name means what CEL says it means, and not a function of the caller's."""
        return function in ALL_FUNCTIONS and self.functions.get(function) is ALL_FUNCTIONS[function]


def _count_paths(root: Node) -> Counter[Path]:
    found: Counter[Path] = Counter()
    for node in walk(root):
        path = path_of(node)
        if path is not None:
            found[path] += 1
    return found


def path_of(node: Node) -> Path | None:
    """`a.b.c` as its steps; None for what is not a plain chain of fields from a name."""
    steps: list[str] = []
    while isinstance(node, Select) and not node.optional:
        steps.append(node.field)
        node = node.operand
    if not isinstance(node, Ident):
        return None
    return (node.name, *reversed(steps))


Emit = Callable[["Frame", Node], Code]


@dataclass(slots=True)
class Frame:
    """One Python function that is being written."""

    unit: Unit
    emit: Emit
    variables: Mapping[str, Code] = field(default_factory=dict)
    """Variables of the macros around, by their name in CEL."""
    known: dict[Path, str] = field(default_factory=dict)
    """Paths that were surely read before this point, with the names that keep them."""
    tried: dict[Path, str] | None = None
    """Paths that may have been read before this point, with the names that keep them, or else None.

    Only in functions that hold errors; their operands share one.
    """
    in_loop: bool = False
    height: int = 0
    """Levels of the tree below the point written last, since the last function was split off."""

    @property
    def exact(self) -> bool:
        """Whether the error-absorbing version is written."""
        return self.unit.exact

    @property
    def budget(self) -> str:
        """The budget to hand to what counts its steps."""
        return "B" if self.unit.metered else f"Budget({self.unit.steps})"

    def keep(self) -> str:
        """A new name for a value that is used again."""
        return self.unit.name("t")

    def value(self, node: Node) -> Code:
        """The code of a node; what grows too deep for Python's brackets becomes a function of its own."""
        above, self.height = self.height, 0
        before = dict(self.known)
        code = self.emit(self, node)
        self.height += 1
        if self.height >= _SPLIT_HEIGHT and not code.simple:
            code = self._split(code, before)
        self.height = max(above, self.height)
        return code

    def _split(self, code: Code, before: dict[Path, str]) -> Code:
        # What the code keeps stays in its own function; its callers must not count on it.
        self.known = before
        self.height = 0
        return replace(code, text=self.function([f"return {code.text}"], ()))

    def function(self, lines: list[str], arguments: tuple[tuple[str, str], ...]) -> str:
        """Write a function of these lines; gives the text of a call. `arguments`: name there, text here."""
        name = self.unit.name("f")
        # Arguments first: they may be what gives the kept names after them their values.
        kept = self._names()
        passed = [*(parameter for parameter, _ in arguments), *kept]
        texts = [*(text for _, text in arguments), *kept]
        head = "b, B" if self.unit.metered else "b"
        parameters = "".join(f", {parameter}" for parameter in passed)
        body = "\n    ".join(lines)
        self.unit.sources.append(f"def {name}({head}{parameters}):\n    {body}\n")
        return f"{name}({head}{''.join(f', {text}' for text in texts)})"

    def _names(self) -> list[str]:
        variables = (code.text for code in self.variables.values())
        return list(dict.fromkeys([*variables, *self.known.values(), *(self.tried or {}).values()]))

    def cooked(self, node: Node) -> Code:
        """The code of a node whose value goes on as a value of CEL: Python's dates are adapted."""
        code = self.value(node)
        if not code.raw:
            return code
        first, again = self.twice(code)
        return Code(f"({again} if {first}.__class__ in PLAIN else adapt({again}))")

    def test(self, node: Node) -> str:
        """The code of a condition: gives True or False and refuses anything else."""
        code = self.value(node)
        if code.kind is BOOL:
            return code.text
        first, again = self.twice(code)
        return f"({first} is True or {again} is not False and bad({again}))"

    def twice(self, code: Code) -> tuple[str, str]:
        """Texts for the first use of a value and for any later one."""
        if code.simple:
            return code.text, code.text
        name = self.keep()
        return f"({name} := {code.text})", name

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Code that may not be reached: what it keeps, nobody after it may use."""
        before = dict(self.known)
        try:
            yield
        finally:
            self.known = before

    def inner(self, variables: Mapping[str, Code], *, loop: bool) -> Frame:
        """A function within this one's scope, with more variables in sight."""
        return Frame(
            self.unit,
            self.emit,
            {**self.variables, **variables},
            dict(self.known),
            in_loop=self.in_loop or loop,
        )
