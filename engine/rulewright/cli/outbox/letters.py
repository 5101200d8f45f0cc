"""`outbox list` and `show`, `retry` and `drop`: messages as they are, and what is to become of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from typing import Final

import click

from rulewright.cli.options import OutputChoices
from rulewright.cli.outbox.opening import open_outbox
from rulewright.cli.output import paint, write_list
from rulewright.outbox import Letter, count_letters, drop, find_letter, list_letters, retry
from rulewright.ports import Store
from rulewright.report.letters import letter_in_words, letter_json, letter_line

_EDITS: Final[Mapping[str, Callable[[Store, Sequence[int]], list[Letter]]]] = {"retry": retry, "drop": drop}


def list_outbox(
    url: str | None, states: Collection[str], target: str | None, limit: int | None, output: OutputChoices
) -> None:
    """List messages, a line each."""
    with closing(open_outbox(url)) as store:
        letters = list_letters(store, states, target, limit)
        counts = count_letters(store)
    _write_lines(letters, output)
    click.echo(", ".join(f"{number:,} {state}" for state, number in counts.items()), err=True)


def show_outbox(url: str | None, ids: Sequence[int], output: OutputChoices) -> None:
    """Show messages whole."""
    with closing(open_outbox(url)) as store:
        letters = [find_letter(store, one) for one in ids]
    lines = (line for letter in letters for line in letter_in_words(letter, paint(output)))
    write_list(map(letter_json, letters), lines, output)


def edit_outbox(url: str | None, edit: str, ids: Sequence[int], output: OutputChoices) -> None:
    """Retry or drop messages: those named, or all that are dead."""
    with closing(open_outbox(url)) as store:
        chosen = ids or [letter.id for letter in list_letters(store, ["dead"])]
        letters = _EDITS[edit](store, chosen)
    _write_lines(letters, output)


def _write_lines(letters: Sequence[Letter], output: OutputChoices) -> None:
    painted = paint(output)
    write_list(map(letter_json, letters), (letter_line(letter, painted) for letter in letters), output)
