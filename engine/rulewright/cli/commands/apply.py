"""`rulewright apply RESOURCE FILE... --store URL`"""

from __future__ import annotations

import click
from click.core import ParameterSource

from rulewright.cli.options import (
    Choices,
    OutputChoices,
    SplitChoices,
    applying_options,
    output_options,
    split_options,
)
from rulewright.cli.resource_name import ResourceName


def _point_to_plan(_: click.Context, __: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        raise click.UsageError(
            "apply has no --dry-run: `rulewright plan` takes the same RESOURCE, FILE and options, and prints "
            "what would be done"
        )


@click.command("apply")
@click.argument("resource", required=False, type=ResourceName())
@click.argument("files", nargs=-1, metavar="FILE...")
@click.option("--resume", is_flag=True, help="Go on with files that were interrupted, after what is done.")
@click.option("--restart", is_flag=True, help="Apply interrupted files from their start.")
@click.option("--plan", metavar="FILE", help="Carry out what `plan --format json` (or jsonl) printed.")
@click.option("--forward", metavar="NAME", help="Put accepted payloads into the outbox for this target, too.")
@click.option("--dry-run", is_flag=True, hidden=True, expose_value=False, callback=_point_to_plan)
@applying_options
@split_options
@output_options
def command(
    resource: str | None,
    files: tuple[str, ...],
    resume: bool,
    restart: bool,
    plan: str | None,
    forward: str | None,
    choices: Choices,
    split: SplitChoices,
    output: OutputChoices,
) -> None:
    """Decide payloads one after the other and store what is accepted, with all its changes.

    A payload that is not accepted leaves nothing behind. An outcome is printed after it was stored. A run
    that was interrupted, however hard, is taken up again by --resume: each payload is applied once, and the
    exit status is that of the whole file.

    With --forward, what is accepted is also sent to a target, by `rulewright outbox deliver`.

    With --plan, RESOURCE and FILE may be left out: they are those of the plan. The payloads are read and
    decided again, for the same caller and at the time of the plan; if rules, records or payloads have
    changed so that anything but a generated value differs, nothing at all is stored. Then the file of
    --accepted is left empty, and that of --rejected gets the payloads that differ.
    """
    from rulewright.cli.applying.run import apply_files, apply_plan  # noqa: PLC0415 - for a fast --help

    if resume and restart:
        raise click.UsageError("--resume and --restart exclude each other")
    if plan is not None:
        if forward is not None:
            raise click.UsageError("--plan shows all that is done: --forward can't be added to it")
        if resume or restart:
            raise click.UsageError("--plan is carried out as a whole: there is nothing to resume")
        if click.get_current_context().get_parameter_source("max_errors") is ParameterSource.COMMANDLINE:
            raise click.UsageError("--plan is carried out as a whole: --max-errors can't end it")
        apply_plan(plan, resource, files, choices, split, output)
    elif resource is None or not files:
        raise click.UsageError("RESOURCE and FILE are needed, like: apply ct_oi/case cases.jsonl")
    else:
        apply_files(resource, files, choices, split, output, resume=resume, restart=restart, forward=forward)
