"""The keywords of a resource's rule file and of api.yaml, as `Shape`s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulewright.reader.field_shape import CheckShape, fields_table, vendor_error
from rulewright.reader.flaws import Flaw
from rulewright.reader.kinds import (
    Anything,
    Cel,
    Choice,
    Duration,
    Either,
    Kind,
    ListOf,
    Name,
    Resource,
    Shape,
    Sub,
    Table,
    Text,
    Version,
    Whole,
    flawed,
)
from rulewright.reader.workflow_shape import EffectShape, LookUpShape, WorkflowShape, template_table


class LanguageVersion(Kind):
    """`rulewright: 1`."""

    expected = "1"

    def check(self, value: Any) -> None:
        """Raise for any other version."""
        if value != 1 or isinstance(value, bool | float):
            raise flawed(
                Flaw("language-version", "only version 1 of the rule language exists", "write rulewright: 1")
            )


class OperationShape(Shape):
    """One way to call the resource."""

    event = Name()
    method = Choice("GET", "POST", "PUT", "PATCH", "DELETE")
    path = Text()
    permission = Text()
    status = Whole(100, 599)
    accepts = ListOf(Name())


class VariantShape(Shape):
    """One alternative, in the map form."""

    title = Text()
    required = ListOf(Name())
    forbidden = ListOf(Name())


class NamedVariantShape(VariantShape):
    """One alternative, in the list form."""

    name = Name(required=True)


class VariantsTable(Table):
    """Variants by name; `error` beside them is the vendor's error."""

    def __init__(self, **options: Any) -> None:
        super().__init__(Sub(lambda: VariantShape), **options)

    def check(self, value: Any) -> None:
        """Raise the flaws of all variants and of the error."""
        if isinstance(value, Mapping) and is_vendor_error(value.get("error")):
            vendor_error().judge(value["error"])
            value = {name: variant for name, variant in value.items() if name != "error"}
        super().check(value)


def is_vendor_error(value: object) -> bool:
    """Is `error` among variants the vendor's error, and not a variant of that name?"""
    return isinstance(value, str) or (isinstance(value, Mapping) and "code" in value)


def _variants_kind(value: Any) -> Kind | None:
    if isinstance(value, list):
        return ListOf(Sub(lambda: NamedVariantShape))
    return VariantsTable() if isinstance(value, Mapping) else None


class FindingShape(Shape):
    """The problem that a rule over several facts reports."""

    message = Text()
    severity = Choice("error", "warning", "info")
    path = Text()
    with_ = template_table(data_key="with")
    error = vendor_error()


class InferenceShape(Shape):
    """One rule over several facts."""

    id = Name(required=True)
    facts = Table(Text(), required=True)
    when = Cel()
    assert_ = Table(template_table(), data_key="assert")
    problem = Sub(lambda: FindingShape)
    set = template_table()


class ResponseShapeShape(Shape):
    """What a caller sees."""

    body = Anything(allow_none=True)
    include = template_table()


class ResourceShape(Shape):
    """A rule file."""

    spared = frozenset({"resource", "key"})  # its name is that of folder and file

    rulewright = LanguageVersion()
    resource = Resource(required=True)
    title = Text()
    description = Text()
    version = Version()
    key = Name(required=True)
    unknown_ = Choice("reject", "ignore", data_key="unknown")
    operations = Table(Sub(lambda: OperationShape))
    lookups = Table(Sub(lambda: LookUpShape))
    fields_ = fields_table(required=True, data_key="fields")
    variants = Either("a map of variants, or a list of them", _variants_kind)
    checks = ListOf(Sub(lambda: CheckShape))
    invariants = ListOf(Sub(lambda: CheckShape))
    effects = ListOf(Sub(lambda: EffectShape))
    infer = ListOf(Sub(lambda: InferenceShape))
    workflow = Sub(lambda: WorkflowShape)
    response = Sub(lambda: ResponseShapeShape)
    scope = template_table()


class AuthShape(Shape):
    """Who may call."""

    header = Text()
    also = ListOf(Text())
    scheme = Text()
    actor = Table(Name())
    permissions = Cel()
    headers = ListOf(Text())


class ErrorsShape(Shape):
    """How refusals are written."""

    dialect = Name(required=True)
    status = Table(Whole(100, 599), anywhere=True)


class IdempotencyShape(Shape):
    """What makes a call repeatable."""

    header = Text(required=True)
    scope = ListOf(Cel())
    operations = ListOf(Name())
    keep = Duration()


class TargetShape(Shape):
    """Somewhere to send messages to."""

    method = Choice("POST", "PUT", "PATCH", "DELETE", "GET")
    url = Text(required=True)
    headers = Table(Text(), anywhere=True)
    ordered_by = Cel()
    write_back = template_table()


class SettingShape(Shape):
    """A switch."""

    default = Anything(required=True, allow_none=True)
    title = Text()


class ApiShape(Shape):
    """api.yaml."""

    rulewright = LanguageVersion()
    api = Name()
    title = Text()
    description = Text()
    auth = Sub(lambda: AuthShape)
    errors = Sub(lambda: ErrorsShape)
    idempotency = Sub(lambda: IdempotencyShape)
    envelope = Anything()
    targets = Table(Sub(lambda: TargetShape))
    unknown_ = Choice("reject", "ignore", data_key="unknown")
    formats = Table(Text())
    settings = Table(Sub(lambda: SettingShape, hint="for example {default: false, title: ...}"))
    types = fields_table()
