"""The command `rulewright`, also as `python -m rulewright`."""

from __future__ import annotations

import sys

from rulewright.cli.warm_start import decide_warm


def main() -> None:
    """Run the command line of this process, and exit."""
    answer = decide_warm(sys.argv[1:])
    if answer is None:
        from rulewright.cli.command_line import main as run  # noqa: PLC0415 - click takes three bare starts

        run(prog_name="rulewright")
    else:
        from rulewright.cli.warm_output import write_out  # noqa: PLC0415

        sys.exit(write_out(*answer))


if __name__ == "__main__":
    main()
