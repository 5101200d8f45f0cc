"""What other records do after this one: reactions fire their events, in the same plan."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from rulewright import cel
from rulewright.compiled import CompiledReaction
from rulewright.evaluation.assembly import open_run
from rulewright.evaluation.effects import stored_record
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.lookups import evaluate_where, note_read
from rulewright.evaluation.masking import MASK, to_json
from rulewright.evaluation.run import Run
from rulewright.evaluation.stored_form import decode_record
from rulewright.evaluation.views import Layer

# language.md "Workflow": reactions run at most this deep.
_DEEPEST = 100
_REFUSALS = frozenset({"transition", "guard"})


def react(run: Run, judge: Callable[[Run], None]) -> None:
    """Fire the events of all reactions to what happened to the own record; `judge` runs the stages."""
    for reaction in run.rules.reactions.get((run.resource.name, run.inputs.operation), ()):
        _react_one(run, reaction, judge)
        if run.too_deep:
            return


def _react_one(run: Run, reaction: CompiledReaction, judge: Callable[[Run], None]) -> None:
    site = Site(reaction.id, "", reaction.rule.span, Stage.EFFECT, reaction.order)
    target = run.rules.resources[reaction.resource]
    source = decode_record(run.resource.fields, stored_record(run))
    scope = Layer({"source": source}, run.scope, fields={"source": run.resource.fields})
    try:
        where = evaluate_where(run, reaction.rule.for_each.resource, reaction.by, scope)
        payload = to_json(reaction.with_.value(scope))
    except cel.Unknown:
        return
    except cel.CelError as error:
        quotes = run.tells_secrets(reaction.with_, scope)
        run.undecided(site, reaction.by, error, scope, quotes_secrets=quotes)
        return
    if run.records is None or any(value is None for value in where.values()):
        return
    found = run.records.find(reaction.rule.for_each.resource, where)
    note_read(run, reaction.rule.fire, reaction.rule.for_each.resource, where, len(found))
    for record in found:
        if run.depth >= _DEEPEST:
            run.report(site, "limit", f"reactions are more than {_DEEPEST} deep")
            run.too_deep = True
        else:
            _fire(run, reaction, site, record.get(target.key), payload, judge)
        if run.too_deep:
            # The whole is refused: two records that react to each other have as many ways as 2 to the 100.
            return


def _fire(
    run: Run,
    reaction: CompiledReaction,
    site: Site,
    key: object,
    payload: object,
    judge: Callable[[Run], None],
) -> None:
    target = run.rules.resources[reaction.resource]
    inputs = structs.replace(
        run.inputs,
        operation=reaction.rule.fire,
        payload=payload,
        key=key,
        seed=run.chance.bits(64),
    )
    other = open_run(run.rules, target, inputs, run.records)
    other.tracer = run.tracer
    other.reserved, other.is_reaction, other.depth = run.reserved, True, run.depth + 1
    judge(other)
    _take_over(run, reaction, site, other, key)


def _take_over(run: Run, reaction: CompiledReaction, site: Site, other: Run, key: object) -> None:
    run.reads.update(other.reads)
    run.too_deep = other.too_deep
    problems = other.log.problems()
    if not other.can_move and reaction.rule.otherwise == "skip":
        refused = next(problem for problem in problems if problem.code in _REFUSALS)
        shown = MASK if other.resource.fields[other.resource.key].hides else key
        message = f"the {other.resource.file.noun} {shown} stays as it is: {refused.message}"
        run.report(site, refused.code, message, severity="info", because=refused.because)
        return
    for problem in problems:
        own = Site(problem.rule, "", None, Stage.EFFECT, reaction.order)
        run.log.add(own, structs.replace(problem, path=""))
    run.changes.extend(other.changes)
    run.messages.extend(other.messages)
