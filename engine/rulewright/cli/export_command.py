"""`rulewright export program RESOURCE`"""

from __future__ import annotations

import click

from rulewright.cli.options import rules_option


@click.group("export")
def command() -> None:
    """Derive documents from rule files."""


@command.command("program")
@click.argument("resource")
@rules_option
def export_program(resource: str, rules: str | None) -> None:
    """Print the Python program that decides creates of RESOURCE (for example ct_oi/case).

    It is generated from the rule file; reading it shows in which order what is judged.
    """
    from rulewright.cli.desk import load_rules_of  # noqa: PLC0415 - for a fast --help
    from rulewright.evaluation import find_resource  # noqa: PLC0415
    from rulewright.hotpath import program_source  # noqa: PLC0415

    compiled = load_rules_of(rules).compiled
    click.echo(program_source(compiled, find_resource(compiled, resource)), nl=False)
