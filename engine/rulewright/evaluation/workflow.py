"""The step of an event: from which state, under which guard, to which state."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from rulewright import cel
from rulewright.compiled import CompiledTransition, CompiledWorkflow
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.masking import MASK
from rulewright.evaluation.provenance import holds_secret
from rulewright.evaluation.run import FAILED, Run
from rulewright.evaluation.views import Layer
from rulewright.formula import OWN_ROOTS
from rulewright.problem import Because


def take_step(run: Run) -> None:
    """Choose the transition of the event and let `record` show its result.

    Of several transitions of one event and state the first whose guard holds is taken. None:
    `transition`; all guards false: `guard`, both at "" (language.md "Workflow").
    """
    workflow = run.resource.workflow
    if not run.is_event or workflow is None:
        return
    state = current_state(run, workflow)
    if state is FAILED:
        return
    event = run.inputs.operation
    possible = _possible(workflow, event, state)
    if not possible:
        _report_no_transition(run, workflow, event, state)
        return
    for transition in possible:
        held = transition.guard is None or run.holds(transition.guard, site_of(transition))
        if held:
            _move(run, workflow, transition)
            return
        if held is None:
            # Unsound or undecided: whether this or a later one would be taken can't be told.
            return
    _report_guards(run, possible)


def current_state(run: Run, workflow: CompiledWorkflow) -> object:
    """Return the state of the stored record; FAILED where it can't be worked out."""
    if workflow.rule.field is not None:
        return run.current.get(workflow.rule.field) if run.current is not None else None
    if workflow.state_from is None:
        return None
    site = Site(f"{run.resource.name}.workflow.state_from", "", workflow.state_from.span, Stage.WORKFLOW)
    return run.attempt(workflow.state_from, site)


def _shown(run: Run, workflow: CompiledWorkflow, state: object) -> object:
    field = run.resource.fields.get(workflow.rule.field or "")
    formula = workflow.state_from
    hidden = field is not None and field.hides
    if hidden or (formula is not None and holds_secret(run.rules, run.resource, formula)):
        return state if state is None else MASK
    return state


def _possible(workflow: CompiledWorkflow, event: str, state: object) -> list[CompiledTransition]:
    """The transitions of an event that leave a state, in the order of the file."""
    return [
        one for one in workflow.transitions if one.rule.event == event and starts_from(workflow, one, state)
    ]


def starts_from(workflow: CompiledWorkflow, transition: CompiledTransition, state: object) -> bool:
    """Whether a transition leaves `state`; "*" means every state that is not final."""
    if "*" not in transition.rule.from_states:
        return state in transition.rule.from_states
    return not any(one.final and one.name == state for one in workflow.rule.states)


def site_of(transition: CompiledTransition) -> Site:
    """Where a transition's refusal is reported."""
    span = transition.rule.at.get("guard", transition.rule.span)
    return Site(transition.id, "", span, Stage.WORKFLOW, transition.order)


def _move(run: Run, workflow: CompiledWorkflow, transition: CompiledTransition) -> None:
    run.transition = transition
    fields = run.resource.fields
    moved: dict[str, object] = {}
    try:
        # What it sets is worked out on the record as it was, whichever fields were read before.
        moved = {name: fit(fields[name], value) for name, value in transition.set.value(run.scope).items()}
    except cel.Unknown:
        pass
    except cel.CelError as error:
        run.undecided(site_of(transition), transition.set, error)
    if workflow.rule.field is not None:
        run.own[workflow.rule.field] = transition.rule.to
    run.own.update(moved)
    run.record.forget()


def _report_no_transition(run: Run, workflow: CompiledWorkflow, event: str, state: object) -> None:
    known = [one for one in workflow.transitions if one.rule.event == event]
    span = known[0].rule.span if known else workflow.rule.span
    run.can_move = False
    site = Site(f"{run.resource.name}.workflow.{event}", "", span, Stage.WORKFLOW)
    run.report(
        site,
        "transition",
        f"{event} {_why_not(run, workflow, event, state)}",
        because=Because(None, {"state": _shown(run, workflow, state)}),
        vendor=next((one.rule.error for one in known if one.rule.error is not None), None),
    )


