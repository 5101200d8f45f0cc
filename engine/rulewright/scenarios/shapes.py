"""The keywords of scenario files, as `Shape`s (design.md section 5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rulewright.problem import CODES
from rulewright.reader.flaws import Flaw, did_you_mean
from rulewright.reader.kinds import (
    Anything,
    Choice,
    Either,
    Flag,
    Kind,
    ListOf,
    Name,
    Resource,
    Shape,
    Sub,
    Table,
    Text,
    Whole,
    flawed,
)


def _any() -> Kind:
    return Anything(allow_none=True)


def _values(*, allow_none: bool = False) -> Kind:
    """A map from any text to any value."""
    table = Table(_any(), anywhere=True, allow_none=allow_none)
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


class ProblemShape(Shape):
    """One expected problem, matched on the keys written."""

    path = Text()
    code = Code()
    severity = Choice("error", "warning", "info")
    rule = Text()
    message = Text()
    vendor_code = Text()
    because = _values()


class ChangeShape(Shape):
    """One expected change."""

    op = Choice("create", "update")
    resource = Resource()
    key = _any()
    set = _values()
    before = _values(allow_none=True)
    rule = Text()


class MessageShape(Shape):
    """One expected message of the outbox."""

    target = Text()
    method = Text()
    url = Text()
    body = _any()
    idempotency_key = Text()


class StoreShape(Shape):
    """How many records hold these values."""

    where = _values()
    count = Whole(0, required=True)


def _store_kind(value: Any) -> Kind | None:
    if isinstance(value, Mapping):
        return Sub(lambda: StoreShape)
    return ListOf(Sub(lambda: StoreShape)) if isinstance(value, list) else None


class ResponseShape(Shape):
    """What the caller sees."""

    status = Whole(100, 599)
    body = _any()
    absent = ListOf(Text(), alone=True)


class ExpectShape(Shape):
    """What must come out."""

    verdict = Choice("accepted", "rejected", "undecided", required=True)
    problems = ListOf(Sub(lambda: ProblemShape))
    record = _values(allow_none=True)
    changes = ListOf(Sub(lambda: ChangeShape))
    messages = ListOf(Sub(lambda: MessageShape))
    store = Table(Either("{where, count}, or a list of them", _store_kind), anywhere=True)
    response = Sub(lambda: ResponseShape)
    replayed = Flag()


class RequestShape(Shape):
    """What comes beside the payload."""

    path = _values()
    query = _values()
    headers = _values()


class StepShape(Shape):
    """One call and what must come out of it."""

    name = Text()
    description = Text()
    resource = Resource()
    actor = _values(allow_none=True)
    request = Sub(lambda: RequestShape)
    as_of = Text()
    payload = _any()
    update = _any()
    event = Name()
    key = _any()
    bind = Name()
    expect = Sub(lambda: ExpectShape, required=True)


def _given() -> Kind:
    return Table(ListOf(_values()), anywhere=True)


class StoryShape(Shape):
    """What a scenario with one step and one with several have in common."""

    name = Text(required=True)
    description = Text()
    resource = Resource()
    given = _given()
    actor = _values(allow_none=True)
    as_of = Text()
    settings = _values()
    request = Sub(lambda: RequestShape)


class OneStepShape(StoryShape, StepShape):
    """A scenario that is one step itself."""

    name = Text(required=True)


class StepsShape(StoryShape):
    """A scenario of several steps."""

    steps = ListOf(Sub(lambda: StepShape), required=True)


class ScenarioFileShape(Shape):
    """A file. Its scenarios are judged one by one later, so that a mistake spoils one scenario only."""

    resource = Resource(required=True)
    title = Text()
    description = Text()
    given = _given()
    actor = _values(allow_none=True)
    as_of = Text()
    settings = _values()
    request = Sub(lambda: RequestShape)
    scenarios = ListOf(_any(), required=True)
