"""`explain`: explanations of payloads, and pages of codes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from difflib import get_close_matches
from typing import Final

import click

from rulewright.checks import pages
from rulewright.cli.configured import configured_registry
from rulewright.cli.deciding.decisions import read_all_items
from rulewright.cli.desk.desk import Desk
from rulewright.cli.desk.lookups import lookup_records
from rulewright.cli.desk.opening import open_desk
from rulewright.cli.endings import end_with
from rulewright.cli.options import Choices, OutputChoices
from rulewright.cli.output import chosen_format, paint, show
from rulewright.cli.results import write
from rulewright.explanation import Explanation, explain
from rulewright.explanation.problem_pages import PROBLEM_PAGES
from rulewright.inputs import Item, Payload, find_sources
from rulewright.ports import Records
from rulewright.report.entry import Entry, make_entry
from rulewright.report.explanation import explanation_data, explanation_lines
from rulewright.report.text import dump_json

Explained = tuple[Item, Explanation]


def explain_files(resource: str, files: tuple[str, ...], choices: Choices, output: OutputChoices) -> None:
    """Explain each payload; exit with 1 if any was not accepted."""
    form = chosen_format(output)
    sources = find_sources(files, choices.stdin_filename)
    desk = open_desk(resource, choices)
    refused: list[Item] = []
    with lookup_records(desk, choices) as records:
        explained = _explain_all(desk, read_all_items(desk, sources), records, refused)
        if form in _REPORTS:
            show((Entry(one.outcome, item.at, item.alone) for item, one in explained), output)
            end_with(len(refused))
        for text in _JSON[form](explained) if form in _JSON else _trees(explained, output):
            write(text)
    end_with(len(refused))


def _explain_all(
    desk: Desk, items: Iterable[Item], records: Records | None, refused: list[Item]
) -> Iterator[Explained]:
    """Explain items as they come; those that are not accepted are kept in `refused`."""
    for number, item in enumerate(items):
        explanation = _explain(desk, item, number, records)
        if not explanation.outcome.accepted:
            refused.append(item)
        yield item, explanation


def _explain(desk: Desk, item: Item, number: int, records: Records | None) -> Explanation:
    """Explain an item, masked and with its problems' places; of a broken one there is only its problem."""
    if (refused := desk.unreadable(item)) is not None:
        found = Explanation(outcome=refused, fields=(), lookups=(), whole=(), effects=())
    else:
        assert isinstance(item, Payload)
        found = explain(desk.program, desk.resource, desk.inputs(item.value, number), records)
    entry = make_entry(found.outcome, item, desk.program.compiled)
    return replace(found, outcome=entry.outcome)


def _trees(explained: Iterable[Explained], output: OutputChoices) -> Iterator[str]:
    """A tree a payload, an empty line between them."""
    before = ""
    for item, explanation in explained:
        lines = explanation_lines(explanation, item.at, paint(output))
        yield before + "".join(f"{line}\n" for line in lines)
        before = "\n"


def _jsonl(explained: Iterable[Explained]) -> Iterator[str]:
    for item, explanation in explained:
        yield dump_json(explanation_data(explanation, item.at)) + "\n"


def _json(explained: Iterable[Explained]) -> Iterator[str]:
    """An array; for one payload that was the whole of the only input, its explanation alone."""
    before = "["
    for item, explanation in explained:
        text = dump_json(explanation_data(explanation, item.at), indent=2)
        if item.alone:
            yield f"{text}\n"
            return
        yield f"{before}\n{text}"
        before = ","
    yield "[]\n" if before == "[" else "\n]\n"


# What tells of problems tells of them as `validate --fix` does.
_REPORTS: Final = ("github", "junit", "sarif")
_JSON: Final[dict[str, Callable[[Iterable[Explained]], Iterator[str]]]] = {"json": _json, "jsonl": _jsonl}


def show_page(code: str) -> None:
    """Print the page of a code. Raises UsageError for one that does not exist."""
    known = {**pages(), **PROBLEM_PAGES}
    if code not in known:
        known |= {name: one.page.strip() for name, one in configured_registry().checks.items()}
    if code not in known:
        near = get_close_matches(code, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        if "/" in code:
            hint = f"; to explain a payload name its file: rulewright explain {code} FILE"
        raise click.UsageError(f"there is no code {code!r}{hint}")
    write(f"{known[code]}\n")
