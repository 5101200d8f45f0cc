"""What generated functions call to tell a refusal: each rule's problem, made once, or with what was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, Final

from rulewright.evaluation.masking import MASK, because_of, to_json
from rulewright.evaluation.views import Layer
from rulewright.formula import Valued
from rulewright.hotpath.state import State, decoded, names_of
from rulewright.problem import Because, Problem

# Where a problem stands in the order of evaluation: the stage, then the place in the rule file.
Place = tuple[int, ...]
Entry = tuple[Place, Problem]
_place: Final = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule's problem, but for what the rule read (`formula`). `top`: the field it is about.

    `waits`: what was read is told when it is asked for, because it can't be another by then.
    """

    place: Place
    problem: Problem
    formula: Valued | None = None
    top: str = ""
    waits: bool = False

    def told(self, because: Callable[[], Because]) -> Entry:
        """The problem with what its rule read."""
        problem = self.problem
        if self.waits:
            return self.place, _waiting(problem, because)
        return self.place, Problem(
            problem.rule,
            problem.code,
            problem.path,
            problem.message,
            problem.severity,
            because(),
            problem.rule_at,
            vendor=problem.vendor,
        )


# A Problem is frozen; its slots are filled here as its constructor would, but for those that wait.
_new: Final = partial(object.__new__, Problem)
_SLOTS: Final = {name: getattr(Problem, name).__set__ for name in Problem.__slots__}
_rule, _code, _path = _SLOTS["rule"], _SLOTS["code"], _SLOTS["path"]
_message, _severity = _SLOTS["message"], _SLOTS["severity"]
_later = Problem._later.__set__  # type: ignore[union-attr]  # a slot's descriptor


def _waiting(problem: Problem, because: Callable[[], Because]) -> Problem:
    """A problem like this one, of which the parts that few ask for wait."""
    told: Problem = _new()
    _rule(told, problem.rule)
    _code(told, problem.code)
    _path(told, problem.path)
    _message(told, problem.message)
    _severity(told, problem.severity)
    _later(told, partial(_parts, problem, because))
    return told


def _parts(problem: Problem, because: Callable[[], Because]) -> dict[str, object]:
    return {
        "because": because(),
        "rule_at": problem.rule_at,
        "payload_at": problem.payload_at,
        "fix": problem.fix,
        "vendor": problem.vendor,
    }


class Found:
    """The problems of one payload, and the fields that no later rule may rely on."""

    __slots__ = ("checked", "entries", "required", "unsound")

    def __init__(self, unsound: set[str], entries: list[Entry]) -> None:
        self.unsound = unsound
        self.entries = entries
        # Fields that are missing, and fields that a check refused.
        self.required: tuple[str, ...] = ()
        self.checked: tuple[str, ...] = ()

    def note(self, s: State, refusal: Refusal) -> None:
        """Keep a problem, with what the rule read."""
        if refusal.formula is None:
            self.entries.append((refusal.place, refusal.problem))
        else:
            self.entries.append(refusal.told(partial(_read, s, refusal.formula)))

    def end(self, refusal: Refusal) -> None:
        """Let no later rule rely on the field, if the problem is an error."""
        if refusal.problem.severity == "error" and refusal.top:
            self.unsound.add(refusal.top)

    def refuse(self, s: State, refusal: Refusal) -> None:
        """Keep a problem of a field that it ends."""
        self.note(s, refusal)
        self.end(refusal)
        self.required += (refusal.top,)

    def note_value(self, s: State, refusal: Refusal, field: Any, stored: object, sensitive: bool) -> None:
        """Keep the problem of a check on a value."""
        assert refusal.formula is not None
        read = partial(_read_with_value, s, refusal.formula, field, stored, sensitive)
        self.entries.append(refusal.told(read))
        if refusal.problem.severity == "error":
            self.checked += (refusal.top,)

    def dangling(self, s: State, refusal: Refusal, label: str, value: object, sensitive: bool) -> None:
        """Keep the problem of a reference that names nothing."""
        assert refusal.formula is not None
        self.entries.append(refusal.told(partial(_named, s, refusal.formula, label, value, sensitive)))

    @property
    def has_errors(self) -> bool:
        """Whether a problem refuses the payload."""
        for _, problem in self.entries:  # noqa: SIM110 - a generator takes three times as long
            if problem.severity == "error":
                return True
        return False

    def problems(self) -> tuple[Problem, ...]:
        """The problems in the order of evaluation."""
        self.entries.sort(key=_place)
        return tuple([problem for _, problem in self.entries])


def _read(s: State, formula: Valued, names: Mapping[str, object] | None = None) -> Because:
    link = s.link
    return because_of(link.resource, link.rules, formula, names or names_of(s))


def _read_with_value(s: State, formula: Valued, field: Any, stored: object, sensitive: bool) -> Because:
    return _read(s, formula, Layer({"value": decoded(field, stored)}, names_of(s), sensitive=sensitive))


def _named(s: State, formula: Valued, label: str, value: object, sensitive: bool) -> Because:
    shown = MASK if sensitive else to_json(value)
    return Because(None, {f"payload.{label}": shown, **_read(s, formula).values})
