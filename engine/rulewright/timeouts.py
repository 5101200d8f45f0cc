"""Timeouts: a record that was left in a state too long fires an event (`rulewright tick`).

Since when a record is in its state is kept beside it, in records of ENTRIES written in the same
transaction as the change of state; records that were imported without one never time out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from rulewright import cel
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation.stored_form import decode_record
from rulewright.fieldtypes import decode_datetime
from rulewright.formula import Formula
from rulewright.model import Timeout
from rulewright.outcome import Change, Outcome
from rulewright.ports import Column, Records, StoredRecord, Table, Transaction

ENTRIES: Final = Table(
    resource="rulewright/state_entry",
    key="id",
    columns=(
        Column("id", "text"),
        Column("resource", "text"),
        Column("key", "json"),
        Column("state", "text"),
        Column("since", "text"),
    ),
    indexes=(("resource", "state"),),
)


@dataclass(frozen=True, slots=True)
class Due:
    """A record whose time in its state is up. `id` is that of its entry."""

    resource: str
    key: object
    id: str
    timeout: Timeout

    @property
    def event(self) -> str:
        """What is to be fired on it."""
        return self.timeout.fire


def needs_entries(rules: CompiledRules) -> bool:
    """Whether any resource has timeouts."""
    return any(_has_timeouts(resource) for resource in rules.resources.values())


def keep_entries(outcome: Outcome, rules: CompiledRules, transaction: Transaction) -> None:
    """Keep since when the records that an outcome moves are in their states."""
    for change in outcome.changes:
        resource = rules.resources[change.resource]
        workflow = resource.workflow
        if workflow is None or not _has_timeouts(resource):
            continue
        if workflow.state_from is not None:
            _keep_worked_out(transaction, change, resource, workflow.state_from, outcome.as_of)
            continue
        state = change.set.get(workflow.rule.field or "")
        if state is not None:
            _keep(transaction, change, state, outcome.as_of)


def _keep_worked_out(
    transaction: Transaction, change: Change, resource: CompiledResource, state_from: Formula, since: str
) -> None:
    """Keep the state of a record that was written, where it is worked out: any change may move it."""
    stored = transaction.find(resource.name, {resource.key: change.key}, 1)
    try:
        state = state_from.value({"current": decode_record(resource.fields, stored[0])}) if stored else None
    except cel.CelError:
        # What can't be told is no state to be left in.
        return
    known = transaction.find(ENTRIES.resource, {"id": _id_of(change)}, 1)
    if isinstance(state, str) and not (known and known[0].get("state") == state):
        _keep(transaction, change, state, since)


def _id_of(change: Change) -> str:
    return f"{change.resource} {change.key}"


def _keep(transaction: Transaction, change: Change, state: object, since: str) -> None:
    entry: dict[str, object] = {
        "id": _id_of(change),
        "resource": change.resource,
        "key": [change.key],
        "state": state,
        "since": since,
    }
    if transaction.find(ENTRIES.resource, {"id": entry["id"]}, 1):
        transaction.update(ENTRIES.resource, entry["id"], entry)
    else:
        transaction.insert(ENTRIES.resource, entry)


def find_due(rules: CompiledRules, records: Records, now: datetime) -> Iterator[Due]:
    """Yield what is due at `now`, by resource, timeout and key."""
    for name in sorted(rules.resources):
        workflow = rules.resources[name].workflow
        for timeout in workflow.rule.timeouts if workflow is not None else ():
            for entry in records.find(ENTRIES.resource, {"resource": name, "state": timeout.state}):
                if _is_due(entry, timeout, now):
                    key = entry["key"]
                    yield Due(name, key[0] if isinstance(key, list) else key, str(entry["id"]), timeout)


def is_still_due(records: Records, due: Due, now: datetime) -> bool:
    """Whether the record that was found due is still in its state, and was not moved into it anew."""
    entries = records.find(ENTRIES.resource, {"id": due.id}, 1)
    return any(
        entry.get("state") == due.timeout.state and _is_due(entry, due.timeout, now) for entry in entries
    )


def count_anew(transaction: Transaction, due: Due, outcome: Outcome) -> None:
    """Let a record's time begin again, where its timeout left it in its state: a reminder does so."""
    transaction.update(ENTRIES.resource, due.id, {"since": outcome.as_of})


def _is_due(entry: StoredRecord, timeout: Timeout, now: datetime) -> bool:
    since = decode_datetime(entry.get("since"))
    return isinstance(since, datetime) and since + timedelta(seconds=timeout.after_seconds) <= now


def _has_timeouts(resource: CompiledResource) -> bool:
    return resource.workflow is not None and bool(resource.workflow.rule.timeouts)
