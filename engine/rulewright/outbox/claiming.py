"""Taking messages to send: a deliverer leases them for a while, in one short transaction.

Several deliverers work on one store: a store has one writer at a time, so no message is leased twice.
What a deliverer leased when it was killed is taken over once the lease is over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal, cast

from rulewright.conflicts import despite_conflicts
from rulewright.outbox.clock import FARTHEST, LONGEST_LEASE, later, now_of, stamp
from rulewright.outbox.letters import AT_ONCE, MESSAGES, UNSETTLED, Letter, State, from_record
from rulewright.ports import Records, Store, StoredRecord, Transaction

_DUE_STATES: tuple[Literal["sending", "waiting"], ...] = ("sending", "waiting")


def is_due(store: Store) -> bool:
    """Whether there is anything to claim; asked without waiting for other writers."""
    now = now_of(store)
    return any(_due_time(store, state, now) is not None for state in _DUE_STATES)


def claim(store: Store, lease: str, seconds: float, limit: int) -> list[Letter]:
    """Lease up to `limit` messages that are due, oldest first, for so many seconds."""
    return despite_conflicts(lambda: _claim(store, lease, seconds, limit))


def _claim(store: Store, lease: str, seconds: float, limit: int) -> list[Letter]:
    with store.transaction() as transaction:
        now = now_of(store)
        until = _end_of_lease(now, seconds)
        claimed = []
        for letter in _due(transaction, now, limit):
            transaction.update(
                MESSAGES.resource, letter.id, {"state": "sending", "lease": lease, "due": until}
            )
            claimed.append(replace(letter, state="sending", lease=lease, due=until))
    return claimed


def claim_one(store: Store, letter_id: int, lease: str, seconds: float) -> Letter | None:
    """Lease one message, if it is due."""
    return despite_conflicts(lambda: _claim_one(store, letter_id, lease, seconds))


def _claim_one(store: Store, letter_id: int, lease: str, seconds: float) -> Letter | None:
    with store.transaction() as transaction:
        now = now_of(store)
        found = transaction.find(MESSAGES.resource, {"id": letter_id, "state": list(_DUE_STATES)}, 1)
        due = found[0].get("due") if found else None
        if not isinstance(due, str) or not _is_due(cast("State", found[0]["state"]), due, now):
            return None
        if _must_wait(found[0], transaction):
            transaction.update(MESSAGES.resource, letter_id, {"state": "waiting", "due": None})
            return None
        until = _end_of_lease(now, seconds)
        transaction.update(MESSAGES.resource, letter_id, {"state": "sending", "lease": lease, "due": until})
    return replace(from_record(found[0]), state="sending", lease=lease, due=until)


def release(store: Store, letter_id: int, leaser: str) -> None:
    """Give a message back whose lease, if it is still one of `leaser`'s, will not be honoured any more."""
    despite_conflicts(lambda: _release(store, letter_id, leaser))


def _release(store: Store, letter_id: int, leaser: str) -> None:
    with store.transaction() as transaction:
        for record in transaction.find(MESSAGES.resource, {"id": letter_id, "state": "sending"}):
            if str(record.get("lease")).startswith(f"{leaser}/"):
                _give_back(transaction, record)


def release_expired(store: Store) -> None:
    """Give back every message whose lease is over, and those that wait for a time that no clock set."""
    now = now_of(store)
    if _due_time(store, "sending", now) is None and _beyond(store, "waiting", now) is None:
        return
    despite_conflicts(lambda: _release_expired(store))


def _release_expired(store: Store) -> None:
    with store.transaction() as transaction:
        now = now_of(store)
        while (due := _due_time(transaction, "sending", now)) is not None:
            for record in transaction.find(MESSAGES.resource, {"state": "sending", "due": due}):
                _give_back(transaction, record)
        while (due := _beyond(transaction, "waiting", now)) is not None:
            for record in transaction.find(MESSAGES.resource, {"state": "waiting", "due": due}):
                _give_back(transaction, record)


def _give_back(transaction: Transaction, record: StoredRecord) -> None:
    values = {"state": "waiting", "lease": None, "due": AT_ONCE}
    transaction.update(MESSAGES.resource, record["id"], values)


def _due(transaction: Transaction, now: datetime, limit: int) -> Iterator[Letter]:
    """Yield what is due. Whoever takes it changes it, so that the next look finds the next."""
    left = limit
    for state in _DUE_STATES:
        while left and (due := _due_time(transaction, state, now)) is not None:
            for record in transaction.find(MESSAGES.resource, {"state": state, "due": due}, left):
                if _must_wait(record, transaction):
                    transaction.update(MESSAGES.resource, record["id"], {"state": "waiting", "due": None})
                    continue
                left -= 1
                yield from_record(record)


def _due_time(records: Records, state: State, now: datetime) -> str | None:
    """When messages in a state were due that are so by now; None where none are."""
    due = records.extreme(MESSAGES.resource, {"state": state}, "due", "min")
    return due if isinstance(due, str) and due <= stamp(now) else _beyond(records, state, now)


def _beyond(records: Records, state: State, now: datetime) -> str | None:
    """A time that lies farther ahead than any that is set: the clock was set back since."""
    due = records.extreme(MESSAGES.resource, {"state": state}, "due", "max")
    return due if isinstance(due, str) and due > later(now, FARTHEST[state]) else None


def _is_due(state: State, due: str, now: datetime) -> bool:
    return due <= stamp(now) or due > later(now, FARTHEST[state])


def _end_of_lease(now: datetime, seconds: float) -> str:
    return later(now, min(seconds, LONGEST_LEASE))


def _must_wait(record: StoredRecord, records: Records) -> bool:
    """Whether an earlier message of the same order is not settled yet."""
    order = record.get("order_key")
    if order is None:
        return False
    first = first_unsettled(order, records)
    return first is None or first["id"] != record["id"]


def first_unsettled(order: object, records: Records) -> StoredRecord | None:
    """The oldest message of an order that is waiting, being sent, or dead: none after it may go."""
    found = records.find(MESSAGES.resource, {"order_key": order, "state": list(UNSETTLED)}, 1)
    return found[0] if found else None


def release_next(transaction: Transaction, order: str | None) -> None:
    """Let the next message of an order go, if the one before it is settled."""
    if order is None:
        return
    first = first_unsettled(order, transaction)
    if first is not None and first["state"] == "waiting" and first.get("due") is None:
        transaction.update(MESSAGES.resource, first["id"], {"due": AT_ONCE})


def renew(store: Store, leases: Mapping[int, str], seconds: float) -> None:
    """Lengthen the leases, by message, of what is still being sent."""
    despite_conflicts(lambda: _renew(store, leases, seconds))


def _renew(store: Store, leases: Mapping[int, str], seconds: float) -> None:
    with store.transaction() as transaction:
        until = _end_of_lease(now_of(store), seconds)
        for record in transaction.find(MESSAGES.resource, {"id": list(leases), "state": "sending"}):
            if record.get("lease") == leases[cast("int", record["id"])]:
                transaction.update(MESSAGES.resource, record["id"], {"due": until})
