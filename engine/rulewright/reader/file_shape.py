"""The keywords of a resource's rule file and of api.yaml, as `Shape`s."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulewright.problem import CODES
from rulewright.reader.behaviour_shape import EffectShape, LookUpShape, WorkflowShape
from rulewright.reader.field_shape import (
    SEVERITIES,
    CheckShape,
    ErrorShape,
    fields_table,
    template_table,
    vendor_error,
)
from rulewright.reader.flaws import Flaw
from rulewright.reader.header_shape import Headers, HeaderValue
from rulewright.reader.kinds import Book, JsonSchema, Kind, flawed, if_map
from rulewright.reader.scalars import (
    Anything,
    Cel,
    Choice,
    Duration,
    Label,
    Name,
    Resource,
    Single,
    Text,
    Whole,
    Word,
)
from rulewright.reader.shapes import Either, ListOf, Shape, Sub, Table, hints, raise_all


class LanguageVersion(Kind):
    """`rulewright: 1`."""

    expected = "1"

    def check(self, value: Any) -> None:
        """Raise for any other version."""
        if value != 1 or isinstance(value, bool | float):
            raise flawed(
                Flaw("language-version", "only version 1 of the rule language exists", "write rulewright: 1")
            )

    def schema(self, book: Book) -> JsonSchema:
        """The only one."""
        return {"enum": [1], "errorMessage": "expected 1, the version of the rule language"}


class OperationShape(Shape):
    """One way to call the resource."""

    event = Name("The event that this operation fires; `create` and `update` fire none.")
    method = Choice("GET", "POST", "PUT", "PATCH", "DELETE", meaning="The HTTP method.")
    path = Text("The HTTP path. `{name}` is a path parameter, read as `request.path.name`.")
    permission = Text("What the caller must be allowed to do.")
    status = Whole(
        "The HTTP status of an accepted call: 201 for a create, else 200, if left out.", least=100, most=599
    )
    accepts = ListOf(
        Name(), "Read-only fields that this operation may set all the same, and may then require."
    )


class VariantShape(Shape):
    """One alternative, in the map form."""

    title = Text("For people.")
    required = ListOf(Name(), "The fields that make this variant.")
    forbidden = ListOf(Name(), "Fields that may not be given with it.")


class NamedVariantShape(VariantShape):
    """One alternative, in the list form."""

    name = Name("The variant's name, where `variants` is a list.", required=True)


class VariantsTable(Table):
    """Variants by name; `error` beside them is the vendor's error."""

    def __init__(self, meaning: str = "", **options: Any) -> None:
        super().__init__(Sub(lambda: VariantShape), meaning, **options)

    def check(self, value: Any) -> None:
        """Raise the flaws of all variants and of the error."""
        if isinstance(value, Mapping) and is_vendor_error(value.get("error")):
            raise_all({"error": value["error"]}, vendor_error())
            value = {name: variant for name, variant in value.items() if name != "error"}
        super().check(value)

    def schema(self, book: Book) -> JsonSchema:
        """`error` is told from a variant of that name by its code."""
        choice = {"if": {"required": ["code"]}, "then": {"$ref": book.refer(ErrorShape)}}
        error: JsonSchema = {
            "type": ["string", "object"],
            "markdownDescription": vendor_error().meaning,
            **if_map({**choice, "else": {"$ref": book.refer(VariantShape)}}),
        }
        return {**super().schema(book), "properties": {"error": error}}


def is_vendor_error(value: object) -> bool:
    """Is `error` among variants the vendor's error, and not a variant of that name?"""
    return isinstance(value, str) or (isinstance(value, Mapping) and "code" in value)


class FindingShape(Shape):
    """The problem that a rule over several facts reports."""

    message = Text("Text. `{name}` in it stands for an entry of `with`.")
    severity = Choice("error", "warning", "info", meaning=SEVERITIES)
    path = Text('Where in the payload, as a JSON Pointer; "" if left out.')
    with_ = template_table(
        "The values that the message tells, as CEL: `{other: other.id}`. What comes of a sensitive field "
        "is masked.",
        data_key="with",
    )
    error = vendor_error()


class InferenceShape(Shape):
    """One rule over several facts."""

    id = Name("The rule's name.", required=True)
    facts = Table(
        Text(),
        "Names for the facts that are joined, each with its source: `$record` (what will be stored), "
        "`$payload` (what was sent), a look-up that finds records, the `as` of a reference, or a kind of "
        "facts that a rule of this file asserts.",
        required=True,
    )
    when = Cel("The condition over them; every other name of the file can be read, too.")
    assert_ = Table(
        template_table(),
        "Facts that are inferred, by their kind: `{late: {member: one.member}}`. The values are texts, "
        "numbers, booleans, instants or null.",
        data_key="assert",
    )
    problem = Sub(
        lambda: FindingShape,
        "A problem that is reported, once for each combination of facts.",
    )
    set = template_table("Values of fields of the own record.")


class ResponseShapeShape(Shape):
    """What a caller sees."""

    body = Anything(
        "What the caller gets: one expression, or a map of them. Left out: all fields of the record.",
        allow_none=True,
    )
    include = template_table("Parts that are added only if the call asks for them: `?include=member,book`.")


_CHECK = "{id: in_order, check: payload.start <= payload.end, message: the end is before the start}"


