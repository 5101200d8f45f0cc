"""Payload -> Outcome, by generated code where it is sure, else by the plain evaluator."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation import Inputs, Tracer, find_resource
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.intake import GENERATED
from rulewright.outcome import Outcome
from rulewright.ports import Records

if TYPE_CHECKING:
    from rulewright.hotpath.accepting import Written
    from rulewright.hotpath.quick import Quick, QuickUpdate

# Payloads of a resource that are decided plainly first: generating takes as long as a few decisions, and most
# runs of the command have one.
WARM_UP: Final = 2
# The operations that programs are generated for, beside the events of a workflow.


def decide(
    rules: CompiledRules,
    resource: str,
    inputs: Inputs,
    records: Records | None,
    tracer: Tracer | None = None,
    *,
    referee: bool = False,
) -> Outcome:
    """Decide one payload: the same outcome as `evaluation.decide`, sooner. Parameters as there.

    `referee`: let the plain evaluator decide, as it does where a tracer watches.
    """
    operation = inputs.operation
    is_generated = operation in GENERATED or _is_event(rules, resource, operation)
    if tracer is None and not referee and is_generated and not inputs.trusted:
        # What is no text, and may have no hash, is told as an unknown resource below.
        has_store = records is not None
        programs = _programs(rules, operation, has_store)
        quick = programs.get(resource, 0) if resource.__class__ is str else None
        if quick.__class__ is int:
            quick = _warm(rules, resource, operation, has_store)
        if quick is not None:
            outcome: Outcome | None = cast("Quick | QuickUpdate", quick).decide(inputs, records)
            if outcome is not None:
                return outcome
    return decide_plainly(rules, resource, inputs, records, tracer)


def decide_quickly(
    rules: CompiledRules, resource: str, inputs: Inputs, records: Records | None
) -> Outcome | None:
    """The outcome, or None where the generated code isn't sure."""
    operation = inputs.operation
    if inputs.trusted or not (operation in GENERATED or _is_event(rules, resource, operation)):
        return None
    quick = _made_for(rules, find_resource(rules, resource), operation, records is not None)
    return quick.decide(inputs, records) if quick is not None else None


def _is_event(rules: CompiledRules, resource: str, operation: str) -> bool:
    found = rules.resources.get(resource) if resource.__class__ is str else None
    return found is not None and found.has_event(operation)


def quick_for(rules: CompiledRules, resource: CompiledResource, *, has_store: bool = True) -> Quick | None:
    """Return the program of a resource's creates, generated at its first use; None where there is none."""
    return cast("Quick | None", _made_for(rules, resource, "create", has_store))


def _made_for(
    rules: CompiledRules, resource: CompiledResource, operation: str, has_store: bool
) -> Quick | QuickUpdate | None:
    programs = _programs(rules, operation, has_store)
    kept = programs.get(resource.name, 0)
    if isinstance(kept, int):
        # Two threads may both generate it; the programs are alike, and either may stay.
        make = _lazy_quick().make_quick
        kept = programs[resource.name] = make(rules, resource, operation, has_store=has_store)
    return cast("Quick | QuickUpdate | None", kept)


def _warm(rules: CompiledRules, name: str, operation: str, has_store: bool) -> Quick | QuickUpdate | None:
    """The program of a resource that was asked for often enough, else None."""
    resource = find_resource(rules, name)
    programs = _programs(rules, operation, has_store)
    asked = programs.get(name, 0)
    if isinstance(asked, int) and asked < WARM_UP:
        programs[name] = asked + 1
        return None
    return _made_for(rules, resource, operation, has_store)


def _programs(rules: CompiledRules, operation: str, has_store: bool) -> dict[str, object]:
    """Each resource's program of an operation, or how many payloads it had so far.

    Kept with the rules, so that rules with other settings have their own.
    """
    kind = f"_hotpath_{operation}" if has_store else f"_hotpath_{operation}_without_store"
    programs: dict[str, object] = vars(rules).setdefault(kind, {})
    return programs


def program_source(rules: CompiledRules, resource: CompiledResource, operation: str = "create") -> str:
    """Return the generated source of a resource's hot path for creates or updates, for people to read.

    Where nothing is generated, a comment says why.
    """
    return str(_lazy_quick().source_of(rules, resource, operation))


def written_by(outcome: Outcome) -> Written | None:
    """See `accepting.written_by`."""
    if not hasattr(outcome, "_later"):
        return None
    # Only the generated code leaves parts for later: it was imported then.
    written: Written | None = import_module("rulewright.hotpath.accepting").written_by(outcome)
    return written


def _lazy_quick() -> Any:
    # Generating needs msgspec and marshmallow, which take a command's time to import.
    return import_module("rulewright.hotpath.quick")
