"""`forward`: decide, keep in the outbox, send, and tell what the receiver said."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final
from uuid import NAMESPACE_URL, uuid4, uuid5

import click
from msgspec import Struct

from rulewright.cli.deciding.decisions import entries_of, read_all_items
from rulewright.cli.desk.desk import Decided, Desk
from rulewright.cli.desk.lookups import lookup_records
from rulewright.cli.desk.opening import open_desk
from rulewright.cli.desk.stores import open_unprepared
from rulewright.cli.endings import end_with
from rulewright.cli.options import Choices, OutputChoices
from rulewright.cli.outbox.opening import open_forwarder
from rulewright.cli.output import show
from rulewright.conflicts import despite_conflicts
from rulewright.evaluation import Inputs, mask_outcome
from rulewright.inputs import Item, Payload, find_sources
from rulewright.outbox import MESSAGES, Deliverer, Letter, find_letter, forwarded, keep_messages
from rulewright.outcome import Message, Outcome, Response
from rulewright.ports import Records, Store, Transaction
from rulewright.problem import Problem

# What is kept by one transaction, and then sent.
_CHUNK: Final = 50


class Passing(Struct, frozen=True):
    """Which resource's payloads go where. `again`: also those that have gone there before."""

    resource: str
    target: str
    outbox: str
    again: bool


class _Sent(Struct, frozen=True):
    """A payload on its way: the message that carries it, or None where it was refused here."""

    item: Item
    outcome: Outcome
    letter: int | None
    # What this run put into the outbox; None where an earlier one did.
    message: Message | None = None


def forward_files(passing: Passing, files: Sequence[str], choices: Choices, output: OutputChoices) -> None:
    """Forward the payloads of files, chunk by chunk; exit with 1 if one did not arrive."""
    sources = find_sources(files, choices.stdin_filename)
    desk = open_desk(passing.resource, choices)
    with (
        lookup_records(desk, choices) as records,
        closing(open_unprepared(passing.outbox)) as store,
        closing(open_forwarder(store)) as forwarder,
    ):
        deliverer = desk.program.deliverer(store, forwarder)
        run = _Run(passing, desk, records, store, deliverer)
        items = enumerate(read_all_items(desk, sources))
        tally = show(entries_of(desk, run.decided(items)), output)
    if run.waits:
        # The address of another store may hold a password.
        named = passing.outbox if passing.outbox.startswith("sqlite:") else "URL"
        click.echo(f"what waits is sent by: rulewright outbox deliver --store {named}", err=True)
    end_with(tally.refused)


@dataclass(slots=True)
class _Run:
    passing: Passing
    desk: Desk
    records: Records | None
    store: Store
    deliverer: Deliverer
    # Whether something stays in the outbox for now.
    waits: bool = False

    def decided(self, items: Iterator[tuple[int, Item]]) -> Iterator[Decided]:
        """Yield each payload with what became of it, in order."""
        while chunk := list(islice(items, _CHUNK)):
            sent = self._keep(chunk)
            for _ in self.deliverer.run():
                # What is told is read from the outbox: another deliverer may have been faster.
                pass
            for one in sent:
                yield one.item, self._told(one)

    def _keep(self, chunk: list[tuple[int, Item]]) -> list[_Sent]:
        judged = [(item, number, self.desk.decide(item, number, self.records)) for number, item in chunk]

        def transact() -> list[_Sent]:
            with self.store.transaction() as transaction:
                return [self._keep_one(*one, transaction) for one in judged]

        return despite_conflicts(transact)

    def _keep_one(self, item: Item, number: int, outcome: Outcome, transaction: Transaction) -> _Sent:
        if not isinstance(item, Payload) or not self._may_go(outcome):
            return _Sent(item, outcome, None)
        inputs = self.desk.inputs(item.value, number)
        resource = self.desk.program.compiled.resources[self.desk.resource]
        message = forwarded(resource, inputs, self.desk.key, self.passing.target)
        message = replace(message, idempotency_key=self._key(inputs, number))
        rules = self.desk.program.compiled
        known = transaction.find(MESSAGES.resource, {"idempotency_key": message.idempotency_key}, 1)
        if known:
            return _Sent(item, outcome, _number(known[0]["id"]))
        whole = replace(outcome, messages=(message,))
        masked = mask_outcome(whole, rules, item.value)
        (letter,) = keep_messages(whole, masked, rules, transaction)
        return _Sent(item, outcome, letter.id, message)

    def _may_go(self, outcome: Outcome) -> bool:
        """Accepted; or what only records could tell, where there are none: the receiver has them."""
        return outcome.accepted or (outcome.verdict == "undecided" and self.records is None)

    def _key(self, inputs: Inputs, number: int) -> str:
        """The same payload at the same place of a file is the same message, however often this is run."""
        if self.passing.again:
            return str(uuid4())
        called = [self.passing.target, self.desk.resource, inputs.operation, number, inputs.payload]
        path = dict(inputs.request.path)
        text = json.dumps([*called, path, inputs.key], sort_keys=True, default=str)
        return str(uuid5(NAMESPACE_URL, f"rulewright:forward:{text}"))

    def _told(self, sent: _Sent) -> Outcome:
        if sent.letter is None:
            return sent.outcome
        letter = find_letter(self.store, sent.letter)
        # Nothing was stored here, so what storing it would have changed or sent is not told.
        told = replace(sent.outcome, record=None, changes=(), messages=(), response=_response(letter))
        # What could not be decided here is for the receiver to decide.
        kept = tuple(one for one in told.problems if one.code != "undecided")
        match letter.state:
            case "delivered":
                sent_now = (sent.message,) if sent.message is not None else ()
                return replace(
                    told, verdict="accepted", problems=kept, messages=sent_now, replayed=not sent_now
                )
            case "dead":
                return replace(told, verdict="rejected", problems=(*kept, *_problems(letter)))
            case _:
                self.waits = True
                return replace(told, verdict="undecided", problems=(*kept, _waiting(letter)))


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _response(letter: Letter) -> Response | None:
    kept = letter.response or {}
    status = kept.get("status")
    return Response(status, kept.get("body")) if isinstance(status, int) else None


def _problems(letter: Letter) -> Iterator[Problem]:
    kept = (letter.response or {}).get("problems")
    for one in kept if isinstance(kept, list) else []:
        yield Problem(one["rule"], one["code"], one["path"], one["message"])


def _waiting(letter: Letter) -> Problem:
    kept = letter.response or {}
    reason = kept.get("error") or (f"the receiver answered {kept.get('status')}" if kept else "not sent yet")
    message = f"not delivered yet: {reason}; message {letter.id} is {letter.state} in the outbox"
    rule = f"{letter.resource}.targets.{letter.target}"
    return Problem(rule, "undecided", "", message, severity="warning")
