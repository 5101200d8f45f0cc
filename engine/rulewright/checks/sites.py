"""One expression of a rule file, with the names it may use and what it should give."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Final

from msgspec import Struct

from rulewright import cel
from rulewright.cel.checker import CONDITION, Expected, RecordType
from rulewright.cel.checker.types import item_of
from rulewright.checks.names import WRITES, Names
from rulewright.checks.parsed import Reading, Step, readings
from rulewright.model import Expression, Field, Template, TemplateList, TemplateMap
from rulewright.problem import Span

# No brackets, quotes or operators: prose, or a single word.
_WORDS: Final = re.compile(r"[^\W\d]\w*(?:[ ,.;:!?-]+\w+)*[.!?]?")
Wanted = Callable[[str], Expected | None]
"""What the value under a key of a template should be."""


class Site(Struct, frozen=True, dict=True):
    """One expression. `place` says in words where it stands; `owner` is the look-up or derived field
    (as a path below `record`) whose value it gives, for finding circles; `on` is when it runs."""

    expression: Expression
    names: Names
    place: str
    expected: Expected | None = None
    owner: str | None = None
    on: frozenset[str] = WRITES

    @cached_property
    def parsed(self) -> cel.Node | cel.CelError:
        """The parsed expression, or why it is none."""
        try:
            return cel.parse(self.expression.text)
        except cel.CelError as error:
            return error

    @property
    def tree(self) -> cel.Node | None:
        """The parsed expression, or None for a text that is no CEL (`expression_syntax` reports it)."""
        return self.parsed if isinstance(self.parsed, cel.Node) else None

    @cached_property
    def readings(self) -> tuple[Reading, ...]:
        """The paths it reads."""
        return tuple(readings(self.expression.text, self.tree))

    def at(self, step: Step) -> Span:
        """Where a name of the expression stands in the file."""
        return self.expression.scalar.locate(step.start, step.end)


def as_text(site: Site) -> str | None:
    """How to write what reads like plain words, where an expression is expected that is no condition."""
    text = site.expression.text
    if site.expected == CONDITION or _WORDS.fullmatch(text) is None:
        return None
    return f"a text stands in two pairs of quotes: \"'{text}'\""


def reference_owner(field: Field) -> str:
    """What a field's reference stands for in a circle: its name, or what the field names."""
    assert field.references is not None
    return field.references.bind or f"what {field.name} names"


class Place(Struct, frozen=True):
    """What the expressions of one part of a file have in common."""

    names: Names
    words: str
    on: frozenset[str] = WRITES
    owner: str | None = None

    def conditions(self, *templates: Template | None) -> Iterator[Site]:
        """Expressions that have to be true or false."""
        return self.values(CONDITION, *templates)

    def values(self, expected: Expected | None, *templates: Template | None) -> Iterator[Site]:
        """Expressions that give a value, those within maps and lists included."""
        for template in templates:
            if isinstance(template, Expression):
                yield Site(template, self.names, self.words, expected, self.owner, self.on)
            elif isinstance(template, TemplateMap):
                for name, entry in template.entries.items():
                    yield from self.values(_of_entry(expected, name), entry)
            elif isinstance(template, TemplateList):
                yield from self.values(_of_items(expected), *template.items)

    def entries(self, wanted: Wanted, template: TemplateMap | None) -> Iterator[Site]:
        """The expressions of a map whose keys are fields."""
        for name, entry in template.entries.items() if template else ():
            yield from self.values(wanted(name), entry)


def _of_entry(expected: Expected | None, name: str) -> Expected | None:
    """What the value under a key should be, where the map is to be an object of declared fields."""
    for kind in expected.types if expected is not None else ():
        if isinstance(kind, RecordType) and name in kind.fields:
            return Expected((kind.fields[name].type,), f"the field {name}")
    return None


def _of_items(expected: Expected | None) -> Expected | None:
    """What the items of a list should be, where something is expected of it."""
    kinds = [item_of(kind) for kind in expected.types if kind.name == "list"] if expected is not None else []
    return Expected(tuple(kinds), expected.what) if expected is not None and kinds else None
