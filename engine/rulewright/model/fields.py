"""One field, with all that is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct, field

from rulewright.model.values import Constant, Constants, Expression, Template, TemplateMap
from rulewright.problem import Severity, Span, VendorError


class Check(Struct, frozen=True, kw_only=True):
    """A condition that must hold, of a field or of the whole (also an invariant)."""

    id: str
    check: Expression
    span: Span
    at: Mapping[str, Span]
    message: str | None = None
    severity: Severity = "error"
    path: str | None = None
    on: tuple[str, ...] | None = None
    error: VendorError | None = None


class Reference(Struct, frozen=True, kw_only=True):
    """`references`: the value names an existing record of `resource`. `by` None: the target's key."""

    resource: str
    span: Span
    at: Mapping[str, Span]
    by: str | None = None
    where: TemplateMap | None = None
    bind: str | None = None  # the keyword is `as`
    error: VendorError | None = None


class Unique(Struct, frozen=True, kw_only=True):
    """`unique`: no two records alike in this field and `within`, among those matching `where`."""

    span: Span
    at: Mapping[str, Span]
    within: tuple[str, ...] = ()
    where: TemplateMap | None = None
    error: VendorError | None = None


class Generate(Struct, frozen=True, kw_only=True):
    """`generate`: how the system makes the value. `kind`: sequence, uuid, prefixed_id or a plug-in."""

    kind: str
    span: Span
    options: Mapping[str, Any] = field(default_factory=dict)


class Compute(Struct, frozen=True, kw_only=True):
    """`compute`: the value, always derived. `on` holds create, update, event names or "*"."""

    value: Template
    on: tuple[str, ...] | None
    span: Span


class Field(Struct, frozen=True, kw_only=True):
    """One field of a resource, of an object, or the items of a list (then `name` is "items").

    `type` is the base type; `type_name` is the shared type of api.yaml it came through, if any.
    """

    name: str
    type: str
    span: Span
    at: Mapping[str, Span]
    type_name: str | None = None
    title: str | None = None
    description: str | None = None
    example: Constants | None = None
    messages: Mapping[str, str] = field(default_factory=dict)
    # The vendor's own error for a value that does not have the right shape.
    error: VendorError | None = None
    sensitive: bool = False
    # presence
    required: bool = False
    required_if: Expression | None = None
    required_unless: Expression | None = None
    required_with: tuple[str, ...] = ()
    required_without: tuple[str, ...] = ()
    forbidden_if: Expression | None = None
    forbidden_with: tuple[str, ...] = ()
    forbidden_without: tuple[str, ...] = ()
    excluded_if: Expression | None = None
    # null and blank
    nullable: bool = False
    blank: Literal["absent"] | None = None
    # values the system supplies
    default: Constants | None = None
    default_from: Template | None = None
    compute: Compute | None = None
    readonly: Literal["ignore", "reject"] | None = None
    # The setting of api.yaml that says which of the two; `readonly` is what it says once rules are compiled.
    readonly_by: str | None = None
    immutable: bool = False
    generate: Generate | None = None
    # shape
    min: int | float | str | None = None
    max: int | float | str | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    one_of: tuple[Constant, ...] | Expression | None = None
    format: str | None = None
    items: Field | None = None
    fields: tuple[Field, ...] | None = None
    unknown: Literal["reject", "ignore"] | None = None
    unique_items: Literal["refuse", "collapse"] | None = None
    # other records, and checks
    references: Reference | None = None
    unique: Unique | None = None
    checks: tuple[Check, ...] = ()

    @property
    def siblings(self) -> tuple[str, ...]:
        """The fields beside this one that say whether it must, or must not, be given."""
        return (*self.required_with, *self.required_without, *self.forbidden_with, *self.forbidden_without)