def _why_not(run: Run, workflow: CompiledWorkflow, event: str, state: object) -> str:
    """Why no transition of an event leaves a state, and from which states one does."""
    known = (one.rule.from_states for one in workflow.transitions if one.rule.event == event)
    sources = sorted({source for states in known for source in states if source != "*"})
    shown = _shown(run, workflow, state)
    # A state may be gone from the rules, and records still be in it.
    gone = ", which the rules do not have" if shown is state and state not in (None, *workflow.states) else ""
    hint = f"; it is possible from {' or '.join(sources)}" if sources else ""
    return f"is not possible in state {shown}{gone}{hint}"


def _report_guards(run: Run, possible: list[CompiledTransition]) -> None:
    run.can_move = False
    first = possible[0]
    reasons = [one.guard.text.strip() for one in possible if one.guard is not None]
    because = run.because(first.guard) if first.guard is not None else None
    run.report(
        site_of(first),
        "guard",
        f"{first.rule.event} is not allowed: {' and '.join(reasons)} does not hold",
        because=because,
        vendor=next((one.rule.error for one in possible if one.rule.error is not None), None),
    )


def verify_state(run: Run) -> None:
    """Where the state is worked out (`state_from`), the taken transition must have led to its `to`."""
    workflow = run.resource.workflow
    if workflow is None or workflow.state_from is None or run.transition is None:
        return
    site = site_of(run.transition)
    scope = Layer({"current": run.record}, run.scope, fields={"current": run.resource.fields})
    reached = run.attempt(workflow.state_from, site, scope)
    if reached is not FAILED and reached != run.transition.rule.to:
        rule, shown = run.transition.rule, _shown(run, workflow, reached)
        run.report(site, "transition", f"{rule.event} should lead to {rule.to}, and leads to {shown}")


class Move(Struct, frozen=True):
    """One event of a record, as `transitions` lists it: allowed to happen, or why not.

    `to` is the state it would lead to; `guard` and `because` are the condition that fails and what it
    read. `missing` are the payload fields that must be sent with the event. `allowed` is None where `guard`
    can't be decided: it fails, or reads what is missing. `why` says it of an event that its state rules out.
    """

    event: str
    allowed: bool | None
    to: str | None = None
    guard: str | None = None
    because: Because | None = None
    missing: tuple[str, ...] = ()
    why: str | None = None


def judge_move(run: Run) -> Move:
    """Say whether the run's event may happen to its record as it is, before anything is sent with it."""
    workflow, event = run.resource.workflow, run.inputs.operation
    assert workflow is not None
    missing = tuple(name for name, field in workflow.events[event].items() if field.rule.required)
    state = current_state(run, workflow)
    possible = _possible(workflow, event, state)
    for transition in possible:
        if transition.guard is None:
            return Move(event, True, transition.rule.to, missing=missing)
        awaited = any(
            len(path) > 1 and path[0] in OWN_ROOTS and path[1] in missing for path in transition.guard.reads
        )
        held = None if awaited else run.holds(transition.guard, site_of(transition))
        if held:
            return Move(event, True, transition.rule.to, missing=missing)
        if held is None:
            # As in take_step: whether this or a later one would be taken can't be told.
            return _withheld(run, transition, None, missing)
    if possible:
        return _withheld(run, possible[0], False, missing)
    return Move(event, False, why=_why_not(run, workflow, event, state))


def _withheld(
    run: Run, transition: CompiledTransition, allowed: Literal[False] | None, missing: tuple[str, ...]
) -> Move:
    """The move by a transition whose guard fails, or can't be decided."""
    rule, guard = transition.rule, transition.guard
    assert guard is not None
    return Move(rule.event, allowed, rule.to, guard.text.strip(), run.because(guard), missing)
