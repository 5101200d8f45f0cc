"""`rulewright validate RESOURCE FILE...`"""

from __future__ import annotations

import click

from rulewright.cli.options import (
    Choices,
    OutputChoices,
    SplitChoices,
    VariableOption,
    deciding_options,
    output_options,
    split_options,
)
from rulewright.cli.resource_name import ResourceName
from rulewright.cli.results import stdout


@click.command("validate")
@click.argument("resource", type=ResourceName())
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@deciding_options
@split_options
@output_options
@click.option(
    "--workers",
    metavar="N",
    cls=VariableOption,
    envvar="RULEWRIGHT_WORKERS",
    # More than this is a slip of the hand, which would take the machine's memory.
    type=click.IntRange(1, 256),
    default=1,
    help="Decide JSONL in N processes.",
)
@click.option("--fix", is_flag=True, help="Say what change of a refused payload would be accepted.")
def command(
    resource: str,
    files: tuple[str, ...],
    choices: Choices,
    split: SplitChoices,
    output: OutputChoices,
    workers: int,
    fix: bool,
) -> None:
    """Decide each payload; write nothing.

    RESOURCE is like ct_oi/case. FILE holds JSON (one object or an array of them), JSONL, YAML, CSV or
    XLSX (book.xlsx:Sheet2 names a sheet); - is stdin. Each payload is judged against the records of
    --store or --records as they are; without either, rules that look something up leave their payload
    undecided.
    """
    from rulewright.cli.deciding.decisions import validate_and_show  # noqa: PLC0415 - lazy, for a fast --help
    from rulewright.cli.deciding.task import Task  # noqa: PLC0415
    from rulewright.cli.desk.lookups import chosen_records, lookup_records  # noqa: PLC0415
    from rulewright.cli.desk.opening import open_desk  # noqa: PLC0415
    from rulewright.cli.endings import end_with  # noqa: PLC0415
    from rulewright.cli.warm_start.keeping import find_chance, take_chance  # noqa: PLC0415
    from rulewright.inputs import find_sources  # noqa: PLC0415

    sources = find_sources(files, choices.stdin_filename)
    if workers > 1:
        from rulewright.cli.deciding.parallel import validate_in_parallel  # noqa: PLC0415

        task = Task(open_desk(resource, choices), sources, choices, split, output, fix)
        end_with(validate_in_parallel(task, workers))
    has_store = any(one is not None for one in chosen_records(choices))
    chance = find_chance(resource, choices.rules, has_store=has_store)
    task = Task(open_desk(resource, choices), sources, choices, split, output, fix)
    with lookup_records(task.desk, choices) as records:
        refused = validate_and_show(task, records)
    stdout().flush()
    take_chance(chance, task.desk)
    end_with(refused)
