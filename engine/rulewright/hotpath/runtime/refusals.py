"""What generated functions call to tell a refusal: each rule's problem, made once, or with what was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace

from rulewright.evaluation.log import Stage
from rulewright.evaluation.masking import MASK, to_json
from rulewright.evaluation.reasons import because_of
from rulewright.evaluation.views import Layer
from rulewright.formula import Valued
from rulewright.hotpath.runtime.state import Decline, NoStore, State, decoded, names_of
from rulewright.hotpath.runtime.values import match
from rulewright.problem import Because, Problem, read_later
from rulewright.schema.repeats import first_places

# Where a problem stands in the order of evaluation: the stage, then the place in the rule file.
Place = tuple[int, ...]
Entry = tuple[Place, Problem]
_WITHDRAWN: Final = (int(Stage.SHAPE), int(Stage.PRESENCE))


class Refusal(Struct, frozen=True):
    """A rule's problem, but for what the rule (`formula`) read."""

    place: Place
    problem: Problem
    formula: Valued

    def told(self, because: Because, reason: str = "") -> Entry:
        """The problem with what its rule read; `reason`: for which nobody knows what the rule says."""
        problem = self.problem
        message = f"{problem.message}: {reason}" if reason else problem.message
        return self.place, replace(problem, because=because, message=message)


# What `tell...` keeps says what its rule read when it is asked, because that can't be another by then; what
# `note...` keeps says it at once.


def tell(s: State, entries: list[Entry], refusal: Refusal) -> None:
    """Keep the problem of a condition."""
    because = read_later(read_now, (s, refusal.formula))
    entries.append((refusal.place, replace(refusal.problem, because=because)))


def note(s: State, entries: list[Entry], refusal: Refusal) -> None:
    """Keep the problem of a condition."""
    entries.append(refusal.told(read_now(s, refusal.formula)))


def tell_value(
    s: State, entries: list[Entry], refusal: Refusal, field: Any, stored: object, sensitive: bool
) -> None:
    """Keep the problem of a check on a value."""
    because = read_later(read_with_value, (s, refusal.formula, field, stored, sensitive))
    entries.append((refusal.place, replace(refusal.problem, because=because)))


def note_value(
    s: State, entries: list[Entry], refusal: Refusal, field: Any, stored: object, sensitive: bool
) -> None:
    """Keep the problem of a check on a value."""
    entries.append(refusal.told(read_with_value(s, refusal.formula, field, stored, sensitive)))


def tell_missing(
    s: State, entries: list[Entry], refusal: Refusal, label: str, value: object, sensitive: bool
) -> None:
    """Keep the problem of a reference that names nothing."""
    because = read_later(read_named, (s, refusal.formula, label, value, sensitive))
    entries.append((refusal.place, replace(refusal.problem, because=because)))


def note_missing(
    s: State, entries: list[Entry], refusal: Refusal, label: str, value: object, sensitive: bool
) -> None:
    """Keep the problem of a reference that names nothing."""
    entries.append(refusal.told(read_named(s, refusal.formula, label, value, sensitive)))


def note_missing_items(
    s: State,
    entries: list[Entry],
    refusal: Refusal,
    label: str,
    values: Sequence[object],
    sensitive: bool,
    sent: list[Any],
    found: Sequence[Any],
    by: str,
) -> bool:
    """Keep a problem for each item of a list that names nothing; gives whether there is one.

    `sent` is the list as the payload has it, with repeats that were taken out of `values`.
    """
    missing = False
    for index, value in zip(_places(sent, len(values)), values, strict=True):
        if match(found, by, value) is None:
            missing = True
            problem = replace(refusal.problem, path=f"{refusal.problem.path}/{index}")
            one = replace(refusal, problem=problem)
            entries.append(one.told(read_named(s, refusal.formula, label, value, sensitive)))
    return missing


def _places(sent: Sequence[object], kept: int) -> Sequence[int]:
    """Where each item that was kept stands in the payload (`unique_items: collapse` drops repeats)."""
    if kept == len(sent):
        return range(kept)
    places = first_places(sent)
    if len(places) != kept:
        # Written differently, two items may be one.
        raise Decline
    return places


def tell_undecided(s: State, entries: list[Entry], refusal: Refusal, error: NoStore) -> None:
    """Keep that a rule can't be decided because there is no store; `refusal` as `undecided` has it."""
    entries.append(refusal.told(read_now(s, refusal.formula), error.message))


def tell_undecided_value(
    s: State,
    entries: list[Entry],
    refusal: Refusal,
    error: NoStore,
    field: Any,
    stored: object,
    sensitive: bool,
) -> None:
    """Keep that a check on a value can't be decided because there is no store."""
    because = read_with_value(s, refusal.formula, field, stored, sensitive)
    entries.append(refusal.told(because, error.message))


def tell_taken(entries: list[Entry], refusal: Refusal, values: Mapping[str, object]) -> None:
    """Keep that another record holds what one alone may hold; `values` as `because` shows them."""
    entries.append(refusal.told(Because(None, values)))


def undecided(refusal: Refusal, words: str = "can't be decided") -> Refusal:
    """The same rule where nobody knows what it says."""
    problem = replace(refusal.problem, code="undecided", message=words, severity="warning", vendor=None)
    return replace(refusal, problem=problem)


def is_clean(entries: list[Entry]) -> bool:
    """Whether nothing so far stands against acceptance."""
    return not any(one.severity == "error" or one.code == "undecided" for _, one in entries)


def withdraw(entries: list[Entry], path: str) -> None:
    """Take back what shape and presence found wrong at a path and beneath: see `Log.withdraw`."""
    entries[:] = [
        (place, problem)
        for place, problem in entries
        if place[0] not in _WITHDRAWN
        or problem.severity != "error"
        or not f"{problem.path}/".startswith(f"{path}/")
    ]


def read_now(s: State, formula: Valued, names: Mapping[str, object] | None = None) -> Because:
    """What a rule read, as a problem tells it."""
    link = s.link
    return because_of(link.resource, link.rules, formula, names or names_of(s))


def read_with_value(s: State, formula: Valued, field: Any, stored: object, sensitive: bool) -> Because:
    """The same of a check of a field's value, which stands as `value` in it."""
    return read_now(s, formula, Layer({"value": decoded(field, stored)}, names_of(s), sensitive=sensitive))


def read_named(s: State, formula: Valued, label: str, value: object, sensitive: bool) -> Because:
    """The value of a field, and what its rule read beside it."""
    shown = MASK if sensitive else to_json(value)
    return Because(None, {f"payload.{label}": shown, **read_now(s, formula).values})
