"""The two ways of `apply`: payload files as they come, and a plan that was looked at before."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from difflib import get_close_matches

import click

from rulewright.cli.applying.batch import Batch
from rulewright.cli.applying.garbage import rare_collections
from rulewright.cli.applying.plan_run import carry_out_plan, planned_sources
from rulewright.cli.applying.planned import Planned, read_plan
from rulewright.cli.configured import configuration_here
from rulewright.cli.deciding.decisions import entries_of
from rulewright.cli.desk.desk import Desk
from rulewright.cli.desk.opening import open_desk
from rulewright.cli.desk.stores import open_for_writing, require_store
from rulewright.cli.endings import end_with, noticing_sigterm
from rulewright.cli.options import Choices, OutputChoices, SplitChoices
from rulewright.cli.output import show
from rulewright.cli.splitting.copies import Copies
from rulewright.cli.splitting.naming import judge_names
from rulewright.cli.splitting.parted import split_batch
from rulewright.cli.splitting.staged import Staged
from rulewright.inputs import find_sources


def apply_files(
    resource: str,
    files: Sequence[str],
    choices: Choices,
    split: SplitChoices,
    output: OutputChoices,
    *,
    resume: bool,
    restart: bool,
    forward: str | None = None,
) -> None:
    """Apply the payloads of files, chunk by chunk."""
    url = require_store(choices)
    sources = find_sources(files, choices.stdin_filename)
    desk = open_desk(resource, choices)
    _warn_of_target(forward)
    judge_names(split, sources)
    with closing(open_for_writing(url, desk.program)) as store, closing(Copies(split)) as copies:
        batch = Batch(desk, store, sources, copies, resume, restart, split.max_errors, forward)
        batch.refuse_unfinished()
        # The batch copies by itself: the files are to hold what the store holds.
        decided = split_batch(batch.run(), replace(split, accepted=None, rejected=None), sources)
        try:
            with noticing_sigterm(), rare_collections():
                tally = show(entries_of(desk, decided, output), output)
        except KeyboardInterrupt:
            batch.tell_of_interruption()
            raise
    # Of a file as a whole: one that is resumed is not clean because its end was.
    end_with(tally.refused + batch.refused_before)


def _warn_of_target(name: str | None) -> None:
    """Say that a target is none of those that are configured; where none is, others send what waits."""
    known = configuration_here().targets
    if name is None or not known or name in known:
        return
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"
    click.echo(
        f"warning: no target {name} is configured: {hint}; what is for it waits in the outbox", err=True
    )


def apply_plan(
    file: str,
    resource: str | None,
    files: Sequence[str],
    choices: Choices,
    split: SplitChoices,
    output: OutputChoices,
) -> None:
    """Carry out a plan as a whole, or nothing of it."""
    url = require_store(choices)
    plan = read_plan(file)
    chosen = _choices_of_plan(plan[0], file, choices)
    planned = plan[0].text("resource")
    if resource is not None and resource != planned:
        raise click.UsageError(f"{file} is a plan for {planned}, not for {resource}")
    sources = find_sources(files, choices.stdin_filename) if files else planned_sources(plan)
    judge_names(split, sources)
    desk = open_desk(planned, chosen)
    with closing(open_for_writing(url, desk.program)) as store, closing(Staged(split)) as copies:
        decided, done = carry_out_plan(desk, store, plan, sources, copies.write)
        if done:
            copies.put()
    # All of it is told of, whatever is configured about giving up.
    told = replace(split, max_errors=None)
    rest = replace(told, accepted=None, rejected=None) if done else told
    tally = show(entries_of(desk, split_batch(decided, rest, sources), output), output)
    if not done:
        click.echo(f"nothing was stored: {_what_to_do(desk)}", err=True)
    end_with(tally.refused)


def _choices_of_plan(planned: Planned, file: str, choices: Choices) -> Choices:
    """The choices with what the plan was made for: its operation and, where none is given, key and path."""
    operation = planned.text("operation")
    key = choices.key if choices.key is not None else planned.key
    if operation == "update" and key is None:
        raise click.UsageError(f"{file} plans updates: give --operation update and --key as for `plan`")
    param = choices.param or tuple(f"{name}={value}" for name, value in planned.path.items())
    return replace(choices, operation=operation, key=key, param=param)


def _what_to_do(desk: Desk) -> str:
    api = desk.program.compiled.resources[desk.resource].api
    if desk.actor is None and api is not None and api.auth is not None:
        return "a plan is carried out for the caller that it was made for; give --actor as for `plan`"
    return "the plan no longer holds; make a new one"
