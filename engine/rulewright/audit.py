"""What was decided and done: every applied outcome is kept beside the records it changed.

A decision is one record of DECISIONS for each record that it changed, written in the same transaction; so
most cost one insert, and the history of a record is found by its key. Values of sensitive fields are masked
before they are kept. With the same rules, and the records as they were, a decision can be made again from
what is kept, as far as nothing it depended on was masked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, cast

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.errors import AdapterError
from rulewright.evaluation import MASK, Inputs, Request, mask_payload, mask_record, mask_stored
from rulewright.fieldtypes import encode_datetime
from rulewright.outcome import Change, Outcome
from rulewright.ports import Column, Records, Store, StoredRecord, Table, Transaction
from rulewright.problem import Problem

DECISIONS: Final = Table(
    resource="rulewright/decision",
    key="id",
    columns=(
        # One above the last: the order in which transactions ended, whatever clocks said.
        Column("id", "integer"),
        Column("decision", "integer"),
        Column("resource", "text"),
        Column("record", "text"),
        Column("detail", "text"),
    ),
    indexes=(("resource", "record"),),
)
# A read: which look-up, of what, by which values, and how many were found.
_Read = tuple[str, str, Mapping[str, object], int]
# Headers that say who somebody is in a way that others could repeat.
_SECRET_HEADERS: Final = frozenset(
    {"authorization", "authorize", "cookie", "proxy-authorization", "x-api-key"}
)
# Made once: json.dumps would make one for each call.
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=str)
# How many decisions are fetched by one question.
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One applied outcome. `at` is when it was stored, `as_of` the time by which it was decided.

    `reads`, `changes` and `problems` are JSON data in the shapes of an outcome.
    """

    id: int
    at: str
    as_of: str
    actor: Mapping[str, object] | None
    operation: str
    resource: str
    key: object
    payload: object = field(repr=False)
    request: Mapping[str, Mapping[str, object]] = field(repr=False)
    seed: int | None
    trusted: bool
    ruleset: str
    reads: tuple[Mapping[str, Any], ...] = field(repr=False)
    changes: tuple[Mapping[str, Any], ...] = field(repr=False)
    problems: tuple[Mapping[str, Any], ...]
    messages: tuple[Mapping[str, Any], ...]

    def changes_of(self, resource: str, key: object) -> tuple[Mapping[str, Any], ...]:
        """What it changed in one record."""
        return tuple(one for one in self.changes if one["resource"] == resource and one["key"] == key)


class Accounts:
    """Keeps what was decided in one transaction. What all its decisions share is written out once."""

    def __init__(self, rules: CompiledRules, encode: Callable[[object], str] | None = None) -> None:
        """`encode`: a quicker way to the same JSON data than the standard library's."""
        self._rules = rules
        self._encode = encode or _ENCODER.encode
        self._at = _now()
        self._last: tuple[Inputs, str] | None = None

    def keep(
        self,
        outcome: Outcome,
        inputs: Inputs,
        key: object,
        transaction: Transaction,
        messages: Iterable[int] = (),
    ) -> None:
        """Keep an accepted outcome, its sensitive values masked. `messages` are ids of the outbox."""
        changes = [_parts_of(one) for one in outcome.changes]
        sent = _sent(outcome, messages) if outcome.messages else []
        reads = [(one.lookup, one.resource, one.by, one.found) for one in outcome.reads]
        text = self._text_of(outcome, inputs, key, changes, reads, sent)
        _keep(text, outcome.resource, key, [(one[1], one[2]) for one in changes], transaction)

    def keep_written(
        self,
        outcome: Outcome,
        inputs: Inputs,
        changes: Sequence[tuple[Any, ...]],
        reads: Sequence[_Read],
        transaction: Transaction,
    ) -> None:
        """As `keep`, of changes and reads as tuples in the order of their fields, the own record's first."""
        key = changes[0][2]
        text = self._text_of(outcome, inputs, key, changes, reads, [])
        touched = [(one[1], one[2]) for one in changes] if len(changes) > 1 else ()
        _keep(text, outcome.resource, key, touched, transaction)

    def _text_of(
        self,
        outcome: Outcome,
        inputs: Inputs,
        key: object,
        changes: Sequence[tuple[Any, ...]],
        reads: Sequence[_Read],
        messages: Sequence[Mapping[str, object]],
    ) -> str:
        rules = self._rules
        resource = rules.resources[outcome.resource]
        own = {
            "key": key,
            "payload": _payload(resource, inputs, rules),
            "seed": inputs.seed,
            "reads": [
                {"lookup": name, "resource": other, "by": _masked(rules, other, by), "found": found}
                for name, other, by, found in reads
            ],
            "changes": [_change(rules, *one) for one in changes],
            "problems": [*map(_problem, outcome.problems)] if outcome.problems else [],
            "messages": messages,
        }
        return f"{self._shared(outcome, inputs, resource)},{self._encode(own)[1:]}"

    def _shared(self, outcome: Outcome, inputs: Inputs, resource: CompiledResource) -> str:
        last = self._last
        if last is not None and _is_shared(last[0], inputs):
            return last[1]
        parts: dict[str, object] = {
            "at": self._at,
            "as_of": outcome.as_of,
            "actor": inputs.actor,
            "operation": outcome.operation,
            "request": _request(resource, inputs.request),
            "trusted": inputs.trusted,
            "ruleset": outcome.ruleset,
        }
        text = self._encode(parts)[:-1]
        self._last = (inputs, text)
        return text


