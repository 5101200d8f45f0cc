"""What `history` does."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace

import click

from rulewright.audit import history
from rulewright.cli.desk.desk import open_desk
from rulewright.cli.desk.stores import open_for_reading, require_existing, require_store
from rulewright.cli.options import Choices, OutputChoices
from rulewright.cli.output import chosen_format, paint
from rulewright.cli.results import write
from rulewright.report.history import decision_in_words, decision_json


def tell_history(resource: str, key: str, choices: Choices, output: OutputChoices) -> None:
    """Show every decision that changed one record."""
    url = require_store(choices)
    require_existing(url)
    desk = open_desk(resource, replace(choices, key=key))
    with closing(open_for_reading(url, desk.program)) as store:
        decisions = history(store, desk.resource, desk.key)
    if not decisions:
        click.echo(f"nothing is kept about {desk.resource} {desk.key}", err=True)
    match chosen_format(output):
        case "jsonl":
            write("".join(f"{json.dumps(decision_json(one))}\n" for one in decisions))
        case "json":
            write(json.dumps([decision_json(one) for one in decisions], indent=2) + "\n")
        case _:
            painted = paint(output)
            lines = (
                line for one in decisions for line in decision_in_words(one, desk.resource, desk.key, painted)
            )
            write("".join(f"{line}\n" for line in lines))
