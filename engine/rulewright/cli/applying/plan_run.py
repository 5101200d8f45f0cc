"""`apply --plan`: carry out what a plan showed, all of it or nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from rulewright.cli.applying.planned import Planned, difference, digest_of
from rulewright.cli.deciding.decisions import read_all_items
from rulewright.cli.deciding.payload_digest import digest_of_payload
from rulewright.cli.desk.desk import Decided, Desk
from rulewright.cli.output import counted
from rulewright.errors import PayloadError, RecordRefusedError
from rulewright.evaluation import mask_outcome
from rulewright.inputs import Item, Payload, Source, find_sources
from rulewright.outcome import Outcome
from rulewright.ports import Store, Transaction
from rulewright.report.finding import split_place


class _NotAsPlannedError(Exception):
    """Rolls the transaction back; `conflicts` are the payloads that differ, and how."""

    def __init__(self, conflicts: list[Decided]) -> None:
        super().__init__()
        self.conflicts = conflicts


def planned_sources(plan: Sequence[Planned]) -> tuple[Source, ...]:
    """The files that a plan was made from. Raises PayloadError where it was made from stdin."""
    files = dict.fromkeys(_file_of(one.payload_at) for one in plan)
    if "<stdin>" in files:
        raise PayloadError("the plan was made from stdin; name the files that hold its payloads")
    return find_sources([*files])


def _file_of(place: str) -> str:
    """The file, and of a workbook also the sheet, as the command takes it."""
    sheet, cell, _ = place.rpartition("!")
    return sheet if cell and ".xlsx:" in sheet else split_place(place)[0]


def carry_out_plan(
    desk: Desk,
    store: Store,
    plan: Sequence[Planned],
    sources: Sequence[Source],
    before_commit: Callable[[Sequence[Decided]], None],
) -> tuple[list[Decided], bool]:
    """Decide every payload again, one after the other, and keep it all if it is as planned.

    `before_commit` is given what was decided; if it raises nothing is stored. If anything is not as planned
    nothing is either, and the outcomes are those of the payloads that differ. The second value says whether
    the plan was carried out. Raises PayloadError where there are no payloads to compare with the plan.
    """
    items = list(read_all_items(desk, sources))
    if not items:
        named = ", ".join(source.name for source in sources)
        raise PayloadError(
            f"the plan was made for {counted(len(plan), 'payload')}; now there is none in {named}"
        )
    if (wrong := _outdated(desk, plan, items)) is not None:
        return [_conflict(desk, items[0], wrong)], False
    job = f"plan {digest_of(plan)}"
    try:
        with store.transaction() as transaction:
            if store.progress(job):
                # All would be stored again, with other ids: what a plan creates changes none of its reads.
                return [_conflict(desk, items[0], "this plan was carried out already")], False
            decided = _decide_all(desk, items, plan, transaction)
            if any(outcome.changes or outcome.messages for _, outcome in decided):
                transaction.set_progress(job, 1)
            before_commit(decided)
    except _NotAsPlannedError as error:
        return error.conflicts, False
    except RecordRefusedError as error:
        return [_conflict(desk, items[-1], str(error))], False
    return decided, True


def _outdated(desk: Desk, plan: Sequence[Planned], items: Sequence[Item]) -> str | None:
    """Why the plan is not to be carried out, whatever its payloads are; None where it may be."""
    if desk.program.ruleset != plan[0].text("ruleset"):
        return "the rules have changed since this was planned"
    if len(items) != len(plan):
        return f"{len(plan)} payloads were planned, and now there are {len(items)}"
    return None


def _decide_all(
    desk: Desk, items: Sequence[Item], plan: Sequence[Planned], transaction: Transaction
) -> list[Decided]:
    """Decide and write every payload. Raises _NotAsPlannedError once all were compared."""
    decided: list[Decided] = []
    conflicts: list[Decided] = []
    for number, (item, planned) in enumerate(zip(items, plan, strict=True)):
        outcome, wrong = _decide(desk, item, number, planned, transaction)
        decided.append((item, outcome))
        if wrong is not None:
            conflicts.append(_conflict(desk, item, wrong))
    if conflicts:
        raise _NotAsPlannedError(conflicts)
    return decided


def _decide(
    desk: Desk, item: Item, number: int, planned: Planned, transaction: Transaction
) -> tuple[Outcome, str | None]:
    """Decide and write one payload at the time of its plan; say what is not as planned."""
    refused = desk.unreadable(item)
    if refused is not None:
        outcome = refused
    else:
        assert isinstance(item, Payload)
        then = replace(desk, as_of=planned.text("as_of"))
        outcome = then.program.apply_within(
            desk.resource, then.inputs(item.value, number), transaction
        ).outcome
    if digest_of_payload(desk, item) != planned.digest:
        return outcome, "the payload has changed since this was planned"
    rules = desk.program.compiled
    masked = mask_outcome(outcome, rules, item.value if isinstance(item, Payload) else None)
    return outcome, difference(planned, outcome, masked, rules)


def _conflict(desk: Desk, item: Item, message: str) -> Decided:
    return item, desk.refusal("conflict", message, item.at)
