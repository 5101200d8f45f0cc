"""Firing the events of timeouts: each in its own transaction, and only where it is due there still."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime

from rulewright.compiled import CompiledRules
from rulewright.delivery import Receipt, carry_out, in_own_transaction
from rulewright.evaluation import Inputs
from rulewright.ports import Store
from rulewright.timeouts import Due, count_anew, find_due, is_still_due, needs_entries


def fire_due(rules: CompiledRules, store: Store, now: datetime, *, audit: bool) -> Iterator[Receipt]:
    """Yield what came of each timeout that is due at `now`, after it is kept.

    Between looking and firing a record may be moved, by another caller, another tick, or a reaction to what
    this one fired: then it was not left in its state, and nothing is fired. Raises AdapterError.
    """
    if not needs_entries(rules):
        return
    for due in [*find_due(rules, store, now)]:
        receipt = _fire(rules, store, due, now, audit=audit)
        if receipt is not None:
            yield receipt


def _fire(rules: CompiledRules, store: Store, due: Due, now: datetime, *, audit: bool) -> Receipt | None:
    seed = int.from_bytes(os.urandom(8))
    inputs = Inputs(operation=due.event, payload={}, now=now, seed=seed, key=due.key, trusted=True)

    def transact() -> Receipt | None:
        with store.transaction() as transaction:
            if not is_still_due(transaction, due, now):
                return None
            receipt = carry_out(rules, due.resource, inputs, transaction, audit=audit)
            if receipt.stored and is_still_due(transaction, due, now):
                count_anew(transaction, due, receipt.outcome)
            return receipt

    return in_own_transaction(rules, due.resource, inputs, store, transact)
