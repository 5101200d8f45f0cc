"""How a warm start writes what it found: as the whole command does."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from rulewright.cli.results import write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rulewright.hotpath.warm import Entry

    Paint = Callable[[str, str], str] | None

_FORMATS: Final = ("text", "json", "jsonl", "pretty")
_COLORS: Final = ("auto", "always", "never")
# As output.paint, by click.
_CODES: Final = {
    "accepted": 32,
    "rejected": 31,
    "undecided": 33,
    "error": 31,
    "warning": 33,
    "info": 34,
    "quiet": 2,
}


def chosen_look(options: Mapping[str, str]) -> tuple[str, Paint]:
    """The format, and what gives texts their looks, if they have any. Raises LookupError for another one."""
    chosen = options.get("format", "pretty" if sys.stdout.isatty() else "text")
    color = options.get("color", "auto")
    if chosen not in _FORMATS or color not in _COLORS:
        raise LookupError(chosen)
    in_color = color == "always"
    if color == "auto":
        in_color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return chosen, _paint if in_color else None


def _paint(text: str, look: str) -> str:
    return f"\033[{_CODES[look]}m{text}\033[0m"


def report(chosen: str, entries: Sequence[Entry], paint: Paint) -> tuple[str, str]:
    """What is printed about payloads, and what is said of them on stderr."""
    given: Any = entries
    text = "".join(_reported(chosen, given, paint))
    if chosen == "pretty" or (len(entries) == 1 and text):
        return text, ""
    from rulewright.report.pretty import summary  # noqa: PLC0415 - each takes its time
    from rulewright.report.tally import Tally  # noqa: PLC0415

    tally = Tally()
    for entry in given:
        tally.add(entry)
    return text, "\n".join(summary(tally)).strip("\n") + "\n"


def _reported(chosen: str, entries: Any, paint: Paint) -> Iterator[str]:
    if chosen == "text":
        from rulewright.report.compact import report_compact  # noqa: PLC0415

        return report_compact(entries)
    if chosen == "pretty":
        from rulewright.report.pretty import paragraph, plain, report_pretty  # noqa: PLC0415

        if len(entries) == 1:
            return iter([paragraph(entries[0], paint or plain)])
        return report_pretty(entries, paint or plain)
    from rulewright.report.outcomes import report_json, report_jsonl  # noqa: PLC0415

    return (report_json if chosen == "json" else report_jsonl)(entries)


def write_out(text: str, told: str, status: int) -> int:
    """Write the results; return `status`, or that of a failure.

    `told` goes to stderr.
    """
    try:
        write(text)
        sys.stdout.flush()
        if told:
            sys.stderr.write(told)
    except (Exception, KeyboardInterrupt) as error:
        return tell_failure(error)
    return status


def tell_failure(error: BaseException) -> int:
    """Say what went wrong as the whole command says it; return the exit status."""
    import click  # noqa: PLC0415 - seldom needed

    from rulewright.cli.endings import failing_well  # noqa: PLC0415

    context = click.Context(click.Command("rulewright"))
    try:
        with failing_well(context):
            raise error
    except click.exceptions.Exit as ended:
        return ended.exit_code
