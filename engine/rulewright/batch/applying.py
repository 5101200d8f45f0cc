"""The payloads of a chunk, carried out as if one after the other, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from math import inf
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from rulewright.batch.buffer import Buffer, Collision
from rulewright.batch.forecast import Forecast
from rulewright.compiled import CompiledRules
from rulewright.delivery import WRITE_ORDER, Receipt, store_outcome
from rulewright.evaluation import Inputs, find_resource
from rulewright.evaluation import decide as decide_plainly
from rulewright.history_writer import HistoryWriter
from rulewright.hotpath import decide, written_by
from rulewright.hotpath.deciding import WARM_UP, quick_for
from rulewright.outcome import Outcome
from rulewright.ports import Table, Transaction
from rulewright.timeouts import needs_entries

if TYPE_CHECKING:
    from rulewright.batch.chunk_history import ChunkHistory, Forms
    from rulewright.hotpath.accepting import Written

# Payloads in one transaction: what one flush to the disk pays for. Other writers wait while it is open.
CHUNK: Final = 1000

# After so many seconds a chunk ends, however few of its payloads are decided: on SQLite other writers give up
# after 30, and a refused write is done anew.
SECONDS: Final = 2.0

# A payload to be decided, or what was decided about it already (it could not be read).
Given = Inputs | Outcome
Carrier = Callable[[Inputs], Receipt]


class _Allowance:
    """The time that a chunk has, in seconds. Where the store refuses a write there is more, to do it anew."""

    __slots__ = ("_begun", "_end", "_seconds")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._begun = monotonic()
        self._end = self._begun + seconds

    def is_up(self) -> bool:
        """Whether the chunk is to end."""
        return monotonic() >= self._end

    def extend(self) -> None:
        """As much again for what was decided, and once more for the rounds that find who else is refused."""
        self._end = self._begun + 3 * self._seconds


class Applier:
    """Applies many payloads of one resource; the same outcomes and records as one after the other.

    What a chunk reads is read ahead by the many and kept, what it writes goes to the store by the many.
    Where the store refuses a write, the payloads before it are carried out again, then the guilty one by
    itself, and then the rest: so only that one is refused.
    """

    def __init__(
        self,
        rules: CompiledRules,
        resource: str,
        tables: Sequence[Table],
        *,
        audit: bool = True,
        forward: str | None = None,
    ) -> None:
        """`tables` are those the store was prepared for. Raises EvaluationError for an unknown resource."""
        self._rules = rules
        self._resource = resource
        self._audit = audit
        self._forward = forward
        # Then an outcome of the hot path is its changes, and no more.
        self._is_plain = forward is None and not needs_entries(rules)
        # Else a payload may name a record that is there already, which the generated code does not look for.
        own = find_resource(rules, resource)
        self._makes_keys = own.fields[own.key].rule.generate is not None
        self._tables = {table.resource: table for table in tables}
        self._forecast = Forecast(own, self._tables)

    @cached_property
    def _forms(self) -> Forms:
        from rulewright.batch.chunk_history import Forms  # noqa: PLC0415 - for many: msgspec takes its time

        return Forms(self._rules)

    def carry_out(
        self,
        given: Sequence[Given],
        transaction: Transaction,
        *,
        patience: int | None = None,
        seconds: float = inf,
    ) -> list[Receipt]:
        """Carry out a chunk, in order; a receipt for each payload.

        With `patience` no more is decided once so many were not accepted, with `seconds` once these are over:
        then there are fewer receipts, and at least one. Raises AdapterError where the store fails; then the
        transaction must be rolled back.
        """
        allowance = _Allowance(seconds)
        receipts: list[Receipt] = []
        spans = [(0, len(given))]
        while spans:
            start, end = spans.pop()
            left = None if patience is None else patience - _refused(receipts)
            if (left is not None and left <= 0) or (receipts and allowance.is_up()):
                break
            found: list[Receipt] = []
            try:
                self._at_once(given[start:end], transaction, left, allowance, found)
            except Collision as collision:
                if allowance.is_up():
                    # What was not reached is left for the next chunk.
                    end = min(end, start + max(len(found), (collision.payload or 0) + 1))
                    spans.clear()
                allowance.extend()
                spans += _parts(start, end, collision.payload)
                continue
            receipts += found
            if len(found) < end - start:
                break
        return receipts

    def _at_once(
        self,
        given: Sequence[Given],
        transaction: Transaction,
        patience: int | None,
        allowance: _Allowance,
        receipts: list[Receipt],
    ) -> None:
        """Carry out a part of a chunk, and add to `receipts`. Where it raises Collision nothing is stored."""
        if len(given) == 1:
            receipts.append(self._alone(given[0], transaction))
            return
        from rulewright.batch.chunk_history import ChunkHistory  # noqa: PLC0415 - for many: msgspec takes its time

        with transaction.savepoint():
            buffer = Buffer(transaction, self._tables)
            asked = [(one.key, one.payload) for one in given if isinstance(one, Inputs)]
            self._forecast.read(asked, buffer)
            refused = 0
            history = ChunkHistory(self._rules, buffer, self._forms)
            carry_out = self._carrier(given, buffer, history)
            for number, one in enumerate(given):
                buffer.payload = number
                receipt = carry_out(one) if isinstance(one, Inputs) else Receipt(one, stored=False)
                receipts.append(receipt)
                if not (receipt.stored or receipt.outcome.accepted):
                    refused += 1
                if (patience is not None and refused >= patience) or allowance.is_up():
                    break
            history.close()
            buffer.flush()

    def _alone(self, one: Given, transaction: Transaction) -> Receipt:
        if isinstance(one, Outcome):
            return Receipt(one, stored=False)
        outcome = decide(self._rules, self._resource, one, transaction)
        return self._stored(outcome, one, transaction, HistoryWriter(self._rules))

    def _carrier(self, given: Sequence[Given], buffer: Buffer, history: ChunkHistory) -> Carrier:
        """What carries out one payload of a chunk: by generated code, for the creates of most resources."""
        general = partial(self._decided, buffer, history)
        if len(given) <= WARM_UP or not self._makes_keys:
            return general
        quick = quick_for(self._rules, self._rules.resources[self._resource])
        if quick is None:
            return general
        # The generated code has these loaded.
        from rulewright.hotpath.accepting import written_of  # noqa: PLC0415
        from rulewright.hotpath.runtime.state import State  # noqa: PLC0415

        rules, own, judge, accepted = self._rules, quick.resource, quick.judge, quick.accepted
        is_plain = self._is_plain

        def created(one: Inputs) -> Receipt:
            if one.operation != "create" or one.trusted:
                return general(one)
            made = judge(one, buffer)
            if not isinstance(made, State):
                outcome = decide_plainly(rules, self._resource, one, buffer) if made is None else made
                return self._carried_out(outcome, one, buffer, history)
            written = written_of(own, made) if is_plain else None
            return self._kept(accepted(one, made), one, written, buffer, history)

        return created

    def _decided(self, buffer: Buffer, history: ChunkHistory, one: Inputs) -> Receipt:
        outcome = decide(self._rules, self._resource, one, buffer)
        return self._carried_out(outcome, one, buffer, history)

    def _carried_out(self, outcome: Outcome, one: Inputs, buffer: Buffer, history: ChunkHistory) -> Receipt:
        if outcome.verdict != "accepted":
            return Receipt(outcome, stored=False)
        written = written_by(outcome) if self._is_plain else None
        return self._kept(outcome, one, written, buffer, history)

    def _kept(
        self, outcome: Outcome, one: Inputs, written: Written | None, buffer: Buffer, history: ChunkHistory
    ) -> Receipt:
        """Keep what was accepted; without `written` the outcome itself tells what is to be written."""
        if written is None:
            return self._stored(outcome, one, buffer, history)
        changes, reads = written
        _write(changes, buffer)
        if self._audit:
            history.keep_written(outcome, one, changes, reads)
        return Receipt(outcome, stored=True)

    def _stored(
        self, outcome: Outcome, one: Inputs, transaction: Transaction, history: HistoryWriter
    ) -> Receipt:
        return store_outcome(
            self._rules,
            outcome,
            one,
            transaction,
            audit=self._audit,
            forward=self._forward,
            history=history,
        )


def _write(changes: Sequence[tuple[Any, ...]], buffer: Buffer) -> None:
    """Write changes, tuples of the fields of Change, in the order of `delivery.write_changes`."""
    if len(changes) > 1:
        changes = sorted(changes, key=_order_of)
        if changes[-1][-1] == "rest":
            changes = _made_first(changes)
    for op, resource, key, values, _, _, _ in changes:
        if op == "create":
            buffer.insert(resource, values)
        else:
            buffer.update(resource, key, values)


def _made_first(changes: Sequence[tuple[Any, ...]]) -> Sequence[tuple[Any, ...]]:
    """What the effects create goes before what they update of it then; it is in order otherwise."""
    made = {(one[1], one[2]) for one in changes if one[-1] == "rest"}
    late = [one for one in changes if one[0] == "update" and (one[1], one[2]) in made]
    return [*(one for one in changes if one not in late), *late] if late else changes


def _order_of(change: tuple[Any, ...]) -> int:
    return WRITE_ORDER[change[-1]]


def _refused(receipts: Sequence[Receipt]) -> int:
    return sum(not receipt.outcome.accepted for receipt in receipts)


def _parts(start: int, end: int, guilty: int | None) -> list[tuple[int, int]]:
    """Cut a chunk around the payload that the store refused, the first part last.

    What follows it is halved: so many refused ones cost the time of a few more rounds, not of one for each.
    """
    if guilty is None:
        middle = (start + end) // 2
        return [(first, last) for first, last in ((middle, end), (start, middle)) if first < last]
    place = start + guilty
    middle = (place + 1 + end) // 2
    parts = [(middle, end), (place + 1, middle), (place, place + 1), (start, place)]
    return [(first, last) for first, last in parts if first < last]
