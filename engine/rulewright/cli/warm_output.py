"""Writing what a warm start found; where that fails it is told as the whole command tells it."""

from __future__ import annotations

import sys


def write_out(text: str, status: int) -> int:
    """Write to stdout as UTF-8, whatever the locale says; return `status`, or that of a failure."""
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))
        sys.stdout.flush()
    except (Exception, KeyboardInterrupt) as error:
        return _tell(error)
    return status


def _tell(error: BaseException) -> int:
    import click  # noqa: PLC0415 - seldom needed

    from rulewright.cli.failures import failing_well  # noqa: PLC0415

    context = click.Context(click.Command("rulewright"))
    try:
        with failing_well(context):
            raise error
    except click.exceptions.Exit as ended:
        return ended.exit_code
