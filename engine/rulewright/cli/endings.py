"""How a command ends: an exit status and, where something failed, a message on stderr; never a traceback."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from types import FrameType
from typing import NoReturn

import click

from rulewright.cli.results import stdout

FINDINGS = 1
FAILURE = 2
# 128 and the signal's number, as shells have it.
INTERRUPTED = 130
PIPE_CLOSED = 141


class TerminatedError(KeyboardInterrupt):
    """SIGTERM came: whoever tells of Ctrl-C tells of this, too."""


def end_with(findings: int) -> NoReturn:
    """End the command: 0 if nothing was found, else 1. Raises OSError where stdout takes no more."""
    stdout().flush()
    click.get_current_context().exit(FINDINGS if findings else 0)


@contextmanager
def noticing_sigterm() -> Iterator[None]:
    """Let SIGTERM raise TerminatedError inside the block, as Ctrl-C raises KeyboardInterrupt."""
    with ExitStack() as stack:
        # Only the main thread may say what signals do.
        with suppress(ValueError):
            before = signal.signal(signal.SIGTERM, _terminate)
            stack.callback(signal.signal, signal.SIGTERM, before)
        yield


def _terminate(number: int, frame: FrameType | None) -> NoReturn:
    raise TerminatedError


@contextmanager
def failing_well(context: click.Context) -> Iterator[None]:
    """Turn what is raised inside the block into a message and an exit status."""
    if not stdout():
        raise click.UsageError("stdout is closed: there is nowhere to write the results")
    try:
        yield
        stdout().flush()
    except click.ClickException as error:
        _make_safe(error)
        raise
    except (click.exceptions.Exit, click.Abort):
        raise
    except BrokenPipeError:
        _silence_stdout()
        context.exit(PIPE_CLOSED)
    except TerminatedError:
        click.echo("terminated", err=True)
        _drop_what_is_refused()
        # Who sent it, like a service manager, is to see that it was obeyed.
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        context.exit(INTERRUPTED)
    except GeneratorExit:
        raise
    except BaseException as error:
        # A plug-in's SystemExit, too: it would end the command as if all were well.
        click.echo(_in_words(error), err=True)
        if os.environ.get("RULEWRIGHT_DEBUG"):
            click.echo(traceback.format_exc(), err=True)
        _drop_what_is_refused()
        context.exit(FAILURE)


def _make_safe(error: click.ClickException) -> None:
    """What is said repeats the command line, which a name or a value of somebody else may stand in."""
    from rulewright.report.text import show_lines  # noqa: PLC0415 - for what is wrong only

    # Each kind has a constructor of its own: none can be made again with another message.
    vars(error)["message"] = show_lines(error.message)


def _in_words(error: BaseException) -> str:
    # Whoever raised one of ours has imported these already.
    from rulewright.errors import RuleFileError, RulewrightError, in_words  # noqa: PLC0415
    from rulewright.report.text import show_lines  # noqa: PLC0415
    from rulewright.source_text import render_problems  # noqa: PLC0415

    if isinstance(error, RuleFileError):
        errors = [problem for problem in error.problems if problem.severity == "error"]
        return f"{show_lines(render_problems(errors))}\nerror: the rule files are wrong; nothing was decided"
    if isinstance(error, RulewrightError):
        return f"error: {show_lines(str(error))}"
    if isinstance(error, OSError) and error.strerror is not None:
        # Without a name it is stdout: the disk is full, for example.
        named = "the results" if error.filename is None else show_lines(str(error.filename)) or '""'
        return f"error: {named}: {error.strerror}"
    said = show_lines(in_words(error))
    return f"internal error: {said} (please report); set RULEWRIGHT_DEBUG=1 for the traceback"


def _drop_what_is_refused() -> None:
    """Results that stdout does not take, because the disk is full for example: Python would end with 120."""
    try:
        stdout().flush()
    except (OSError, ValueError):
        _silence_stdout()


def _silence_stdout() -> None:
    """Python flushes stdout at its end and would complain once more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stdout().fileno())
