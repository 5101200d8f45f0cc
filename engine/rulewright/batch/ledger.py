"""The accounts of a chunk: written out by msgspec, held back, and stored by the many when it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import starmap
from typing import Any, Final

import msgspec

from rulewright.accounts import (
    Accounts,
    Changes,
    Reads,
    Touched,
    rows_of,
    shown_payload,
    told_problem,
)
from rulewright.audit import DECISIONS, text_of_key
from rulewright.batch.buffer import Buffer
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.delivery import own_key
from rulewright.evaluation import MASK, Inputs, mask_stored
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
        # The number of the next row; 0 until one is kept.
        self._next = 0
        self._rows: list[StoredRecord] = []
        self._owners: list[int] = []
        self._masks = {name: mask_of(one) for name, one in rules.resources.items() if one.hides}

    def close(self) -> None:
        """Hand the rows to the buffer."""
        self._buffer.insert_owned(DECISIONS.resource, self._rows, self._owners)
        self._rows, self._owners = [], []

    def keep_written(self, outcome: Outcome, inputs: Inputs, changes: Changes, reads: Reads) -> None:
        """As `keep`, of changes and reads as tuples in the order of their fields.

        The own record's is the first; an update that leaves it as it is has none.
        """
        resource = outcome.resource
        is_own = bool(changes) and changes[0][-1] == "own"
        key = changes[0][2] if is_own else own_key(outcome, self._rules)
        text = self._text_of(outcome, inputs, key, changes, reads, ())
        number = self._next or self._first()
        own = str(key) if key.__class__ is int else text_of_key(key)
        row = {"id": number, "decision": number, "resource": resource, "record": own, "detail": text}
        if len(changes) == int(is_own):
            self._next = number + 1
            self._rows.append(row)
            self._owners.append(self._buffer.payload)
        else:
            touched = [(one[1], one[2]) for one in changes]
            self._hold(rows_of(text, resource, key, touched, number))

    def _write(
        self, text: str, resource: str, key: object, touched: Touched, transaction: Transaction
    ) -> None:
        self._hold(rows_of(text, resource, key, touched, self._next or self._first()))

    def _first(self) -> int:
        self._next = self._buffer.last_in_sequence(DECISIONS.resource, DECISIONS.key, "") + 1
        return self._next

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
        masks = self._masks
        name, payload = outcome.resource, inputs.payload
        resource = self._rules.resources[name]
        if payload.__class__ is not dict or resource.workflow is not None:
            payload = shown_payload(resource, inputs, self._rules)
        elif name in masks:
            payload = masks[name]({**payload})
        own = _Own(
            key,
            payload,
            inputs.seed,
            self._reads(reads) if masks else [*starmap(_Read, reads)],
            [self._change(*one) for one in changes],
            [*map(told_problem, outcome.problems)] if outcome.problems else (),
            messages,
        )
        try:
            return self._shared(outcome, inputs) + _encode(own)[1:].decode()
        except (TypeError, ValueError, OverflowError, RecursionError):
            return super()._text_of(outcome, inputs, key, changes, reads, messages)

    def _reads(self, reads: Reads) -> Sequence[_Read]:
        masks = self._masks
        return [
            _Read(name, other, masks[other]({**by}) if other in masks else by, found)
            for name, other, by, found in reads
        ]

    def _change(
        self, op: str, resource: str, key: object, values: Any, before: Any, rule: str, _: str
    ) -> _Change:
        if op == "create":
            values = {name: value for name, value in values.items() if value is not None}
        mask = self._masks.get(resource)
        if mask is not None:
            values = mask(values if op == "create" else {**values})
            before = None if before is None else mask({**before})
        return _Change(op, resource, key, values, before, rule)


def mask_of(resource: CompiledResource) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What masks the sensitive values in a copy of some fields of a resource."""
    if not all(one.rule.sensitive for one in resource.hiding.values()):
        return partial(mask_stored, resource)
    names = [*resource.hiding]

    def mask(values: dict[str, Any]) -> dict[str, Any]:
        for name in names:
            if values.get(name) is not None:
                values[name] = MASK
        return values

    return mask
