"""The command `rulewright`, also as `python -m rulewright`."""

from __future__ import annotations

import gc
import os
import sys
from typing import Final

from rulewright.cli.warm_start import decide_warm

# How many objects are made before Python looks for circles among them: thrice what a command makes of the
# shipped rules, for one look takes a tenth of its time.
_PATIENCE: Final = 300_000


def main() -> None:
    """Run the command line of this process, and exit.

    What a command makes lasts until its end or is in no circle: looking for those, which Python does on the
    way and again when it ends, takes a seventh of a short command.
    """
    gc.set_threshold(_PATIENCE)
    _open_what_is_closed()
    try:
        _run()
    except OSError:
        # What goes wrong in a command is told by it; here it is stderr that takes nothing.
        sys.exit(2)
    finally:
        _drop_what_is_refused()
        gc.freeze()


def _open_what_is_closed() -> None:
    """Whoever closed stdin sends nothing, and whoever closed stderr wants to hear nothing.

    A file that a command opens would be given their numbers, else. Without stdout there are no results: that
    is an error, in endings.
    """
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 - open to the end
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - as above


def _drop_what_is_refused() -> None:
    """What stderr does not take, because its disk is full: Python would try again, and end with 120."""
    try:
        sys.stderr.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


def _run() -> None:
    answer = decide_warm(sys.argv[1:])
    if answer is None:
        from rulewright.cli.command_line import main as run  # noqa: PLC0415 - click takes three bare starts

        run(prog_name="rulewright")
    else:
        from rulewright.cli.warm_start.output import write_out  # noqa: PLC0415

        sys.exit(write_out(*answer))


if __name__ == "__main__":
    main()
