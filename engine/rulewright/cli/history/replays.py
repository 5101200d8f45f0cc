"""`replay`: every decision of the history is made again, in memory, and told where it differs."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing
from dataclasses import asdict

import click

from rulewright.cli.desk.opening import load_rules_of
from rulewright.cli.desk.records import read_records
from rulewright.cli.desk.stores import open_existing
from rulewright.cli.endings import end_with
from rulewright.cli.options import OutputChoices
from rulewright.cli.output import chosen_format, counted
from rulewright.cli.results import write
from rulewright.history import decisions_of
from rulewright.ports import Store
from rulewright.program import Program
from rulewright.replaying import Replayed, replay
from rulewright.report.history import without_secret_keys
from rulewright.report.text import show_text


def replay_history(url: str | None, records: str | None, rules: str | None, output: OutputChoices) -> None:
    """Say how each decision came out; exit with 1 if one differs."""
    # What is decided again is kept in memory, to be compared.
    program = Program(load_rules_of(rules).compiled, audit=True)
    fates: Counter[str] = Counter()
    chosen, begins = chosen_format(output), 1
    with (
        closing(open_existing(url, "where is the history")) as store,
        closing(_beginning(records, program)) as again,
    ):
        for made in replay(program.compiled, decisions_of(store), again):
            shown = without_secret_keys(made.decision, program.compiled)
            one = Replayed(shown, made.fate, made.differences)
            begins = begins if fates else one.decision.id
            write(_shown(one, chosen, is_first=not fates))
            fates[one.fate] += 1
    if chosen == "json":
        write("\n]\n" if fates else "[]\n")
    told = ", ".join(f"{number:,} {fate}" for fate, number in sorted(fates.items())) or "nothing is kept"
    click.echo(f"{counted(fates.total(), 'decision')}: {told}", err=True)
    if number := fates["missing records"]:
        since = f"the history begins with #{begins}, and " if begins > 1 else ""
        click.echo(
            f"{counted(number, 'decision')} can't be made again: {since}records that no kept decision made "
            "were met; give them by --records",
            err=True,
        )
    end_with(fates["different"])


def _beginning(records: str | None, program: Program) -> Store:
    """A store in memory with what was there before the first decision."""
    from rulewright_adapters.memory import MemoryStore  # noqa: PLC0415 - the engine needs no adapter

    return MemoryStore({}, program.tables) if records is None else read_records(records, program)


def _shown(one: Replayed, chosen: str, *, is_first: bool) -> str:
    """A decision in the chosen format; in words, only one that is not the same."""
    match chosen:
        case "json":
            return f"{'[' if is_first else ','}\n{json.dumps(_json(one))}"
        case "jsonl":
            return json.dumps(_json(one)) + "\n"
        case _:
            return _line(one) + "\n" if one.fate in ("different", "masked", "missing records") else ""


def _json(one: Replayed) -> dict[str, object]:
    kept = asdict(one.decision)
    named = {name: kept[name] for name in ("id", "resource", "key", "operation", "ruleset")}
    return named | {"fate": one.fate, "differences": list(one.differences)}


def _line(one: Replayed) -> str:
    decision = one.decision
    about = f"#{decision.id}  {decision.operation} of {decision.resource} {decision.key}"
    told = show_text(", ".join(one.differences))
    if one.fate == "masked":
        told = f"decided without the sensitive values, which are not kept: {told}"
    return f"{one.fate}  {show_text(about)}: {told}"
