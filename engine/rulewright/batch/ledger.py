"""The accounts of a chunk: written out by msgspec, held back, and stored by the many when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import starmap
from typing import Any, Final

import msgspec

from rulewright.accounts import (
    Accounts,
    Changes,
    Reads,
    Touched,
    masked,
    rows_of,
    shown_payload,
    told_problem,
)
from rulewright.audit import DECISIONS, text_of_key
from rulewright.batch.buffer import Buffer
from rulewright.compiled import CompiledRules
from rulewright.evaluation import Inputs
from rulewright.outcome import Outcome
from rulewright.ports import StoredRecord, Transaction

# As `json` writes it, but for what msgspec has no words for: that is left to `json` as a whole.
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode


class _Read(msgspec.Struct, gc=False):
    lookup: str
    resource: str
    by: Any
    found: int


class _Change(msgspec.Struct, gc=False):
    op: str
    resource: str
    key: Any
    set: Any
    before: Any
    rule: str


class _Own(msgspec.Struct, gc=False):
    """What a decision does not share with those before it, in the order in which `Accounts` writes it."""

    key: Any
    payload: Any
    seed: int
    reads: Any
    changes: Any
    problems: Any
    messages: Any


class Ledger(Accounts):
    """Accounts whose rows wait until `close`; their numbers are given at once, in order."""

    def __init__(self, rules: CompiledRules, buffer: Buffer) -> None:
        super().__init__(rules)
        self._buffer = buffer
        self._next = buffer.last_in_sequence(DECISIONS.resource, DECISIONS.key, "") + 1
        self._rows: list[StoredRecord] = []
        self._owners: list[int] = []
        # Resources whose values may have to be masked.
        self._hiding = frozenset(name for name, one in rules.resources.items() if one.hiding)

    def close(self) -> None:
        """Hand the rows to the buffer."""
        self._buffer.insert_owned(DECISIONS.resource, self._rows, self._owners)
        self._rows, self._owners = [], []

    def keep_written(self, outcome: Outcome, inputs: Inputs, changes: Changes, reads: Reads) -> None:
        """As `keep`, of changes and reads as tuples in the order of their fields, the own record's first."""
        resource, key = outcome.resource, changes[0][2]
        text = self._text_of(outcome, inputs, key, changes, reads, ())
        if len(changes) > 1:
            self._hold(rows_of(text, resource, key, [(one[1], one[2]) for one in changes], self._next))
            return
        number = self._next
        self._next = number + 1
        own = text_of_key(key)
        self._rows.append(
            {"id": number, "decision": number, "resource": resource, "record": own, "detail": text}
        )
        self._owners.append(self._buffer.payload)

    def _write(
        self, text: str, resource: str, key: object, touched: Touched, transaction: Transaction
    ) -> None:
        self._hold(rows_of(text, resource, key, touched, self._next))

    def _hold(self, rows: Sequence[StoredRecord]) -> None:
        self._rows += rows
        self._owners += [self._buffer.payload] * len(rows)
        self._next += len(rows)

    def _text_of(
        self,
        outcome: Outcome,
        inputs: Inputs,
        key: object,
        changes: Changes,
        reads: Reads,
        messages: Sequence[Any],
    ) -> str:
        resource = self._rules.resources[outcome.resource]
        own = _Own(
            key,
            shown_payload(resource, inputs, self._rules),
            inputs.seed,
            self._reads(reads),
            [self._change(*one) for one in changes],
            [*map(told_problem, outcome.problems)] if outcome.problems else (),
            messages,
        )
        try:
            return self._shared(outcome, inputs) + _encode(own)[1:].decode()
        except (TypeError, ValueError, OverflowError, RecursionError):
            return super()._text_of(outcome, inputs, key, changes, reads, messages)

    def _reads(self, reads: Reads) -> Sequence[_Read]:
        hiding = self._hiding
        if not hiding or hiding.isdisjoint([one[1] for one in reads]):
            return [*starmap(_Read, reads)]
        rules = self._rules
        return [
            _Read(name, other, masked(rules, other, by) if other in hiding else by, found)
            for name, other, by, found in reads
        ]

    def _change(
        self, op: str, resource: str, key: object, values: Any, before: Any, rule: str, _: str
    ) -> _Change:
        if op == "create":
            values = {name: value for name, value in values.items() if value is not None}
        if resource in self._hiding:
            values = masked(self._rules, resource, values)
            before = None if before is None else masked(self._rules, resource, before)
        return _Change(op, resource, key, values, before, rule)
