"""The smallest change of a refused payload that would be accepted, found by trying and verified.

Best first: the fewest edits, counting at least one for every field that still has a problem. A state is
expanded by the candidates of its first problem only (each problem must be ended some time, in whatever
order); a payload with few problems by those of all, so that one edit that ends several is not missed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import Final, cast

from msgspec import structs

from rulewright.evaluation import Inputs, decide
from rulewright.evaluation.decision import judged_run
from rulewright.evaluation.log import is_within
from rulewright.explanation.candidates import Case, Edits, candidates_for
from rulewright.explanation.edits import MISSING, Edit, apply_edits, fold, in_order
from rulewright.explanation.samples import Surroundings
from rulewright.explanation.wording import join_words
from rulewright.outcome import Outcome
from rulewright.ports import Records
from rulewright.problem import Problem
from rulewright.program import Program

# Nothing that is sent in the payload can end these.
_HOPELESS: Final = frozenset(
    {"unauthenticated", "permission", "not_found", "idempotency", "invalid_json", "limit", "conflict"}
)
_FEW_PROBLEMS: Final = 3
# Objects and lists within each other, as for the payloads that the command reads.
_MAX_DEPTH: Final = 100
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to search."""

    evaluations: int = 200
    seconds: float = 2.0


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A change that was run and accepted. `fixes` says each problem's part in it, by (rule, path)."""

    edits: tuple[Edit, ...]
    text: str
    fixes: Mapping[Place, str]

    @property
    def patch(self) -> list[dict[str, object]]:
        """The change as JSON Patch (RFC 6902)."""
        return [edit.operation() for edit in self.edits]


@dataclass(frozen=True, slots=True)
class _State:
    """A payload on the way. `causes` tells for each edit the problem of the original that it is for."""

    payload: object
    outcome: Outcome
    edits: tuple[Edit, ...] = ()
    causes: tuple[Place, ...] = ()

    @property
    def accepted(self) -> bool:
        return self.outcome.accepted


@dataclass(slots=True)
class _Search:
    program: Program
    resource: str
    inputs: Inputs
    store: Records | None
    effort: Effort
    spent: int = 0
    started: float = field(default_factory=monotonic)

    @property
    def exhausted(self) -> bool:
        """Whether enough was tried."""
        return self.spent >= self.effort.evaluations or monotonic() - self.started > self.effort.seconds

    def decide(self, payload: object) -> Outcome:
        """Run the evaluation."""
        self.spent += 1
        inputs = structs.replace(self.inputs, payload=payload)
        return decide(self.program.compiled, self.resource, inputs, self.store)

    def case(self, payload: object) -> Case:
        """What candidates are drawn from."""
        rules = self.program.compiled
        inputs = structs.replace(self.inputs, payload=payload)
        run = judged_run(rules, self.resource, inputs, self.store)
        around = Surroundings(rules, self.store, run, self.inputs.now)
        return Case(run.resource, run.intake, payload, around, run.settable)


def suggest(
    program: Program,
    resource: str,
    inputs: Inputs,
    store: Records | None = None,
    *,
    effort: Effort = Effort(),
) -> Suggestion | None:
    """Return the smallest change that was found and accepted when it was run.

    None: the payload is accepted as it is, no change of the payload can help, or none was found within
    `effort`. A suggestion never holds a value of a sensitive field.
    """
    search = _Search(program, resource, inputs, store, effort)
    first = _State(inputs.payload, search.decide(inputs.payload))
    if first.accepted or not _searchable(inputs.payload) or _hopeless(first.outcome, store):
        return None
    found = _best_first(search, first)
    return _minimal(search, first, found) if found is not None else None


def _searchable(payload: object) -> bool:
    """Whether a payload is a JSON object that JSON can be written of, and not nested too deep."""
    try:
        _fingerprint(payload)
    except (RecursionError, TypeError, ValueError):
        return False
    return isinstance(payload, Mapping) and not _nests_too_deep(payload)


def _nests_too_deep(payload: object) -> bool:
    """Whether anything lies below _MAX_DEPTH levels: how deep JSON can be written differs between Pythons."""
    level = [payload]
    for _ in range(_MAX_DEPTH):
        level = [part for one in level for part in _parts(one)]
    return bool(level)


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, list | tuple) else ()


def _hopeless(outcome: Outcome, store: Records | None) -> bool:
    if store is None and any(problem.code == "undecided" for problem in outcome.problems):
        return True
    return any(problem.code in _HOPELESS and problem.severity == "error" for problem in outcome.problems)


