"""Payloads as lines of JSON: those of --accepted as they came, those of --rejected with their problems."""

from __future__ import annotations

import json
from collections.abc import Iterable

from rulewright.cli.desk.desk import Decided
from rulewright.inputs import Broken, Item
from rulewright.inputs.decoding import MARK
from rulewright.outcome import Outcome
from rulewright.problem import Problem
from rulewright.report.entry import problems_entry
from rulewright.report.outcomes import problem_json
from rulewright.report.text import dump_json


def item_line(item: Item) -> bytes:
    """A payload as one line of JSON: as it was written if it was a line, else made from its value."""
    if item.raw is not None:
        # Files that were joined have such a mark in the middle, where JSON takes none.
        return item.raw.removeprefix(MARK).replace(b"\n", b" ")
    return json.dumps(getattr(item, "value", None)).encode()


def refused_line(item: Item, outcome: Outcome) -> bytes:
    """A payload that was not accepted, and why, as one line of JSON.

    `{"payload": ..., "at": ..., "verdict": ..., "problems": [...]}`, the problems as in an Outcome's JSON but
    for what rules read. What is no payload has its text under `text` instead.
    """
    entry = problems_entry(outcome, item, with_rules=True)
    problems = [_told(problem) for problem in entry.outcome.problems]
    told = dump_json({"at": item.at, "verdict": outcome.verdict, "problems": problems}).encode()
    if isinstance(item, Broken):
        text = item.raw.decode("utf-8", "surrogateescape")
        held = b'"text": ' + json.dumps(text).encode()
    else:
        held = b'"payload": ' + item_line(item)
    return b"{" + held + b", " + told[1:]


def _told(problem: Problem) -> dict[str, object]:
    told = problem_json(problem)
    del told["because"]
    if problem.fix is None:
        # Only `validate --fix` looks for one.
        del told["fix"]
    return told


def lines_of(decided: Iterable[Decided], accepted: bool) -> bytes:
    """The payloads that were accepted, or those that were not with their problems, as lines of JSON."""
    return b"".join(
        (item_line(item) if accepted else refused_line(item, outcome)) + b"\n"
        for item, outcome in decided
        if outcome.accepted is accepted
    )