def _is_shared(one: Inputs, other: Inputs) -> bool:
    """Whether two decisions of one resource share the caller, the time and the call."""
    return (
        one.now is other.now
        and one.actor is other.actor
        and one.request is other.request
        and one.operation == other.operation
        and one.trusted is other.trusted
    )


def keep_write_back(change: Change, rules: CompiledRules, transaction: Transaction) -> None:
    """Keep what the reply to a message changed in the record that it was about."""
    detail: dict[str, object] = {
        "at": _now(),
        "as_of": _now(),
        "actor": None,
        "operation": "write_back",
        "key": change.key,
        "trusted": True,
        "ruleset": rules.digest,
        "changes": [_change(rules, *_parts_of(replace(change, before=change.before or {})))],
    }
    _keep(_ENCODER.encode(detail), change.resource, change.key, (), transaction)


def _keep(
    text: str,
    resource: str,
    key: object,
    touched: Sequence[tuple[str, object]],
    transaction: Transaction,
) -> None:
    """Keep a decision about a record; of the others that it touched, that it did."""
    first = transaction.last_in_sequence(DECISIONS.resource, DECISIONS.key, "") + 1
    own = _text(key)
    if not touched:
        record = {"id": first, "decision": first, "resource": resource, "record": own, "detail": text}
        transaction.insert(DECISIONS.resource, record)
        return
    rows: dict[tuple[str, str], str | None] = {(resource, own): text}
    for name, other in touched:
        rows.setdefault((name, _text(other)), None)
    for number, ((name, kept), detail) in enumerate(rows.items(), first):
        transaction.insert(
            DECISIONS.resource,
            {"id": number, "decision": first, "resource": name, "record": kept, "detail": detail},
        )


def _now() -> str:
    return str(encode_datetime(datetime.now(UTC)))


def _text(key: object) -> str:
    """A key as text that tells 7 from "7"."""
    return str(key) if key.__class__ is int else _ENCODER.encode(key)


def _parts_of(change: Change) -> tuple[Any, ...]:
    return (
        change.op,
        change.resource,
        change.key,
        change.set,
        change.before,
        change.rule,
        change.stage,
    )


