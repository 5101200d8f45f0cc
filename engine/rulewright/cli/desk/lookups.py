"""The records that look-ups read: --records or --store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from click.core import ParameterSource

from rulewright.cli.desk.desk import Desk
from rulewright.cli.desk.records import read_records
from rulewright.cli.desk.stores import open_for_reading
from rulewright.cli.options import Choices
from rulewright.ports import Records, Store


@contextmanager
def lookup_records(desk: Desk, choices: Choices, *, is_told: bool = False) -> Iterator[Records | None]:
    """The records that look-ups read: of --records, of --store, or none at all.

    `is_told`: somebody has said already that there is no such store.
    """
    records, store = chosen_records(choices)
    if records is not None:
        yield read_records(records, desk.program)
        return
    opened: Store | None = None
    if store is not None:
        opened = open_for_reading(store, desk.program, is_told=is_told)
    try:
        yield opened
    finally:
        if opened is not None:
            opened.close()


def chosen_records(choices: Choices) -> tuple[str | None, str | None]:
    """--records or --store: one said on the command line goes before one that is configured."""
    if choices.records is None or choices.store is None:
        return choices.records, choices.store
    context = click.get_current_context()
    strength = [_strength(context.get_parameter_source(name)) for name in ("records", "store")]
    if strength[0] == strength[1]:
        raise click.UsageError("--records and --store exclude each other: both are whole stores")
    return (choices.records, None) if strength[0] > strength[1] else (None, choices.store)


def _strength(source: ParameterSource | None) -> int:
    order = (ParameterSource.DEFAULT_MAP, ParameterSource.ENVIRONMENT, ParameterSource.COMMANDLINE)
    return order.index(source) if source in order else -1
