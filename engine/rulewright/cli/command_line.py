"""The group of all commands: what there is, and what the configuration gives them."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from rulewright.cli.lazy_group import HELP_ASKED, LazyGroup
from rulewright.cli.options import VariableOption, defaults_of
from rulewright.cli.results import keeping_results_apart

# Each command is in the module of its name in `commands`, which is imported when it runs.
COMMANDS: Final = {
    "check": "Check rule files.",
    "validate": "Decide payloads; write nothing.",
    "plan": "Print the exact changes that payloads would make.",
    "apply": "Decide payloads and store what is accepted.",
    "test": "Run scenario files.",
    "explain": "Say of every rule whether it held, and why.",
    "fire": "Fire an event: move a record's status.",
    "transitions": "List what may move, and why not.",
    "tick": "Fire the timeouts that are due.",
    "history": "Tell what was done to a record.",
    "replay": "Make kept decisions again: do they come out the same?",
    "prune": "Remove old entries of the history.",
    "forward": "Pass payloads on to a remote API.",
    "plugins": "List the plug-ins: what they add, and from where.",
    "export": "Derive documents from rule files.",
    "outbox": "Look after forwarded messages.",
    "new": "Start a plug-in.",
}


@click.group(
    cls=LazyGroup,
    package="rulewright.cli.commands",
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="rulewright", prog_name="rulewright")
@click.option(
    "--no-plugins",
    cls=VariableOption,
    is_flag=True,
    envvar="RULEWRIGHT_NO_PLUGINS",
    help="Leave installed plug-ins out (also RULEWRIGHT_NO_PLUGINS=1).",
)
@click.pass_context
def main(context: click.Context, no_plugins: bool) -> None:
    """Decide API payloads against YAML rule files, and store what is accepted.

    Options may also come from the nearest rulewright.toml or from [tool.rulewright] of pyproject.toml, and
    from the environment: RULEWRIGHT_RULES, RULEWRIGHT_STORE, RULEWRIGHT_ACTOR, RULEWRIGHT_FORMAT and so
    on. A flag goes before the environment, the environment before the file.

    Exit status: 0 clean; 1 findings, for example a payload that was not accepted; 2 wrong usage or
    configuration, input that can't be read, or a store that failed.
    """
    if context.meta[HELP_ASKED]:
        return
    # Not needed for --help.
    from msgspec.structs import replace  # noqa: PLC0415

    from rulewright.cli.variables import warn_of_unknown_variables  # noqa: PLC0415
    from rulewright.configuration import find_configuration  # noqa: PLC0415

    context.with_resource(keeping_results_apart())
    configuration = find_configuration(Path.cwd())
    if no_plugins:
        configuration = replace(configuration, installed=False)
    context.obj = configuration
    context.default_map = defaults_of(configuration, COMMANDS)
    warn_of_unknown_variables(configuration)