class ResourceShape(Shape):
    """A rule file."""

    spared = frozenset({"resource", "key"})  # its name is that of folder and file
    misplaced = hints(
        {
            "scenarios stand in a file of their own, such as order.test.yaml": "scenarios given",
            "it stands under workflow": "field initial states events transitions reactions timeouts",
            "it stands in api.yaml": "auth errors envelope formats idempotency settings targets types",
            "it stands under response": "include",
            "say required: true of each field": "required",
        }
    )

    rulewright = LanguageVersion("The version of the rule language: `1`.")
    resource = Resource("The name, `<api>/<name>`.", required=True)
    title = Text("For people. It changes nothing.")
    description = Text("For people. It changes nothing.")
    version = Label("For people. It changes nothing.")
    key = Name("The field that tells records apart.", required=True)
    unknown_ = Choice(
        "reject",
        "ignore",
        meaning="What happens to a field that is not declared: `reject` (the default) or `ignore`, with a "
        "warning.",
        data_key="unknown",
    )
    operations = Table(
        Sub(lambda: OperationShape, example="{method: POST, path: /orders}"), "How the resource is called."
    )
    lookups = Table(
        Sub(lambda: LookUpShape, example="{find: rubixx/person, by: {reference: payload.person}}"),
        "Other records that the rules read.",
    )
    fields_ = fields_table(
        "What a payload may hold, and what the system adds.", required=True, data_key="fields"
    )
    variants = Either(
        "a map of variants, or a list of them",
        "Alternatives of which exactly one is sent.",
        maps=VariantsTable(),
        lists=ListOf(Sub(lambda: NamedVariantShape)),
    )
    checks = ListOf(Sub(lambda: CheckShape, example=_CHECK), "Conditions on the whole payload.")
    invariants = ListOf(
        Sub(lambda: CheckShape, example=_CHECK),
        "Conditions on what will be stored, judged after the effects.",
    )
    effects = ListOf(Sub(lambda: EffectShape), "What else changes.")
    infer = ListOf(Sub(lambda: InferenceShape), "Rules over several facts.")
    workflow = Sub(lambda: WorkflowShape, "States, and the moves between them.")
    response = Sub(lambda: ResponseShapeShape, "What the caller gets back.")
    scope = template_table("Which records a caller may see.")


class AuthShape(Shape):
    """Who may call."""

    header = Text("Which header holds the token. For the server.")
    also = ListOf(Text(), "Other names for the header that holds the token. For the server.")
    scheme = Text("The word before the token. For the server.")
    actor = Table(
        Name(), "What is known of a caller, and of which type. Expressions read it as `actor.desk`."
    )
    permissions = Cel("The expression that gives the list of the caller's rights.")
    headers = ListOf(Text(), "Other headers that must be there. For the server.")


class ErrorsShape(Shape):
    """How refusals are written."""

    dialect = Word(
        "dialects",
        "`rfc9457`, `problem_details` (ASP.NET Core), `goodstack`, `laravel` or `drf` (Django REST "
        "Framework).",
        required=True,
    )
    status = Table(
        Whole(least=100, most=599),
        "The HTTP status of each problem code; `'*'` for all others.",
        known=lambda: CODES | {"*"},
        prefixed=True,
    )


class IdempotencyShape(Shape):
    """What makes a call repeatable."""

    header = Text("The header that holds the caller's key.", required=True)
    scope = ListOf(Cel(), "Keys count apart for each value of these expressions.")
    operations = ListOf(Name(), "Which operations; `create` if left out.")
    keep = Duration(
        "How long a key is kept: `21d`, `12h`, `90m` or `10s`. What has expired may be used again, and is "
        "removed by `rulewright prune`. Left out, keys are kept for ever, each with its first outcome, and"
        " nothing removes them."
    )


class TargetShape(Shape):
    """Somewhere to send messages to."""

    method = Choice(
        "POST", "PUT", "PATCH", "DELETE", "GET", meaning="How a message is sent: the HTTP method."
    )
    url = Text("Where a message is sent.", required=True)
    headers = Headers(
        HeaderValue(),
        "Headers that a message is sent with. A header's value `$NAME` is that environment variable's.",
        anywhere=True,
    )
    ordered_by = Cel(
        "An expression over `record`. Messages for which it gives the same value are sent one after the "
        "other."
    )
    write_back = template_table(
        "Fields of the record that are taken from the reply: expressions over `reply` (`status`, "
        "`headers`, `body`) and `record`."
    )


class SettingShape(Shape):
    """A switch."""

    default = Single("The value of a setting: no list, and no map.", required=True, allow_none=True)
    title = Text("What the setting is about.")


class ApiShape(Shape):
    """api.yaml."""

    misplaced = dict.fromkeys(
        ("resource", *(name for name in ResourceShape.keywords if name not in ("rulewright", "unknown"))),
        "it stands in the file of a resource",
    )

    rulewright = LanguageVersion("The version of the rule language: `1`.")
    api = Name("The folder's name.")
    title = Text("For people.")
    description = Text("For people.")
    auth = Sub(lambda: AuthShape, "Who may call.", example="{actor: {user: string}}")
    errors = Sub(lambda: ErrorsShape, "How refusals are written.", example="{dialect: rfc9457}")
    idempotency = Sub(
        lambda: IdempotencyShape, "What makes a call repeatable.", example="{header: Idempotency-Key}"
    )
    envelope = Anything(
        "What is put around every body: an expression, or a map of them, over `body` and `resource.name`."
    )
    targets = Table(
        Sub(lambda: TargetShape, example="{method: POST, url: 'https://vendor.example/orders'}"),
        "Where messages go.",
    )
    unknown_ = Choice(
        "reject", "ignore", meaning="`reject` or `ignore`, for all resources.", data_key="unknown"
    )
    formats = Table(
        Text(),
        "How dates are written: `date` and `datetime`, for all fields that don't say.",
        known=lambda: {"date", "datetime"},
    )
    settings = Table(
        Sub(lambda: SettingShape, example="{default: false, title: ...}"),
        "Switches that expressions read as `settings.name`.",
    )
    types = fields_table("Shared types: a field says `type: address` and adds what it needs.")
