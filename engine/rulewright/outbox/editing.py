"""Looking after the outbox by hand: list, retry, drop."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from rulewright.conflicts import despite_conflicts
from rulewright.errors import AdapterError
from rulewright.outbox.claiming import release_next
from rulewright.outbox.letters import AT_ONCE, MESSAGES, STATES, Letter, State, from_record
from rulewright.ports import Records, Store, Transaction


def list_letters(
    records: Records,
    states: Collection[str] = STATES,
    target: str | None = None,
    limit: int | None = None,
) -> list[Letter]:
    """Return messages in these states, oldest first."""
    where: dict[str, object] = {} if set(states) == set(STATES) else {"state": list(states)}
    if target is not None:
        where["target"] = target
    return [from_record(record) for record in records.find(MESSAGES.resource, where, limit)]


def count_letters(records: Records) -> dict[State, int]:
    """How many messages are in each state."""
    return {state: records.count(MESSAGES.resource, {"state": state}) for state in STATES}


def find_letter(records: Records, letter_id: int) -> Letter:
    """Return one message. Raises AdapterError if there is none of that id."""
    found = records.find(MESSAGES.resource, {"id": letter_id}, 1)
    if not found:
        raise AdapterError(f"the outbox holds no message {letter_id}; `rulewright outbox list` names them")
    return from_record(found[0])


def retry(store: Store, ids: Sequence[int]) -> list[Letter]:
    """Send again, at once and with all attempts: dead, waiting and dropped messages.

    Returns them as they are now. Raises AdapterError, and changes nothing, where one is not there, has
    arrived, or is just being sent.
    """
    return _edited(store, ids, _retry)


def _edited(store: Store, ids: Sequence[int], edit: Callable[[Transaction, Letter], Letter]) -> list[Letter]:
    def transact() -> list[Letter]:
        with store.transaction() as transaction:
            return [edit(transaction, find_letter(transaction, one)) for one in ids]

    return despite_conflicts(transact)


def _retry(transaction: Transaction, letter: Letter) -> Letter:
    _require_idle(letter, "sent again")
    blocked = letter.state == "waiting" and letter.due is None
    values: dict[str, object] = {"state": "waiting", "attempts": 0, "lease": None}
    # One that waits for another of its order goes on waiting; claiming looks again in any case.
    transaction.update(MESSAGES.resource, letter.id, values | {"due": None if blocked else AT_ONCE})
    return find_letter(transaction, letter.id)


def drop(store: Store, ids: Sequence[int]) -> list[Letter]:
    """Never send these; what waits for them in an order goes on. They stay in the outbox, as dropped.

    Returns and raises as `retry`.
    """
    return _edited(store, ids, _drop)


def _drop(transaction: Transaction, letter: Letter) -> Letter:
    _require_idle(letter, "dropped")
    values: dict[str, object] = {"state": "dropped", "lease": None, "due": None}
    transaction.update(MESSAGES.resource, letter.id, values)
    release_next(transaction, letter.order_key)
    return find_letter(transaction, letter.id)


def _require_idle(letter: Letter, what: str) -> None:
    """Raise AdapterError for a message that has arrived, or is just being sent."""
    if letter.state in ("delivered", "sending"):
        told = "delivered" if letter.state == "delivered" else "being sent"
        raise AdapterError(f"message {letter.id} is {told}: it can't be {what}")
