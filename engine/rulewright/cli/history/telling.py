"""`history`: the decisions that changed a record, in words or as JSON."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

import click

from rulewright.cli.desk.desk import Desk
from rulewright.cli.desk.opening import open_desk
from rulewright.cli.desk.stores import open_for_reading, require_existing, require_store
from rulewright.cli.endings import end_with
from rulewright.cli.options import Choices, OutputChoices
from rulewright.cli.output import paint, write_list
from rulewright.history import history_of
from rulewright.ports import Store
from rulewright.report.history import decision_in_words, decision_json
from rulewright.report.text import show_text


def tell_history(resource: str, key: str, choices: Choices, output: OutputChoices) -> None:
    """Show every decision that changed one record."""
    url = require_store(choices, "where is the history")
    require_existing(url)
    desk = open_desk(resource, replace(choices, key=key))
    with closing(open_for_reading(url, desk.program)) as store:
        decisions = history_of(store, desk.resource, desk.key)
        is_known = bool(decisions) or _is_there(desk, store)
    named = show_text(str(desk.key))
    if not is_known:
        click.echo(f"error: there is no {desk.resource} {named}, and nothing is kept about it", err=True)
    elif not decisions:
        click.echo(f"nothing is kept about {desk.resource} {named}", err=True)
    painted = paint(output)
    rules, about = desk.program.compiled, (desk.resource, desk.key)
    lines = (line for one in decisions for line in decision_in_words(one, *about, rules, painted))
    write_list((decision_json(one, rules) for one in decisions), lines, output)
    end_with(0 if is_known else 1)


def _is_there(desk: Desk, store: Store) -> bool:
    """Whether there is such a record: it may have been stored by other means, or its history pruned."""
    key = desk.program.compiled.resources[desk.resource].key
    return bool(store.find(desk.resource, {key: desk.key}, 1))
