"""What can be wrong: a place in a text file, a problem of a rule file, a problem of a payload."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from msgspec import Struct

from rulewright.deferral import Deferring

Severity = Literal["error", "warning", "info"]

# The stable codes of design.md section 4 and language.md "Rule ids, operations, codes".
# Wording may change between versions, a code may not: callers and tests match on it.
CODES = frozenset(
    {
        "required",
        "forbidden",
        "unknown_field",
        "type",
        "format",
        "min",
        "max",
        "min_length",
        "max_length",
        "pattern",
        "one_of",
        "items",
        "variant",
        "readonly",
        "immutable",
        "reference",
        "unique",
        "check",
        "conflict",
        "transition",
        "guard",
        "unauthenticated",
        "permission",
        "not_found",
        "idempotency",
        "undecided",
        "invalid_json",
        "limit",
        "overruled",
        "excluded",
    }
)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a text file. Lines and columns count from 1; the end is exclusive."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A mistake in a file that an analyst wrote (rule file, scenario file, configuration).

    `snippet` is the text of the line that `span` starts on, so that a report needs no file.
    """

    code: str
    message: str
    span: Span
    snippet: str = ""
    hint: str | None = None
    severity: Severity = "error"


@dataclass(frozen=True, slots=True)
class Because(Deferring):
    """Why a rule refused: its expression and what that expression read, by path as written.

    Values of `sensitive` fields are masked before they get here. `extra` is merged beside the two
    in JSON, for example the reasons why each variant was ruled out.
    """

    expression: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)


class _Reading(Struct, frozen=True):
    """Works out what a rule read; a `partial` takes four times as long to make."""

    read: Callable[..., Because]
    given: tuple[object, ...]

    def __call__(self) -> dict[str, object]:
        because = self.read(*self.given)
        return {"expression": because.expression, "values": because.values, "extra": because.extra}


def read_later(read: Callable[..., Because], given: tuple[object, ...]) -> Because:
    """What `read` gives of what is `given`, called when somebody asks: it must always give the same."""
    because = _new(Because)
    _wait(because, _Reading(read, given))
    return because


_new: Final = object.__new__
# A frozen object's own constructor takes four times as long.
_wait: Final = Because._later.__set__  # type: ignore[union-attr]  # a slot


@dataclass(frozen=True, slots=True)
class VendorError:
    """The vendor's own name for a refusal, for the error dialect; it never replaces `code`."""

    code: str
    title: str | None = None
    status: int | None = None


class Problem(Struct, frozen=True):
    """One thing wrong with, or worth saying about, a payload.

    `path` is a JSON Pointer (RFC 6901) into the payload; "" means the request as a whole.
    Only severity "error" rejects.
    """

    rule: str
    code: str
    path: str
    message: str
    severity: Severity = "error"
    because: Because | None = None
    rule_at: str | None = None
    payload_at: str | None = None
    fix: str | None = None
    vendor: VendorError | None = None

    @property
    def vendor_code(self) -> str | None:
        """The vendor's code, as JSON shows it beside `code`."""
        return self.vendor.code if self.vendor is not None else None


def locate_problem(problem: Problem, payload_at: str | None, rule_at: str | None) -> Problem:
    """The same problem at its place, without what it read: for reports that don't tell that."""
    return Problem(
        problem.rule,
        problem.code,
        problem.path,
        problem.message,
        problem.severity,
        rule_at=rule_at,
        payload_at=payload_at,
        fix=problem.fix,
        vendor=problem.vendor,
    )
