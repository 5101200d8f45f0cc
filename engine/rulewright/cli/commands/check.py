"""`rulewright check [PATH...]`"""

from __future__ import annotations

from pathlib import Path

import click

from rulewright.cli.options import OutputChoices, output_options, rules_option


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH...]")
@rules_option
@click.option("--strict", is_flag=True, help="Take warnings for errors.")
@output_options
def command(paths: tuple[str, ...], rules: str | None, strict: bool, output: OutputChoices) -> None:
    """Load, check and lint rule files.

    PATH is a folder of rules, one API's folder or one rule file; by default the configured rules, else
    those that ship.
    """
    from rulewright.cli.endings import end_with  # noqa: PLC0415
    from rulewright.cli.folders import rules_folder, warn_of_rules_here  # noqa: PLC0415
    from rulewright.cli.rule_files.checking import check_folder, show_problems  # noqa: PLC0415 - for a fast --help

    if not paths and rules is None:
        warn_of_rules_here()
    folders = [rules_folder(path) for path in paths or (rules,)]
    _require(folders)
    checked = [check_folder(folder) for folder in folders]
    errors, warnings = show_problems(checked, output)
    end_with(errors + warnings if strict else errors)


def _require(folders: list[Path]) -> None:
    for folder in folders:
        if not folder.exists():
            raise click.UsageError(f"{folder}: there is no such file or folder")
