"""Forgetting messages that nobody needs any more: those settled long ago."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from rulewright.conflicts import despite_conflicts
from rulewright.outbox.claiming import release_next
from rulewright.outbox.clock import stamp
from rulewright.outbox.letters import MESSAGES, Letter, State, from_record
from rulewright.ports import Store

# What was settled for good. A dead message is pruned only where that is asked for.
SETTLED: Final[tuple[State, ...]] = ("delivered", "dropped")
PRUNABLE: Final[tuple[State, ...]] = (*SETTLED, "dead")
# How many ids are looked at, and removed, by one short transaction.
_CHUNK: Final = 500


def prune(store: Store, before: datetime, states: Collection[State] = SETTLED) -> Counter[str]:
    """Remove messages in these states that were last tried, or else made, before a time. Count them by state.

    The newest message stays whatever its age, so that no id is ever given twice. Each transaction is
    short, and what was removed when this is interrupted stays removed. Raises ValueError for a state in which
    a message may still be sent.
    """
    if unsettled := set(states) - set(PRUNABLE):
        raise ValueError(f"messages that are {', '.join(sorted(unsettled))} are never pruned")
    pruned: Counter[str] = Counter()
    first = store.extreme(MESSAGES.resource, {"state": list(states)}, "id", "min")
    if not isinstance(first, int):
        return pruned
    moment = stamp(before)
    for start in range(first, store.last_in_sequence(MESSAGES.resource, MESSAGES.key, ""), _CHUNK):
        last = store.last_in_sequence(MESSAGES.resource, MESSAGES.key, "")
        ids = list(range(start, min(start + _CHUNK, last)))
        letters = [
            from_record(record)
            for record in store.find(MESSAGES.resource, {"id": ids, "state": list(states)})
        ]
        pruned += _remove(store, [letter for letter in letters if _last_change(letter) < moment], states)
        if any(letter.created >= moment for letter in letters):
            # Those that follow were made later still.
            break
    return pruned


def _last_change(letter: Letter) -> str:
    return max(letter.created, letter.last_attempt or "")


def _remove(store: Store, letters: Sequence[Letter], states: Collection[State]) -> Counter[str]:
    return despite_conflicts(lambda: _remove_once(store, letters, states)) if letters else Counter()


def _remove_once(store: Store, letters: Sequence[Letter], states: Collection[State]) -> Counter[str]:
    removed: Counter[str] = Counter()
    with store.transaction() as transaction:
        for state in states:
            # Somebody may have decided otherwise about one since it was looked at.
            ids = [letter.id for letter in letters if letter.state == state]
            removed[state] = transaction.delete(MESSAGES.resource, {"id": ids, "state": state})
        for order in {letter.order_key for letter in letters if letter.state == "dead"}:
            release_next(transaction, order)
    return +removed
