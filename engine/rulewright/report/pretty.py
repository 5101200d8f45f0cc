"""For people: each payload with its verdict, then what was wrong, which rule says so and what it read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Final

from rulewright.report.changes import changes_in_words
from rulewright.report.most import most_of, rest_of
from rulewright.report.text import shortened, show_text, show_value

if TYPE_CHECKING:
    # A warm start reports without importing these.
    from rulewright.outcome import Outcome, Verdict
    from rulewright.problem import Problem
    from rulewright.report.entry import Entry
    from rulewright.report.tally import Tally

# Gives a text a look by name (a verdict, a severity, "quiet"); it must keep the text.
Paint = Callable[[str, str], str]

_SYMBOLS: Final[dict[Verdict, str]] = {"accepted": "✓", "rejected": "✗", "undecided": "?"}
_MOST_RULES: Final = 20
_MOST_VALUES: Final = 12


def plain(text: str, look: str) -> str:
    """The paint that changes nothing."""
    return text


def report_pretty(entries: Iterable[Entry], paint: Paint = plain) -> Iterator[str]:
    """A paragraph a payload, and after a batch a summary."""
    from rulewright.report.tally import Tally  # noqa: PLC0415

    tally = Tally()
    for entry in tally.counting(entries):
        yield paragraph(entry, paint)
    if tally.read != 1:
        yield "".join(f"{line}\n" for line in summary(tally, paint))


def summary(tally: Tally, paint: Paint = plain) -> Iterator[str]:
    """How many of each verdict, and which rules stood against how many payloads."""
    yield ""
    yield tally.in_words()
    if tally.refused > 1:
        for (rule, code), count in tally.rules.most_common(_MOST_RULES):
            yield f"  {count:>6,}  {show_text(rule)} {paint(f'[{code}]', 'quiet')}"
        if len(tally.rules) > _MOST_RULES:
            more = len(tally.rules) - _MOST_RULES
            yield f"          and {more} more rule{'' if more == 1 else 's'}"


def paragraph(entry: Entry, paint: Paint = plain) -> str:
    """What is said of one payload."""
    return "".join(f"{line}\n" for line in _paragraph(entry, paint))


def _paragraph(entry: Entry, paint: Paint) -> Iterator[str]:
    outcome = entry.outcome
    verdict = paint(f"{_SYMBOLS[outcome.verdict]} {outcome.verdict}", outcome.verdict)
    yield f"{verdict}  {show_text(entry.at)}  {_subject(outcome)}".rstrip()
    for problem in most_of(outcome.problems):
        yield from _problem(problem, paint)
    if rest := rest_of(outcome.problems):
        yield f"    {rest}"
    for line in changes_in_words(outcome):
        yield f"    {line}"


def _subject(outcome: Outcome) -> str:
    own = next((change for change in outcome.changes if change.resource == outcome.resource), None)
    key = f" {own.key}" if own is not None else ""
    return show_text(f"{outcome.operation} {outcome.resource}{key}")


def _problem(problem: Problem, paint: Paint) -> Iterator[str]:
    label = paint(f"{problem.severity}[{problem.code}]", problem.severity)
    path = f"{show_text(shortened(problem.path))}: " if problem.path else ""
    yield f"    {show_text(problem.payload_at or '')}  {label}  {path}{show_text(problem.message)}"
    rule = shortened(problem.rule)
    rule = f"{rule}  {problem.rule_at}" if problem.rule_at else rule
    yield paint(f"        rule  {show_text(rule)}", "quiet")
    if problem.vendor is not None:
        yield paint(f"        the API's own code  {show_text(problem.vendor.code)}", "quiet")
    yield from (paint(f"        read  {line}", "quiet") for line in _values(problem))
    yield from (paint(f"        {line}", "quiet") for line in _extra(problem))
    if problem.fix is not None:
        yield f"        fix   {show_text(problem.fix)}"


def _values(problem: Problem) -> Iterator[str]:
    values = list(problem.because.values.items()) if problem.because is not None else []
    for name, value in values[:_MOST_VALUES]:
        yield f"{show_text(name)} = {show_value(value)}"
    if len(values) > _MOST_VALUES:
        yield f"and {len(values) - _MOST_VALUES} more values"


def _extra(problem: Problem) -> Iterator[str]:
    extra = problem.because.extra if problem.because is not None else {}
    for name, value in extra.items():
        yield f"{show_text(name)}  {show_value(value)}"
