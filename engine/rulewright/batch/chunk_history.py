"""The history of a chunk: written out by msgspec, held back, and stored by the many when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import starmap
from typing import Any, Final

import msgspec

from rulewright.batch.buffer import Buffer
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.delivery import own_key
from rulewright.evaluation import MASK, Inputs, mask_stored
from rulewright.history import DECISIONS, text_of_key
from rulewright.history_writer import (
    Changes,
    HistoryWriter,
    Reads,
    Touched,
    rows_of,
    shown_payload,
    told_problem,
)
from rulewright.outcome import Outcome
from rulewright.ports import StoredRecord, Transaction

# As `json` writes it, but for what msgspec has no words for: that is left to `json` as a whole.
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
_Mask = Callable[[dict[str, Any]], dict[str, Any]]


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
    """What a decision does not share with those before it, in the order of `HistoryWriter`."""

    key: Any
    payload: Any
    seed: int
    reads: Any
    changes: Any
    problems: Any
    messages: Any


class Forms:
    """What all chunks are written by: how values are masked, and new records without nulls."""

    def __init__(self, rules: CompiledRules) -> None:
        self.masks: Mapping[str, _Mask] = {
            name: mask_of(one) for name, one in rules.resources.items() if one.hides
        }
        # Resources whose payloads are kept as they were sent, but for what is masked.
        self.plain: frozenset[str] = frozenset(
            name for name, one in rules.resources.items() if one.workflow is None
        )
        self._made: dict[tuple[str, ...], Callable[..., msgspec.Struct]] = {}

    def without_nulls(self, values: Mapping[str, Any]) -> msgspec.Struct:
        """Values as something that is written without those that are null, faster than they are taken out."""
        names = tuple(values)
        make = self._made.get(names)
        if make is None:
            make = self._made[names] = _form_of(names)
        return make(*values.values())


def _form_of(names: Sequence[str]) -> type[msgspec.Struct]:
    # Names of fields may be words of Python.
    places = {f"f{place}": name for place, name in enumerate(names)}
    fields = [(place, Any, None) for place in places]
    return msgspec.defstruct("Form", fields, rename=places, omit_defaults=True, gc=False)


class ChunkHistory(HistoryWriter):
    """Keeps rows until `close`; their numbers are given at once, in order."""

    def __init__(self, rules: CompiledRules, buffer: Buffer, forms: Forms) -> None:
        super().__init__(rules)
        self._buffer = buffer
        # The number of the next row; 0 until one is kept.
        self._next = 0
        self._rows: list[StoredRecord] = []
        self._owners: list[int] = []
        # What is not written out yet, with the payload that it belongs to.
        self._waiting: list[tuple[int, Outcome, Inputs, Changes, Reads]] = []
        self._forms = forms
        self._masks = forms.masks

    def close(self) -> None:
        """Hand the rows to the buffer."""
        self._write_out()
        self._buffer.insert_owned(DECISIONS.resource, self._rows, self._owners)
        self._rows, self._owners = [], []

    def keep_written(self, outcome: Outcome, inputs: Inputs, changes: Changes, reads: Reads) -> None:
        """As `keep`, of changes and reads as tuples in the order of their fields.

        The own record's is the first; an update that leaves it as it is has none. It is written out later.
        """
        self._waiting.append((self._buffer.payload, outcome, inputs, changes, reads))

    def _write_out(self) -> None:
        """Make the rows of what waits, in one go."""
        waiting, self._waiting = self._waiting, []
        number = (self._next or self._first()) if waiting else 0
        rows, owners, text_of = self._rows, self._owners, self._text_of
        for owner, outcome, inputs, changes, reads in waiting:
            resource = outcome.resource
            is_own = bool(changes) and changes[0][-1] == "own"
            key = changes[0][2] if is_own else own_key(outcome, self._rules)
            text = text_of(outcome, inputs, key, changes, reads, ())
            if len(changes) == is_own:
                own = str(key) if key.__class__ is int else text_of_key(key)
                row = {"id": number, "decision": number, "resource": resource, "record": own, "detail": text}
                rows.append(row)
                owners.append(owner)
                number += 1
            else:
                touched = [(one[1], one[2]) for one in changes[is_own:]]
                made = rows_of(text, resource, key, touched, number)
                rows += made
                owners += [owner] * len(made)
                number += len(made)
        self._next = number or self._next

    def _write(
        self, text: str, resource: str, key: object, touched: Touched, transaction: Transaction
    ) -> None:
        self._write_out()
        rows = rows_of(text, resource, key, touched, self._next or self._first())
        self._rows += rows
        self._owners += [self._buffer.payload] * len(rows)
        self._next += len(rows)

    def _first(self) -> int:
        self._next = self._buffer.last_in_sequence(DECISIONS.resource, DECISIONS.key, "") + 1
        return self._next

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
        if payload.__class__ is not dict or name not in self._forms.plain:
            payload = shown_payload(self._rules.resources[name], inputs, self._rules)
        elif name in masks:
            payload = masks[name]({**payload})
        problems = outcome.problems
        own = _Own(
            key,
            payload,
            inputs.seed,
            self._reads(reads) if masks else [*starmap(_Read, reads)],
            [*starmap(self._change, changes)],
            [*map(told_problem, problems)] if problems else (),
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
        mask = self._masks.get(resource)
        if mask is not None:
            values = mask({**values})
            before = None if before is None else mask({**before})
        if op == "create":
            values = self._forms.without_nulls(values)
        return _Change(op, resource, key, values, before, rule)


def mask_of(resource: CompiledResource) -> _Mask:
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
