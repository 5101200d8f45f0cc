"""The group of all commands: a table of what there is, and what happens to errors."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from rulewright.cli.lazy_group import HELP_ASKED, LazyGroup, Row

# A command's module is imported when it runs. A row whose module isn't there is left out.
COMMANDS: Final = {
    "check": Row("rulewright.cli.check_command", "Check rule files."),
    "validate": Row("rulewright.cli.validate_command", "Decide payloads; write nothing."),
    "plan": Row("rulewright.cli.plan_command", "Print the exact changes that payloads would make."),
    "apply": Row("rulewright.cli.apply_command", "Decide payloads and store what is accepted."),
    "test": Row("rulewright.cli.scenario_test", "Run scenario files."),
    "explain": Row("rulewright.cli.explain_command", "Say of every rule whether it held, and why."),
    "fire": Row("rulewright.cli.fire_command", "Fire an event: move a record's status."),
    "transitions": Row("rulewright.cli.transitions_command", "List what may move, and why not."),
    "tick": Row("rulewright.cli.tick_command", "Fire the timeouts that are due."),
    "history": Row("rulewright.cli.history_command", "Tell what was done to a record."),
    "replay": Row("rulewright.cli.replay_command", "Make kept decisions again: do they come out the same?"),
    "prune": Row("rulewright.cli.prune_command", "Remove old entries of the history."),
    "forward": Row("rulewright.cli.forward_command", "Pass payloads on to a remote API."),
    "plugins": Row("rulewright.cli.plugins_command", "List the plug-ins: what they add, and from where."),
    "export": Row("rulewright.cli.export_command", "Derive documents from rule files."),
    "outbox": Row("rulewright.cli.outbox_command", "Look after forwarded messages."),
    "serve": Row("rulewright.cli.serve_command", "Serve the APIs over HTTP."),
    "new": Row("rulewright.cli.new_command", "Start a plug-in."),
    "fmt": Row("rulewright.cli.fmt_command", "Format rule files."),
    "diff": Row("rulewright.cli.diff_command", "Say how two rule sets differ."),
    "impact": Row("rulewright.cli.impact_command", "Say what a change of rules does to records."),
    "import": Row("rulewright.cli.import_command", "Make rule files from other descriptions."),
}


@click.group(cls=LazyGroup, rows=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="rulewright", prog_name="rulewright")
@click.option(
    "--no-plugins",
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

    from rulewright.cli.options import defaults_of  # noqa: PLC0415
    from rulewright.configuration import find_configuration  # noqa: PLC0415

    configuration = find_configuration(Path.cwd())
    if no_plugins:
        configuration = replace(configuration, installed=False)
    context.obj = configuration
    context.default_map = defaults_of(configuration, COMMANDS)
