"""The command `rulewright`, also as `python -m rulewright`."""

from __future__ import annotations

import gc
import sys
from typing import Final

from rulewright.cli.warm_start import decide_warm

# How many objects are made before Python looks for circles among them.
_PATIENCE: Final = 100_000


def main() -> None:
    """Run the command line of this process, and exit.

    What a command makes lasts until its end or is in no circle: looking for those, which Python does on the
    way and again when it ends, takes a seventh of a short command.
    """
    gc.set_threshold(_PATIENCE)
    try:
        _run()
    finally:
        gc.freeze()


def _run() -> None:
    answer = decide_warm(sys.argv[1:])
    if answer is None:
        from rulewright.cli.command_line import main as run  # noqa: PLC0415 - click takes three bare starts

        run(prog_name="rulewright")
    else:
        from rulewright.cli.warm_output import write_out  # noqa: PLC0415

        sys.exit(write_out(*answer))


if __name__ == "__main__":
    main()
