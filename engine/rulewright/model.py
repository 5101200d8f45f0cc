"""A rule file as plain, frozen data: what the analyst wrote, checked in shape, with positions.

Nothing here computes. Expressions stay text (with the scalar they came from) until `program`
compiles them, so that a rule file can be printed, compared and tested alone. `at` of a part maps
each keyword that was written to the place of its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rulewright.problem import Severity, Span, VendorError
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """`references`: the value names an existing record of `resource`. `by` None: the target's key."""

    resource: str
    span: Span
    at: Mapping[str, Span]
    by: str | None = None
    where: TemplateMap | None = None
    bind: str | None = None  # the keyword is `as`
    error: VendorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """`unique`: no two records alike in this field and `within`, among those matching `where`."""

    span: Span
    at: Mapping[str, Span]
    within: tuple[str, ...] = ()
    where: TemplateMap | None = None
    error: VendorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Generate:
    """`generate`: how the system makes the value. `kind`: sequence, uuid, prefixed_id or a plug-in."""

    kind: str
    span: Span
    options: Mapping[str, Constant] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compute:
    """`compute`: the value, always derived. `on` holds create, update, event names or "*"."""

    value: Template
    on: tuple[str, ...] | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """A declared read of other records, by name."""

    name: str
    kind: Literal["find", "find_all", "count", "max", "min"]
    resource: str
    span: Span
    at: Mapping[str, Span]
    by: TemplateMap
    of: str | None = None
    if_missing: Literal["null", "reject", "not_found"] = "null"
    error: VendorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What else changes when a payload is accepted.

    `verb` None sets fields of the own record. `target` is a resource, for `update` possibly the name
    of a look-up, for `send` a target of api.yaml.
    """

    id: str
    span: Span
    at: Mapping[str, Span]
    verb: Literal["create", "update", "send"] | None = None
    target: str | None = None
    when: Expression | None = None
    on: tuple[str, ...] | None = None
    where: TemplateMap | None = None
    set: TemplateMap | None = None
    bind: str | None = None
    body: Template | None = None
    expect: Literal["one", "at_most_one", "any"] = "any"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One way to call the resource. `name` is create, update or an event's name for `event`."""

    name: str
    span: Span
    at: Mapping[str, Span]
    method: str | None = None
    path: str | None = None
    permission: str | None = None
    status: int | None = None
    accepts: tuple[str, ...] = ()
    event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One alternative of `variants`: the fields it requires and those it forbids."""

    name: str
    required: tuple[str, ...]
    forbidden: tuple[str, ...]
    span: Span
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One state of a workflow; `final` states have no way out by "*"."""

    name: str
    span: Span
    title: str | None = None
    final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that may happen to a record, with the fields its payload takes."""

    name: str
    span: Span
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A move: `from_states` is ("*",) for every state that is not final."""

    event: str
    from_states: tuple[str, ...]
    to: str
    span: Span
    at: Mapping[str, Span]
    guard: Expression | None = None
    set: TemplateMap | None = None
    effects: tuple[Effect, ...] = ()
    error: VendorError | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What happens here after something happened to a record of another resource."""

    after_resource: str
    after_event: str
    for_each: LookUp
    fire: str
    span: Span
    at: Mapping[str, Span]
    with_: TemplateMap | None = None
    otherwise: Literal["skip", "reject"] = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeout:
    """A state left unattended for `after_seconds` fires an event."""

    state: str
    after_seconds: int
    fire: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """The states of a record and the moves between them."""

    span: Span
    at: Mapping[str, Span]
    field: str | None = None
    state_from: Expression | None = None
    initial: str | None = None
    initial_from: Expression | None = None
    states: tuple[State, ...] = ()
    events: tuple[Event, ...] = ()
    transitions: tuple[Transition, ...] = ()
    reactions: tuple[Reaction, ...] = ()
    timeouts: tuple[Timeout, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inference:
    """One rule of `infer`: it joins facts and asserts a fact, a problem or a value."""

    id: str
    facts: Mapping[str, str]
    span: Span
    at: Mapping[str, Span]
    when: Expression | None = None
    assert_: TemplateMap | None = None
    problem: TemplateMap | None = None
    set: TemplateMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseShape:
    """What a caller sees: `body` over record, look-ups and request; `include` only where asked."""

    span: Span
    body: Template | None = None
    include: Mapping[str, Template] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A switch of api.yaml, read in expressions as settings.NAME."""

    name: str
    default: Constant
    span: Span
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """Who may call. `actor` declares the actor's fields; `permissions` gives the list of its rights."""

    span: Span
    header: str | None = None
    also: tuple[str, ...] = ()
    scheme: str | None = None
    actor: Mapping[str, str] = field(default_factory=dict)
    permissions: Expression | None = None
    headers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorDialect:
    """How refusals are written for this API's callers; `status` maps a code or "*" to HTTP."""

    dialect: str
    span: Span
    status: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """Which header makes a call repeatable, within what scope and for how long."""

    header: str
    span: Span
    scope: tuple[Expression, ...] = ()
    operations: tuple[str, ...] = ("create",)
    keep_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somewhere that messages may be sent to.

    `ordered_by` groups messages that must arrive in the order of their making. `write_back` says which
    fields of the record are taken from the reply.
    """

    name: str
    method: str
    url: str
    span: Span
    headers: Mapping[str, str] = field(default_factory=dict)
    ordered_by: Expression | None = None
    write_back: TemplateMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """api.yaml: what the resources of one API share."""

    name: str
    file: str
    span: Span
    at: Mapping[str, Span]
    title: str | None = None
    description: str | None = None
    auth: Auth | None = None
    errors: ErrorDialect | None = None
    idempotency: Idempotency | None = None
    envelope: Template | None = None
    targets: tuple[Target, ...] = ()
    unknown: Literal["reject", "ignore"] = "reject"
    formats: Mapping[str, str] = field(default_factory=dict)
    settings: tuple[Setting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleFile:
    """One resource. `resource` is "<api>/<name>"; shared types and formats are already merged in."""

    resource: str
    file: str
    span: Span
    at: Mapping[str, Span]
    api: str
    name: str
    key: str
    fields: tuple[Field, ...]
    title: str | None = None
    description: str | None = None
    version: str | None = None
    unknown: Literal["reject", "ignore"] = "reject"
    operations: tuple[Operation, ...] = ()
    lookups: tuple[LookUp, ...] = ()
    variants: tuple[Variant, ...] = ()
    variants_error: VendorError | None = None
    checks: tuple[Check, ...] = ()
    invariants: tuple[Check, ...] = ()
    effects: tuple[Effect, ...] = ()
    inferences: tuple[Inference, ...] = ()
    workflow: Workflow | None = None
    response: ResponseShape | None = None
    scope: TemplateMap | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """Every rule file of a folder, as read together. `sha256` is the hex digest of all their bytes."""

    root: str
    apis: Mapping[str, Api]
    resources: Mapping[str, RuleFile]
    sha256: str
