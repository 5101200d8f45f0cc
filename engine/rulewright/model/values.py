"""What a rule file writes where a value stands: expressions, templates, constants."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field

from rulewright.problem import Span
from rulewright.source import Scalar

Constant = str | int | float | bool | None


class Expression(Struct, frozen=True):
    """A CEL text and the YAML scalar that holds it (which knows where each character stands)."""

    text: str
    scalar: Scalar

    @property
    def span(self) -> Span:
        """Where the expression starts and ends in its file."""
        return self.scalar.span


class TemplateMap(Struct, frozen=True):
    """A YAML map whose values are templates, for example `by: {reference: payload.person}`."""

    entries: Mapping[str, Template]
    span: Span
    at: Mapping[str, Span] = field(default_factory=dict)


class TemplateList(Struct, frozen=True):
    """A YAML list whose items are templates."""

    items: tuple[Template, ...]
    span: Span


class Itself(Struct, frozen=True):
    """A number, a boolean or null standing where an expression might: it means itself."""

    value: int | float | bool | None
    span: Span


# language.md "What is CEL": every text is CEL, other scalars mean themselves, maps and lists are
# walked into.
Template = Expression | Itself | TemplateMap | TemplateList


class Constants(Struct, frozen=True):
    """A literal value as written (`default: ...`): scalars, lists and dicts with str keys."""

    value: object
    span: Span
