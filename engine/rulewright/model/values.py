"""What a rule file writes where a value stands: expressions, templates, constants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rulewright.problem import Span
from rulewright.source import Scalar

Constant = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Expression:
    """A CEL text and the YAML scalar that holds it (which knows where each character stands)."""

    text: str
    scalar: Scalar

    @property
    def span(self) -> Span:
        """Where the expression starts and ends in its file."""
        return self.scalar.span


@dataclass(frozen=True, slots=True)
class TemplateMap:
    """A YAML map whose values are templates, for example `by: {reference: payload.person}`."""

    entries: Mapping[str, Template]
    span: Span
    at: Mapping[str, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateList:
    """A YAML list whose items are templates."""

    items: tuple[Template, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Itself:
    """A number, a boolean or null standing where an expression might: it means itself."""

    value: int | float | bool | None
    span: Span


# language.md "What is CEL": every text is CEL, other scalars mean themselves, maps and lists are
# walked into.
Template = Expression | Itself | TemplateMap | TemplateList


@dataclass(frozen=True, slots=True)
class Constants:
    """A literal value as written (`default: ...`): scalars, lists and dicts with str keys."""

    value: object
    span: Span
