"""What was decided and done: every applied outcome is kept beside the records that it changed.

`history_writer` keeps them. A decision is one record of DECISIONS for each record that it changed, written in
the same transaction; so most cost one insert, and the history of a record is found by its key. Values of
sensitive fields are masked before they are kept. With the same rules, and the records as they were, a
decision can be made again from what is kept, as far as nothing it depended on was masked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final, cast

from rulewright.conflicts import despite_conflicts
from rulewright.errors import AdapterError
from rulewright.evaluation import Inputs, Request
from rulewright.ports import Column, Records, Store, StoredRecord, Table

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
# Made once: json.dumps would make one for each call.
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), default=str)
# How many decisions are fetched by one question.
_CHUNK: Final = 200


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


def text_of_key(key: object) -> str:
    """A key as text that tells 7 from "7"."""
    return str(key) if key.__class__ is int else _ENCODER.encode(key)


def history_of(records: Records, resource: str, key: object) -> list[Decision]:
    """Return what was done to a record, oldest first: by its own operations and by effects of others."""
    found = records.find(DECISIONS.resource, {"resource": resource, "record": text_of_key(key)})
    ids = sorted({number for one in found if isinstance(number := one["decision"], int)})
    return [
        decision
        for start in range(0, len(ids), _CHUNK)
        for decision in _fetch(records, ids[start : start + _CHUNK])
    ]


def find_decision(records: Records, number: object) -> Decision | None:
    """Return one decision. Raises AdapterError where it is damaged."""
    return next(iter(_fetch(records, [number])), None)


def decisions_of(records: Records) -> Iterator[Decision]:
    """Yield every decision that is kept, oldest first. Raises AdapterError at a damaged one."""
    first = records.extreme(DECISIONS.resource, {}, "id", "min")
    end = records.last_in_sequence(DECISIONS.resource, DECISIONS.key, "") + 1
    for start in range(first if isinstance(first, int) else end, end, _CHUNK):
        yield from _fetch(records, range(start, min(start + _CHUNK, end)))


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
    for start in range(first, end, _CHUNK):
        rows = store.find(DECISIONS.resource, {"id": list(range(start, min(start + _CHUNK, end)))})
        young = next((place for place, row in enumerate(rows) if _is_since(row, before)), len(rows))
        despite_conflicts(partial(_remove, store, [row["id"] for row in rows[:young]]))
        pruned += sum(row.get("detail") is not None for row in rows[:young])
        if young < len(rows):
            break
    return pruned


def _remove(store: Store, ids: list[object]) -> None:
    with store.transaction() as transaction:
        transaction.delete(DECISIONS.resource, {"id": ids})


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