def _change(
    rules: CompiledRules,
    op: str,
    resource: str,
    key: object,
    values: Mapping[str, object],
    before: Mapping[str, object] | None,
    rule: str,
    stage: str,
) -> dict[str, object]:
    if op == "create":
        values = {name: value for name, value in values.items() if value is not None}
    return {
        "op": op,
        "resource": resource,
        "key": key,
        "set": _masked(rules, resource, values),
        "before": None if before is None else _masked(rules, resource, before),
        "rule": rule,
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {
        "rule": problem.rule,
        "code": problem.code,
        "severity": problem.severity,
        "path": problem.path,
        "message": problem.message,
    }


def _sent(outcome: Outcome, messages: Iterable[int]) -> list[dict[str, object]]:
    return [
        {"id": number, "target": one.target, "idempotency_key": one.idempotency_key}
        for number, one in zip(messages, outcome.messages, strict=False)
    ]


def _masked(rules: CompiledRules, resource: str, values: Mapping[str, object]) -> dict[str, object]:
    found = rules.resources.get(resource)
    if found is not None and not found.hiding.keys().isdisjoint(values):
        return mask_stored(found, values)
    return values if values.__class__ is dict else dict(values)


def _payload(resource: CompiledResource, inputs: Inputs, rules: CompiledRules) -> object:
    payload = inputs.payload
    if payload.__class__ is dict and not resource.hides and resource.workflow is None:
        return payload
    masked = mask_payload(resource.name, payload, rules)
    if isinstance(masked, Mapping) and resource.has_event(inputs.operation):
        return mask_record(resource.event_fields(inputs.operation), masked)
    return masked


def _request(resource: CompiledResource, request: Request) -> dict[str, object]:
    auth = resource.api.auth if resource.api is not None else None
    secret = _SECRET_HEADERS
    if auth is not None:
        secret |= {name.lower() for name in (auth.header or "", *auth.also)}
    headers = {name: MASK if name.lower() in secret else value for name, value in request.headers.items()}
    return {"path": dict(request.path), "query": dict(request.query), "headers": headers}


def history(records: Records, resource: str, key: object) -> list[Decision]:
    """Return what was done to a record, oldest first: by its own operations and by effects of others."""
    found = records.find(DECISIONS.resource, {"resource": resource, "record": _text(key)})
    ids = sorted({number for one in found if isinstance(number := one["decision"], int)})
    return [
        decision
        for start in range(0, len(ids), _AT_ONCE)
        for decision in _fetch(records, ids[start : start + _AT_ONCE])
    ]


def find_decision(records: Records, number: object) -> Decision | None:
    """Return one decision. Raises AdapterError where it is damaged."""
    return next(iter(_fetch(records, [number])), None)


def decisions_of(records: Records) -> Iterator[Decision]:
    """Yield every decision that is kept, oldest first. Raises AdapterError at a damaged one."""
    first = records.extreme(DECISIONS.resource, {}, "id", "min")
    end = records.last_in_sequence(DECISIONS.resource, DECISIONS.key, "") + 1
    for start in range(first if isinstance(first, int) else end, end, _AT_ONCE):
        yield from _fetch(records, range(start, min(start + _AT_ONCE, end)))


def prune_history(store: Store, before: datetime) -> int:
    """Remove the decisions that were stored before a time, oldest first; return how many.

    It ends at the first one that is younger, and the newest stays whatever its age, so that no number is
    given twice. Each transaction is short, and what was removed when this is interrupted stays removed.
    """
    first = store.extreme(DECISIONS.resource, {}, "id", "min")
    newest = store.find(DECISIONS.resource, {"id": store.last_in_sequence(DECISIONS.resource, "id", "")}, 1)
    if not isinstance(first, int) or not newest:
        return 0
    # One decision has several rows, the first of which holds it.
    end, pruned = cast("int", newest[0]["decision"]), 0
    for start in range(first, end, _AT_ONCE):
        rows = store.find(DECISIONS.resource, {"id": list(range(start, min(start + _AT_ONCE, end)))})
        young = next((place for place, row in enumerate(rows) if _is_since(row, before)), len(rows))
        with store.transaction() as transaction:
            transaction.delete(DECISIONS.resource, {"id": [row["id"] for row in rows[:young]]})
        pruned += sum(row.get("detail") is not None for row in rows[:young])
        if young < len(rows):
            break
    return pruned


def _is_since(row: StoredRecord, moment: datetime) -> bool:
    return row.get("detail") is not None and datetime.fromisoformat(_decision(row).at) >= moment


def _fetch(records: Records, ids: Iterable[object]) -> list[Decision]:
    rows = records.find(DECISIONS.resource, {"id": list(ids)})
    return [_decision(row) for row in rows if row.get("detail") is not None]


def _decision(row: Mapping[str, Any]) -> Decision:
    """Read what was kept. Raises AdapterError where somebody damaged it."""
    try:
        return _read_decision(row, json.loads(row["detail"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # What is wrong stays out: it may be anything.
        raise AdapterError(
            f"decision {row['id']} in the history of {row['resource']} {row['record']} is damaged: restore "
            "its row of the table rulewright_decision from a copy, or delete it"
        ) from None


def _read_decision(row: Mapping[str, Any], detail: Mapping[str, Any]) -> Decision:
    return Decision(
        id=row["id"],
        at=_time(detail["at"]),
        as_of=_time(detail["as_of"]),
        actor=detail["actor"],
        operation=detail["operation"],
        resource=row["resource"],
        key=detail["key"],
        payload=detail.get("payload"),
        request=detail.get("request", {}),
        seed=detail.get("seed"),
        trusted=detail["trusted"],
        ruleset=detail["ruleset"],
        reads=_entries(detail, "reads", "lookup", "resource", "by", "found"),
        changes=_entries(detail, "changes", "op", "resource", "key", "set", "before", "rule"),
        problems=_entries(detail, "problems", "rule", "code", "severity", "path", "message"),
        messages=_entries(detail, "messages", "id", "target", "idempotency_key"),
    )


def _time(text: str) -> str:
    """The text of a time. Raises ValueError or TypeError for any other."""
    datetime.fromisoformat(text)
    return text


def _entries(detail: Mapping[str, Any], name: str, *keys: str) -> tuple[Mapping[str, Any], ...]:
    """The entries of a list, each of which has these keys at least. Raises KeyError or TypeError."""
    found: list[Mapping[str, Any]] = detail.get(name, [])
    for entry in found:
        for key in keys:
            entry[key]
    return tuple(found)


def inputs_of(decision: Decision) -> Inputs:
    """What a kept decision depended on, besides rules and records: to make it again."""
    return Inputs(
        operation=decision.operation,
        payload=decision.payload,
        key=None if decision.operation == "create" else decision.key,
        actor=decision.actor,
        request=Request(**decision.request),
        now=datetime.fromisoformat(decision.as_of),
        seed=decision.seed or 0,
        trusted=decision.trusted,
    )
