"""How a warm start reads stdin and writes what it found: as the whole command does."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

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
    chosen = options.get("format") or ("pretty" if sys.stdout.isatty() else "text")
    color = options.get("color", "auto")
    if chosen not in _FORMATS or color not in _COLORS:
        raise LookupError(chosen)
    in_color = color == "always"
    if color == "auto":
        in_color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    return chosen, _paint if in_color else None


def _paint(text: str, look: str) -> str:
    return f"\033[{_CODES[look]}m{text}\033[0m"


def report(chosen: str, decided: Any, at: str, paint: Paint) -> str:
    """What is printed about one payload, which starts at `at`."""
    if chosen == "text":
        from rulewright.report.compact import lines_of  # noqa: PLC0415 - each takes its time

        return "".join(lines_of(decided, at))
    from rulewright.hotpath.warm import Entry  # noqa: PLC0415

    entry: Any = Entry(decided, at)
    if chosen == "pretty":
        from rulewright.report.pretty import paragraph, plain  # noqa: PLC0415

        return paragraph(entry, paint or plain)
    from rulewright.report.outcome_json import report_json, report_jsonl  # noqa: PLC0415

    return "".join((report_json if chosen == "json" else report_jsonl)([entry]))


def read_stdin() -> str:
    """All of stdin, which the whole command can then read once more. Raises ValueError for too much."""
    import io  # noqa: PLC0415

    from rulewright.inputs.limits import MAX_DOCUMENT_BYTES, MAX_PAYLOAD_BYTES  # noqa: PLC0415

    # Nobody reads more of it.
    data = sys.stdin.buffer.read(MAX_DOCUMENT_BYTES + 1)
    sys.stdin = io.TextIOWrapper(io.BytesIO(data))
    if len(data) > MAX_PAYLOAD_BYTES:
        raise ValueError("too large")
    return data.decode()


def write_out(text: str, status: int) -> int:
    """Write to stdout as UTF-8, whatever the locale says; return `status`, or that of a failure."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        return tell_failure(error)
    return status


def tell_failure(error: BaseException) -> int:
    """Say what went wrong as the whole command says it; return the exit status."""
    import click  # noqa: PLC0415 - seldom needed

    from rulewright.cli.failures import failing_well  # noqa: PLC0415

    context = click.Context(click.Command("rulewright"))
    try:
        with failing_well(context):
            raise error
    except click.exceptions.Exit as ended:
        return ended.exit_code
