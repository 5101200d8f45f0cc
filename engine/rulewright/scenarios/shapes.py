"""The keywords of scenario files, as `Shape`s (design.md section 5)."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from rulewright.problem import CODES
from rulewright.reader.flaws import Flaw, did_you_mean
from rulewright.reader.kinds import Book, JsonSchema, Kind, flawed, if_map, refuse
from rulewright.reader.scalars import Anything, Choice, Flag, Label, Name, Resource, Text, Whole
from rulewright.reader.shapes import Either, ListOf, Shape, Sub, Table, hints
from rulewright.scenarios.binding import NAME as BOUND


def _any(meaning: str = "", **options: Any) -> Kind:
    return Anything(meaning, allow_none=True, **options)


def _values(meaning: str = "", *, allow_none: bool = False) -> Kind:
    """A map from any text to any value."""
    table = Table(_any(), meaning, anywhere=True, allow_none=allow_none)
    table.expected = "a map"
    return table


class Code(Kind):
    """A code of design.md section 4; plug-ins prefix theirs."""

    expected = "a problem's code"

    def check(self, value: Any) -> None:
        """Raise for a code that no problem has."""
        Text().judge(value)
        if value not in CODES and "." not in value and "/" not in value:
            hint = did_you_mean(value, CODES) or f"the codes are: {', '.join(sorted(CODES))}"
            raise flawed(Flaw("unknown-code", f"no problem has the code {value}", hint))

    def schema(self, book: Book) -> JsonSchema:
        """One of ours, or one with a prefix."""
        told = {"errorMessage": "no problem has this code"}
        ours, others = {"enum": sorted(CODES), **told}, {"pattern": "[./]", **told}
        return self.scalar("string", anyOf=[ours, others])


class Pointer(Kind):
    """A JSON Pointer: "", /name, /lines/0/price. Other texts never match; most lack their slash."""

    expected = "a JSON Pointer, which starts with /"

    def check(self, value: Any) -> None:
        """Raise for other texts, with the pointer that was probably meant."""
        if not isinstance(value, str):
            refuse(self.expected, value)
        if value and not value.startswith("/") and BOUND.fullmatch(value) is None:
            steps = re.split(r"[./\[\]]+", value.removeprefix("#").removeprefix("$").removesuffix("]"))
            refuse(self.expected, value, f"write /{'/'.join(step for step in steps if step)}")

    def advice(self, value: object) -> str | None:
        """What stands for no field."""
        return 'write "" for the request as a whole'

    def schema(self, book: Book) -> JsonSchema:
        """A text with its slash, none, or a `$name`."""
        return self.scalar("string", pattern=r"^(?:$|/|\$[A-Za-z_])")


class ProblemShape(Shape):
    """One expected problem, matched on the keys written."""

    path = Pointer("Where in the payload, as a JSON Pointer: `/name`, or `''` for the request as a whole.")
    code = Code("What is wrong, as a problem code.")
    severity = Choice("error", "warning", "info", meaning="`error`, `warning` or `info`.")
    rule = Text("The rule that reports it: `library/loan.book.fit_for_children`.")
    message = Text("What is said.")
    vendor_code = Text("The vendor's own code.")
    because = _values("The expression, and the values that were read.")


class ChangeShape(Shape):
    """One expected change."""

    op = Choice("create", "update", meaning="`create` or `update`.")
    resource = Resource("Of which resource.")
    key = _any("Which record.")
    set = _values("At least these new values.")
    before = _values("At least these values before the change.", allow_none=True)
    rule = Text("The rule that makes it.")


class MessageShape(Shape):
    """One expected message of the outbox."""

    target = Text("The target of `api.yaml`.")
    method = Text("The HTTP method.")
    url = Text("Where it is sent.")
    body = _any("What is sent.")
    idempotency_key = Text("The key that makes it repeatable.")


class StoreShape(Shape):
    """How many records hold these values."""

    where = _values("Which records: those that hold these values.")
    count = Whole("How many there are.", least=0, required=True)


class ResponseShape(Shape):
    """What the caller sees."""

    status = Whole("The HTTP status.", least=100, most=599)
    body = _any("At least this.")
    absent = ListOf(Pointer(), "JSON Pointers that must not be in the body.", alone=True)


_CHANGE = "{op: create, resource: library/loan}"


class ExpectShape(Shape):
    """What must come out."""

    misplaced = hints(
        {
            "say record: {status: ...} of a record's state, response: {status: ...} of HTTP": "status",
            "it stands under response": "body",
            "say problems: [{path: ..., code: ...}]": "error errors code path",
            "did you mean record?": "fields result values",
            "say store: {resource: {where: ..., count: ...}}": "where count records",
        }
    )

    verdict = Choice(
        "accepted",
        "rejected",
        "undecided",
        meaning="`accepted`, `rejected` or `undecided`. It must be there.",
        required=True,
    )
    problems = ListOf(
        Sub(lambda: ProblemShape, example="{path: /name, code: required}"),
        "Exactly these problems, in any order, each compared on the keys that are written. `[]`: none.",
    )
    record = _values("What is stored; at least these fields.", allow_none=True)
    changes = ListOf(Sub(lambda: ChangeShape, example=_CHANGE), "At least these changes. `[]`: none.")
    messages = ListOf(
        Sub(lambda: MessageShape, example="{target: webhook}"), "At least these messages. `[]`: none."
    )
    store = Table(
        Either(
            "{where, count}, or a list of them",
            maps=Sub(lambda: StoreShape, example="{where: {name: Ann}, count: 1}"),
            lists=ListOf(Sub(lambda: StoreShape)),
        ),
        "How many records there are afterwards.",
        anywhere=True,
        example="{library/loan: {count: 0}}",
    )
    response = Sub(lambda: ResponseShape, "What the caller gets.", example="{status: 201}")
    replayed = Flag("`true`: the outcome of an earlier call with the same idempotency key.")


class RequestShape(Shape):
    """What comes beside the payload."""

    path = _values("Path parameters.")
    query = _values("The query string.")
    headers = _values("Headers.")


_RESOURCE = "Which resource is called."
_ACTOR = "Who calls. `null`: nobody."
_AS_OF = "The time of the call."
_REQUEST = "What comes beside the payload."
_SETTINGS = "Switches of the API, set otherwise."


class StepShape(Shape):
    """One call and what must come out of it."""

    misplaced = hints(
        {
            "did you mean payload?": "create data send body input",
            "did you mean event?": "fire transition",
            "records that are there stand under given": "records store setup before",
            "say expect: {verdict: ...}": "expected then result verdict",
            "did you mean as_of?": "now",
        }
    )

    name = Label("What it shows.")
    description = Text("For people.")
    resource = Resource(_RESOURCE)
    actor = _values(_ACTOR, allow_none=True)
    request = Sub(lambda: RequestShape, _REQUEST)
    as_of = Text(_AS_OF)
    payload = _any("What is sent; `{}` if left out.")
    update = _any("What is sent to update the record named by `key`.")
    event = Name("The event that is fired on the record named by `key`, with `payload`.")
    key = _any("Which record.")
    bind = Name("A name for what came out, for later steps.")
    expect = Sub(lambda: ExpectShape, "What must come out.", example="{verdict: accepted}", required=True)


def _given() -> Kind:
    meaning = (
        "The records that are there: resource, then a list. A scenario's replace the file's, for the "
        "resources it names."
    )
    return Table(ListOf(_values()), meaning, anywhere=True, example="{library/member: [{card: A0001}]}")


class StoryShape(Shape):
    """What a scenario with one step and one with several have in common."""

    name = Label("What it shows.", required=True)
    description = Text("For people.")
    resource = Resource(_RESOURCE)
    given = _given()
    actor = _values(_ACTOR, allow_none=True)
    as_of = Text(_AS_OF)
    settings = _values(_SETTINGS)
    request = Sub(lambda: RequestShape, _REQUEST)


class OneStepShape(StoryShape, StepShape):
    """A scenario that is one step itself."""

    name = Label("What it shows.", required=True)


class StepsShape(StoryShape):
    """A scenario of several steps."""

    steps = ListOf(Sub(lambda: StepShape), "Several calls, one after the other.", required=True)


def story_shape(keywords: Collection[str]) -> type[OneStepShape | StepsShape]:
    """What a scenario with these keywords must be like."""
    return StepsShape if "steps" in keywords else OneStepShape


class Story(Kind):
    """A scenario. `check` takes all, and `story_shape` judges later: a mistake spoils one scenario only."""

    expected = "a scenario: a map of keywords"

    def check(self, value: Any) -> None:
        """Leave it to the reader of scenarios."""

    def schema(self, book: Book) -> JsonSchema:
        """What it will be judged by."""
        one, several = (book.refer(story_shape(keywords)) for keywords in ((), ("steps",)))
        choice = {"if": {"required": ["steps"]}, "then": {"$ref": several}, "else": {"$ref": one}}
        return {"type": "object", **if_map(choice), "errorMessage": f"expected {self.expected}"}


class ScenarioFileShape(Shape):
    """A file. Its scenarios are judged one by one later, so that a mistake spoils one scenario only."""

    resource = Resource(_RESOURCE, required=True)
    title = Text("For people.")
    description = Text("For people.")
    given = _given()
    actor = _values(_ACTOR, allow_none=True)
    as_of = Text(_AS_OF)
    settings = _values(_SETTINGS)
    request = Sub(lambda: RequestShape, _REQUEST)
    scenarios = ListOf(Story(allow_none=True), "The list of them.", required=True)
