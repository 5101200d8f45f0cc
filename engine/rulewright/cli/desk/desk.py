"""Everything that a command needs to decide payloads of one resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import click
from msgspec import Struct

from rulewright.arguments import instant
from rulewright.compiled import CompiledField
from rulewright.evaluation import Inputs, Request
from rulewright.fieldtypes import encode_datetime
from rulewright.hotpath import decide
from rulewright.inputs import Broken, Item, Payload, Source, read_items
from rulewright.outcome import Outcome
from rulewright.ports import Records
from rulewright.problem import Problem
from rulewright.program import Program
from rulewright.report.text import show_text

# A payload, or what stands in its place, and what was decided about it.
Decided = tuple[Item, Outcome]


class Desk(Struct, frozen=True):
    """Decides payloads of one resource for one caller."""

    program: Program
    resource: str
    operation: str
    key: object
    actor: Mapping[str, object] | None
    request: Request
    as_of: datetime | str | None
    seed: int | None
    # The field of each payload that names its record, instead of one `key` for all.
    key_field: str | None = None

    @property
    def fields(self) -> Mapping[str, CompiledField]:
        """The fields that payloads may hold."""
        return self.program.compiled.resources[self.resource].fields

    def read(self, source: Source, *, is_only: bool) -> Iterator[Item]:
        """The payloads of one input, in order. Headers that name no field are told once, on stderr.

        Raises PayloadError where it can't be read.
        """
        return read_items(source, self.fields, is_only=is_only, tell=_warn)

    def inputs(self, payload: object, number: int) -> Inputs:
        """What the decision about payload `number` (from 0) depends on."""
        key, payload = self.key_of(payload)
        return self.program.inputs(
            payload,
            operation=self.operation,
            key=key,
            actor=self.actor,
            request=self.request,
            as_of=self.as_of,
            # One seed for all would give each payload the same random ids.
            seed=None if self.seed is None else self.seed + number,
        )

    def key_of(self, payload: object) -> tuple[object, object]:
        """Which record a payload is about, and what is left of it: a key is no change to its record."""
        if self.key_field is None or not isinstance(payload, Mapping):
            return self.key, payload
        key = payload.get(self.key_field)
        if self.key_field == self.program.compiled.resources[self.resource].key:
            payload = {name: value for name, value in payload.items() if name != self.key_field}
        return key, payload

    def unreadable(self, item: Item) -> Outcome | None:
        """The refusal of what is no payload, or names no record; None for what is to be decided."""
        if isinstance(item, Broken):
            return self.refuse(item)
        if self.key_field is None:
            return None
        if not isinstance(item.value, Mapping):
            return self.refusal("type", "the payload must be a JSON object")
        key = item.value.get(self.key_field)
        if isinstance(key, str | int) and not isinstance(key, bool) and key != "":
            return None
        message = f"{self.key_field} must name the record to update"
        return self.refusal("required", message, path=f"/{self.key_field}")

    def decide(self, item: Item, number: int, records: Records | None) -> Outcome:
        """Decide one item; what could not be read is rejected."""
        if (refused := self.unreadable(item)) is not None:
            return refused
        assert isinstance(item, Payload)
        return decide(self.program.compiled, self.resource, self.inputs(item.value, number), records)

    def refuse(self, item: Broken) -> Outcome:
        """The outcome of what could not be read as a payload."""
        return self.refusal(item.code, item.message, item.at)

    def refusal(self, code: str, message: str, payload_at: str | None = None, *, path: str = "") -> Outcome:
        """An outcome that rejects a payload for one reason, not found by its rules."""
        problem = Problem(f"{self.resource}.{code}", code, path, message, payload_at=payload_at)
        return Outcome(
            resource=self.resource,
            operation=self.operation,
            verdict="rejected",
            problems=(problem,),
            record=None,
            changes=(),
            messages=(),
            reads=(),
            ruleset=self.program.ruleset,
            as_of=str(encode_datetime(instant(self.as_of))),
        )


def _warn(told: str) -> None:
    click.echo(f"warning: {show_text(told)}", err=True)