def open_problems(outcome: Outcome) -> tuple[Problem, ...]:
    """The problems that stand against acceptance."""
    return tuple(one for one in outcome.problems if one.severity == "error" or one.code == "undecided")


def _best_first(search: _Search, first: _State) -> _State | None:
    order = count()
    # With many problems the shortest way can't be proved in time; a greedy one is made minimal at the end.
    greed = 1 if len(open_problems(first.outcome)) <= _FEW_PROBLEMS else 2
    waiting: list[tuple[int, int, int, int, _State]] = []
    seen = {_fingerprint(first.payload)}

    def put(state: _State) -> None:
        remaining = len({problem.path for problem in open_problems(state.outcome)})
        rank = sum(edit.rank for edit in state.edits)
        size = len(fold(state.edits))
        heappush(waiting, (size + greed * remaining, remaining, rank, next(order), state))

    put(first)
    while waiting:
        state = heappop(waiting)[-1]
        if state.accepted:
            return state
        for following in _following(search, state, seen):
            put(following)
            if search.exhausted:
                return min((one[-1] for one in waiting if one[-1].accepted), key=_size, default=None)
    return None


def _size(state: _State) -> tuple[int, int]:
    return len(fold(state.edits)), sum(edit.rank for edit in state.edits)


def _following(search: _Search, state: _State, seen: set[str]) -> Iterator[_State]:
    problems = open_problems(state.outcome)
    case = search.case(state.payload)
    for problem in problems if len(problems) <= _FEW_PROBLEMS else problems[:1]:
        for edits in candidates_for(case, problem):
            payload = apply_edits(state.payload, edits)
            if payload is MISSING or _fingerprint(payload) in seen:
                continue
            seen.add(_fingerprint(payload))
            yield _changed(search, state, problem, edits, payload)


def _changed(search: _Search, state: _State, problem: Problem, edits: Edits, payload: object) -> _State:
    cause = (problem.rule, problem.path)
    # A problem that an edit brought about is part of what that edit was for.
    for edit, earlier in zip(state.edits, state.causes, strict=True):
        if is_within(problem.path, edit.path):
            cause = earlier
    causes = (*state.causes, *(cause for _ in edits))
    return _State(payload, search.decide(payload), (*state.edits, *edits), causes)


def _fingerprint(payload: object) -> str:
    return json.dumps(payload, sort_keys=True, default=str)


def _minimal(search: _Search, first: _State, found: _State) -> Suggestion | None:
    """Leave out all without which the payload is accepted too, verify the rest and say it in words."""
    kept = list(zip(found.edits, found.causes, strict=True))
    for one in reversed(kept[:]):
        fewer = [other for other in kept if other is not one]
        if fewer and _accepts(search, first, fewer):
            kept = fewer
    for index in range(len(kept)):
        kept = _without_needless_parts(search, first, kept, index)
    edits = fold(edit for edit, _ in kept)
    final = apply_edits(first.payload, edits)
    if final is MISSING or not search.decide(final).accepted:
        return None
    text = join_words(edits)
    return Suggestion(in_order(first.payload, edits), text, dict(_fixes(first.outcome, kept, text)))


_Kept = list[tuple[Edit, Place]]


def _accepts(search: _Search, first: _State, kept: _Kept) -> bool:
    payload = apply_edits(first.payload, [edit for edit, _ in kept])
    return payload is not MISSING and search.decide(payload).accepted


def _without_needless_parts(search: _Search, first: _State, kept: _Kept, index: int) -> _Kept:
    """Leave out the parts of an added object that are not asked for."""
    edit, cause = kept[index]
    if not isinstance(edit.value, Mapping):
        return kept
    for name in edit.value:
        whole = cast("Mapping[str, object]", kept[index][0].value)
        less = replace(edit, value={key: part for key, part in whole.items() if key != name})
        fewer = [*kept[:index], (less, cause), *kept[index + 1 :]]
        if _accepts(search, first, fewer):
            kept = fewer
    return kept


def _fixes(outcome: Outcome, kept: _Kept, text: str) -> Iterator[tuple[Place, str]]:
    for problem in open_problems(outcome):
        place = (problem.rule, problem.path)
        own = fold(edit for edit, cause in kept if cause == place) or fold(
            edit for edit, _ in kept if problem.path in (edit.path, edit.origin)
        )
        yield place, join_words(own) if own else text
