"""Compiled expressions and templates: what `program` makes of the texts in a rule file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from msgspec import Struct

from rulewright import cel
from rulewright.model import Expression, Itself, Template, TemplateList
from rulewright.problem import Span

Bindings = Mapping[str, object]
Path = cel.Path
# The names by which expressions read the fields of the record that a payload is about.
OWN_ROOTS: Final = frozenset({"payload", "record"})
# Those that mean something in every rule file; all others are given by it.
FIXED_NAMES: Final = OWN_ROOTS | {"current", "request", "actor", "settings", "now", "today"}
# What expressions may call, by name.
Functions = Mapping[str, cel.Function]


class Valued(Protocol):
    """What has a value under bindings; `reads` are the paths of names it may read."""

    @property
    def reads(self) -> tuple[Path, ...]:
        """Paths such as ("payload", "address"), without repeats."""

    def value(self, bindings: Bindings) -> object:
        """Evaluate. Raises cel.CelError."""


_WARM_UP: Final = 16
"""Evaluations by walking the tree before an expression is compiled: compiling takes about as long."""


@dataclass(frozen=True, slots=True)
class Formula:
    """One CEL expression, parsed; compiled when it turns out to be used often."""

    text: str
    node: cel.Node
    reads: tuple[Path, ...]
    span: Span
    functions: Functions = field(default_factory=lambda: cel.ALL_FUNCTIONS, compare=False, repr=False)
    program: cel.Program = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        program = cel.Program(self.text, self.node, functions=self.functions, warm_up=_WARM_UP)
        object.__setattr__(self, "program", program)

    def value(self, bindings: Bindings) -> object:
        """Evaluate under `bindings`. Raises cel.EvaluationError, cel.LimitError or cel.Unknown."""
        return self.program.evaluate(bindings)

    def attempt(self, bindings: Bindings) -> object:
        """As `value`, for who tells no error: see cel.Program.attempt."""
        return self.program.attempt(bindings)


class Constant(Struct, frozen=True):
    """A number, a boolean or null: it means itself."""

    constant: object
    reads: tuple[Path, ...] = ()

    def value(self, bindings: Bindings) -> object:
        """Return the constant."""
        return self.constant


class FormulaMap(Struct, frozen=True):
    """A map of templates."""

    entries: Mapping[str, Valued]
    reads: tuple[Path, ...]

    def value(self, bindings: Bindings) -> dict[str, object]:
        """Evaluate every entry."""
        return {name: entry.value(bindings) for name, entry in self.entries.items()}


class FormulaList(Struct, frozen=True):
    """A list of templates."""

    items: tuple[Valued, ...]
    reads: tuple[Path, ...]

    def value(self, bindings: Bindings) -> list[object]:
        """Evaluate every item."""
        return [item.value(bindings) for item in self.items]


def compile_expression(expression: Expression, functions: Functions = cel.ALL_FUNCTIONS) -> Formula:
    """Parse an expression. Raises cel.CelSyntaxError (the checks on rule files have already said so)."""
    node = cel.parse(expression.text)
    return Formula(expression.text, node, cel.references(node), expression.span, functions)


def compile_template(template: Template, functions: Functions = cel.ALL_FUNCTIONS) -> Valued:
    """Compile a template, walking into maps and lists (language.md "What is CEL")."""
    if isinstance(template, Expression):
        return compile_expression(template, functions)
    if isinstance(template, Itself):
        return Constant(template.value)
    if isinstance(template, TemplateList):
        items = tuple(compile_template(item, functions) for item in template.items)
        return FormulaList(items, _union(items))
    entries = {name: compile_template(entry, functions) for name, entry in template.entries.items()}
    return FormulaMap(entries, _union(entries.values()))


def _union(parts: object) -> tuple[Path, ...]:
    return tuple(dict.fromkeys(path for part in parts for path in part.reads))  # type: ignore[attr-defined]
