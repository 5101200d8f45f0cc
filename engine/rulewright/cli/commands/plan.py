"""`rulewright plan RESOURCE FILE...`"""

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
from rulewright.cli.resource_name import ResourceName


@click.command("plan")
@click.argument("resource", type=ResourceName())
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@deciding_options
@split_options
@output_options
def command(
    resource: str, files: tuple[str, ...], choices: Choices, split: SplitChoices, output: OutputChoices
) -> None:
    """Print the exact changes that payloads would make; write nothing.

    Each payload is judged against the records as they are. What --format json or jsonl prints can be
    carried out later with `apply --plan`, which refuses if rules, records or payloads changed meanwhile.
    """
    from rulewright.cli.deciding.decisions import decide_and_show  # noqa: PLC0415 - lazy, for a fast --help
    from rulewright.cli.deciding.task import Task  # noqa: PLC0415
    from rulewright.cli.desk.lookups import lookup_records  # noqa: PLC0415
    from rulewright.cli.desk.opening import open_desk  # noqa: PLC0415
    from rulewright.cli.endings import end_with  # noqa: PLC0415
    from rulewright.inputs import find_sources  # noqa: PLC0415

    sources = find_sources(files, choices.stdin_filename)
    task = Task(open_desk(resource, choices), sources, choices, split, output)
    with lookup_records(task.desk, choices) as records:
        refused = decide_and_show(task, records, plans=True)
    end_with(refused)
