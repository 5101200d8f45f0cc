"""`rulewright apply RESOURCE FILE... --store URL`"""

from __future__ import annotations

import click

from rulewright.cli.options import (
    Choices,
    OutputChoices,
    SplitChoices,
    deciding_options,
    output_options,
    split_options,
)


@click.command("apply")
@click.argument("resource")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--resume", is_flag=True, help="Go on with files that were interrupted, after what is done.")
@click.option("--restart", is_flag=True, help="Apply interrupted files from their start.")
@deciding_options
@split_options
@output_options
def command(
    resource: str,
    files: tuple[str, ...],
    resume: bool,
    restart: bool,
    choices: Choices,
    split: SplitChoices,
    output: OutputChoices,
) -> None:
    """Decide payloads one after the other and store what is accepted, with all its changes.

    A payload that is not accepted leaves nothing behind. An outcome is printed after it was stored. A run
    that was interrupted, however hard, is taken up again by --resume: each payload is applied once.
    """
    from rulewright.cli.applying import Batch  # noqa: PLC0415 - lazy, for a fast --help
    from rulewright.cli.decisions import end_with, entries_of  # noqa: PLC0415
    from rulewright.cli.desk import open_desk  # noqa: PLC0415
    from rulewright.cli.output import show  # noqa: PLC0415
    from rulewright.cli.splitting import split_batch  # noqa: PLC0415
    from rulewright.cli.stores import open_for_writing, require_store  # noqa: PLC0415
    from rulewright.inputs import find_sources  # noqa: PLC0415

    if resume and restart:
        raise click.UsageError("--resume and --restart exclude each other")
    url = require_store(choices)
    sources = find_sources(files, choices.stdin_filename)
    desk = open_desk(resource, choices)
    store = open_for_writing(url, desk.program)
    try:
        batch = Batch(desk, store, sources, resume, restart, split.max_errors)
        decided = split_batch(batch.run(), split, sources, append=resume)
        tally = show(entries_of(desk, decided), output)
    finally:
        store.close()
    end_with(tally.refused)
