"""Keeping what was decided and done, in the transaction that does it; history.py reads it again.

Values of sensitive fields are masked before they are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation import MASK, Inputs, Request, mask_payload, mask_record, mask_stored
from rulewright.evaluation.masking import secret_headers
from rulewright.fieldtypes import encode_datetime
from rulewright.history import DECISIONS, text_of_key
from rulewright.outcome import Change, Outcome
from rulewright.ports import Transaction
from rulewright.problem import Problem

# A read: which look-up, of what, by which values, and how many were found.
Reads = Sequence[tuple[str, str, Mapping[str, object], int]]
# Changes as tuples, in the order of the fields of Change.
Changes = Sequence[tuple[Any, ...]]
# Records that a decision changed, beside its own.
Touched = Sequence[tuple[str, object]]
# Made once: json.dumps would make one for each call.
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=str, ensure_ascii=False)
_ESCAPING: Final = json.JSONEncoder(separators=(",", ":"), default=str)


class HistoryWriter:
    """Keeps what was decided in one transaction. What all its decisions share is written out once."""

    def __init__(self, rules: CompiledRules) -> None:
        self._rules = rules
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
        """Keep an accepted outcome. `messages` are ids of the outbox."""
        changes = [_parts_of(one) for one in outcome.changes]
        sent = _sent(outcome, messages) if outcome.messages else []
        reads = [(one.lookup, one.resource, one.by, one.found) for one in outcome.reads]
        text = self._text_of(outcome, inputs, key, changes, reads, sent)
        touched = [(one[1], one[2]) for one in changes]
        self._write(text, outcome.resource, key, touched, transaction)

    def _write(
        self, text: str, resource: str, key: object, touched: Touched, transaction: Transaction
    ) -> None:
        first = transaction.last_in_sequence(DECISIONS.resource, DECISIONS.key, "") + 1
        for row in rows_of(text, resource, key, touched, first):
            transaction.insert(DECISIONS.resource, row)

    def _text_of(
        self,
        outcome: Outcome,
        inputs: Inputs,
        key: object,
        changes: Changes,
        reads: Reads,
        messages: Sequence[Mapping[str, object]],
    ) -> str:
        rules = self._rules
        own = {
            "key": key,
            "payload": shown_payload(rules.resources[outcome.resource], inputs, rules),
            "seed": inputs.seed,
            "reads": [
                {"lookup": name, "resource": other, "by": masked(rules, other, by), "found": found}
                for name, other, by, found in reads
            ],
            "changes": [_change(rules, *one) for one in changes],
            "problems": [*map(told_problem, outcome.problems)],
            "messages": messages,
        }
        return self._shared(outcome, inputs) + _text(own)[1:]

    def _shared(self, outcome: Outcome, inputs: Inputs) -> str:
        """The start of a decision's text: what it shares with those before it."""
        last = self._last
        if last is not None and _is_shared(last[0], inputs):
            return last[1]
        parts: dict[str, object] = {
            "at": self._at,
            "as_of": outcome.as_of,
            "actor": inputs.actor,
            "operation": outcome.operation,
            "request": _request(self._rules.resources[outcome.resource], inputs.request),
            "trusted": inputs.trusted,
            "ruleset": outcome.ruleset,
        }
        text = f"{_text(parts)[:-1]},"
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
    HistoryWriter(rules)._write(_text(detail), change.resource, change.key, (), transaction)


def _text(value: object) -> str:
    """Data as a batch writes it: without escapes, but where it holds what no store keeps as text."""
    text = _ENCODER.encode(value)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair.
        return _ESCAPING.encode(value)
    return text


def rows_of(text: str, resource: str, key: object, touched: Touched, first: int) -> list[dict[str, object]]:
    """The records of one decision: of its own record, which holds it, and of the others that it touched."""
    own = (resource, text_of_key(key))
    rows = [{"id": first, "decision": first, "resource": resource, "record": own[1], "detail": text}]
    told = {own}
    for name, other in touched:
        place = (name, text_of_key(other))
        if place not in told:
            told.add(place)
            rows.append(
                {
                    "id": first + len(rows),
                    "decision": first,
                    "resource": name,
                    "record": place[1],
                    "detail": None,
                }
            )
    return rows


def _now() -> str:
    return str(encode_datetime(datetime.now(UTC)))


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
    _stage: str,
) -> dict[str, object]:
    if op == "create":
        values = {name: value for name, value in values.items() if value is not None}
    return {
        "op": op,
        "resource": resource,
        "key": key,
        "set": masked(rules, resource, values),
        "before": None if before is None else masked(rules, resource, before),
        "rule": rule,
    }


def told_problem(problem: Problem) -> dict[str, object]:
    """A problem as it is kept."""
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


def masked(rules: CompiledRules, resource: str, values: Mapping[str, object]) -> dict[str, object]:
    """Values of a resource's fields, those that are sensitive masked."""
    found = rules.resources.get(resource)
    if found is not None and not found.hiding.keys().isdisjoint(values):
        return mask_stored(found, values)
    return values if values.__class__ is dict else dict(values)


def shown_payload(resource: CompiledResource, inputs: Inputs, rules: CompiledRules) -> object:
    """The payload, what is sensitive in it masked."""
    payload = inputs.payload
    if payload.__class__ is dict and not resource.hides and resource.workflow is None:
        return payload
    shown = mask_payload(resource.name, payload, rules)
    if isinstance(shown, Mapping) and resource.has_event(inputs.operation):
        return mask_record(resource.event_fields(inputs.operation), shown)
    return shown


def _request(resource: CompiledResource, request: Request) -> dict[str, object]:
    secret = secret_headers(resource)
    headers = {name: MASK if name.lower() in secret else value for name, value in request.headers.items()}
    return {"path": dict(request.path), "query": dict(request.query), "headers": headers}
