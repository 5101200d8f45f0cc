"""Moving the status of stored records: one event, what may move, and timeouts."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from difflib import get_close_matches

import click

from rulewright.arguments import instant
from rulewright.cli.desk.desk import Desk
from rulewright.cli.desk.lookups import lookup_records
from rulewright.cli.desk.opening import load_rules_of, open_desk
from rulewright.cli.desk.stores import open_for_writing, require_existing, require_store
from rulewright.cli.endings import end_with, noticing_sigterm
from rulewright.cli.options import Choices, OutputChoices
from rulewright.cli.output import paint, show, write_list
from rulewright.delivery import Receipt, in_own_transaction
from rulewright.errors import NoRecordError
from rulewright.evaluation import Move
from rulewright.inputs import Broken, Item, find_sources, read_document, read_text
from rulewright.ports import Records
from rulewright.report.entry import make_entry
from rulewright.report.moves import move_json, moves_in_words
from rulewright.report.text import show_text
from rulewright.ticking import fire_due


def fire(
    resource: str, key: str, event: str, payload: str | None, choices: Choices, output: OutputChoices
) -> None:
    """Fire one event in a transaction of its own and show what came of it."""
    url = require_store(choices, "where is the record")
    desk = open_desk(resource, replace(choices, operation=event, key=key))
    _require_event(desk, event)
    item = _read_payload(payload)
    require_existing(url)
    with closing(open_for_writing(url, desk.program)) as store:
        if isinstance(item, Broken):
            outcome = desk.refuse(item)
        else:
            inputs = desk.inputs(item.value, 0)

            def transact() -> Receipt:
                with store.transaction() as transaction:
                    return desk.program.apply_within(desk.resource, inputs, transaction)

            rules = desk.program.compiled
            outcome = in_own_transaction(rules, desk.resource, inputs, store, transact).outcome
    tally = show(iter([make_entry(outcome, item, desk.program.compiled)]), output)
    end_with(tally.refused)


def _require_event(desk: Desk, event: str) -> None:
    """Refuse what is no event: `create` would make another record, whatever the key is."""
    compiled = desk.program.compiled.resources[desk.resource]
    if compiled.has_event(event):
        return
    known = sorted(compiled.workflow.events) if compiled.workflow is not None else []
    near = get_close_matches(event, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"it has: {', '.join(known) or 'none'}"
    raise click.UsageError(f"{desk.resource} has no event {event}; {hint}")


def _read_payload(given: str | None) -> Item:
    """The event's payload: JSON text, or the file that holds it."""
    if given is None:
        return read_text("--payload", "{}")
    if given.lstrip().startswith(("{", "[", '"')):
        return read_text("--payload", given)
    return read_document(find_sources([given])[0])


def list_moves(resource: str, key: str, choices: Choices, output: OutputChoices) -> None:
    """Show every event of one record."""
    desk = open_desk(resource, replace(choices, key=key))
    with lookup_records(desk, choices) as records:
        if records is None:
            raise click.UsageError("--store URL (or --records FILE) is needed: where is the record?")
        moves = _moves(desk, records)
    if moves is None:
        write_list([], [], output)
        end_with(1)
    lines = moves_in_words(f"{desk.resource} {desk.key}", moves, paint(output))
    write_list(map(move_json, moves), lines, output)


def _moves(desk: Desk, records: Records) -> Sequence[Move] | None:
    """Every event of the record; None, and said on stderr, where it is not there: `fire` refuses it, too."""
    try:
        return desk.program.transitions(
            desk.resource,
            desk.key,
            store=records,
            actor=desk.actor,
            request=desk.request,
            as_of=desk.as_of,
        )
    except NoRecordError as error:
        api = desk.program.compiled.resources[desk.resource].api
        is_nobody = desk.actor is None and api is not None and api.auth is not None
        hint = "; nobody is named as the caller, who may see it: give --actor" if is_nobody else ""
        click.echo(f"error: {show_text(str(error))}{hint}", err=True)
        return None


def tick(choices: Choices, output: OutputChoices) -> None:
    """Fire all timeouts that are due and show what came of each after it is kept."""
    url = require_store(choices, "where are the records")
    require_existing(url)
    program = load_rules_of(choices.rules)
    nothing = read_text("tick", "{}")
    with closing(open_for_writing(url, program)) as store, noticing_sigterm():
        receipts = fire_due(program.compiled, store, instant(choices.as_of), audit=program.audit)
        entries = (make_entry(receipt.outcome, nothing, program.compiled) for receipt in receipts)
        tally = show(entries, output)
    end_with(tally.refused)
