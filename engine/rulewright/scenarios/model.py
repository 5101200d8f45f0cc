"""A scenario file as plain, frozen data: what the analyst wrote, with what steps inherit filled in.

Values are as YAML gives them; a text such as `$first.record.id` stays text until its step runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from msgspec import Struct, field

from rulewright.outcome import Verdict
from rulewright.problem import SourceProblem, Span

Record = Mapping[str, object]
RequestParts = Mapping[str, Mapping[str, object]]


class Absent(Enum):
    """What isn't there, as opposed to null."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent.ABSENT


class StoreExpectation(Struct, frozen=True):
    """How many records of a resource hold exactly the values of `where` after a step."""

    resource: str
    where: Record
    count: object


class ResponseExpectation(Struct, frozen=True, kw_only=True):
    """What the caller sees. ABSENT: not named. `absent` are JSON Pointers that must not be in the body."""

    status: object = ABSENT
    body: object = ABSENT
    absent: tuple[str, ...] = ()


class Expectation(Struct, frozen=True, kw_only=True):
    """What an outcome must look like. None (ABSENT for `record`): nothing is said about that part."""

    verdict: Verdict
    problems: tuple[Record, ...] | None = None
    record: object = ABSENT
    changes: tuple[Record, ...] | None = None
    messages: tuple[Record, ...] | None = None
    store: tuple[StoreExpectation, ...] = ()
    response: ResponseExpectation | None = None
    replayed: bool | None = None


class Step(Struct, frozen=True, kw_only=True):
    """One call: what comes in, and what must come out. `bind` names its outcome for later steps."""

    resource: str
    operation: str
    payload: object
    expect: Expectation
    span: Span
    key: object = None
    actor: Record | None = None
    request: RequestParts = field(default_factory=dict)
    as_of: str | None = None
    bind: str | None = None
    name: str | None = None


class Scenario(Struct, frozen=True, kw_only=True):
    """One story: the records there are, and one step or several. `settings` are those of its API."""

    name: str
    resource: str
    file: str
    span: Span
    given: Mapping[str, tuple[Record, ...]]
    settings: Record
    steps: tuple[Step, ...]


class ScenarioFile(Struct, frozen=True):
    """What could be read of one file. `not_run` counts the scenarios that hold a mistake."""

    file: str
    scenarios: tuple[Scenario, ...]
    problems: tuple[SourceProblem, ...] = ()
    not_run: int = 0
