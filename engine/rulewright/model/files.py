"""The files themselves: what an API shares, one resource, and all that were read together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from rulewright.model.behaviour import Effect, Inference, LookUp, Operation, Variant, Workflow
from rulewright.model.fields import Check, Field
from rulewright.model.values import Constant, Expression, Template, TemplateMap
from rulewright.problem import Span, VendorError


class ResponseShape(Struct, frozen=True, kw_only=True):
    """What a caller sees: `body` over record, look-ups and request; `include` only where asked."""

    span: Span
    body: Template | None = None
    include: Mapping[str, Template] = field(default_factory=dict)


class Setting(Struct, frozen=True, kw_only=True):
    """A switch of api.yaml, read in expressions as settings.NAME."""

    name: str
    default: Constant
    span: Span
    title: str | None = None


class Auth(Struct, frozen=True, kw_only=True):
    """Who may call. `actor` declares the actor's fields; `permissions` gives the list of its rights."""

    span: Span
    header: str | None = None
    also: tuple[str, ...] = ()
    scheme: str | None = None
    actor: Mapping[str, str] = field(default_factory=dict)
    permissions: Expression | None = None
    headers: tuple[str, ...] = ()


class ErrorDialect(Struct, frozen=True, kw_only=True):
    """How refusals are written for this API's callers; `status` maps a code or "*" to HTTP."""

    dialect: str
    span: Span
    status: Mapping[str, int] = field(default_factory=dict)


class Idempotency(Struct, frozen=True, kw_only=True):
    """Which header makes a call repeatable, within what scope and for how long."""

    header: str
    span: Span
    scope: tuple[Expression, ...] = ()
    operations: tuple[str, ...] = ("create",)
    keep_seconds: int | None = None


class Target(Struct, frozen=True, kw_only=True):
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


class Api(Struct, frozen=True, kw_only=True):
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


class RuleFile(Struct, frozen=True, kw_only=True):
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

    @property
    def noun(self) -> str:
        """What messages call one of its records: `support scheme` of rubixx/support_scheme."""
        return self.name.replace("_", " ")


class RuleSet(Struct, frozen=True, kw_only=True):
    """Every rule file of a folder, as read together. `sha256` is the hex digest of all their bytes."""

    root: str
    apis: Mapping[str, Api]
    resources: Mapping[str, RuleFile]
    sha256: str
