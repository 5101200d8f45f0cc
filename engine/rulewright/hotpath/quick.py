"""What decides a resource's creates, or its updates: code that accepts, or else tells what is wrong."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation import Inputs
from rulewright.hotpath.accepting import accepted
from rulewright.hotpath.build import Generated, generate
from rulewright.hotpath.telling import Teller
from rulewright.hotpath.unit import NotGenerated
from rulewright.outcome import Outcome
from rulewright.ports import Records, StoredRecord


@dataclass(frozen=True, slots=True)
class Quick:
    """The generated program of one resource, ready to decide."""

    rules: CompiledRules
    resource: CompiledResource
    code: Generated
    teller: Teller

    def decide(self, inputs: Inputs, records: Records | None) -> Outcome | None:
        """The outcome, or None where the generated code isn't sure."""
        if self.code.lists and _has_sets(inputs.payload, self.code.lists):
            return None
        teller = self.teller
        if teller.has_refused and (outcome := teller.tell(inputs, records, at_sight=True)) is not None:
            # After a refusal another is likely, which a glance shows.
            return outcome
        outcome = _accept(self, inputs, records)
        teller.has_refused = outcome is None
        return outcome if outcome is not None else teller.tell(inputs, records)


@dataclass(frozen=True, slots=True)
class QuickUpdate:
    """The generated program of a resource's updates, ready to decide."""

    rules: CompiledRules
    resource: CompiledResource
    code: Generated
    teller: Teller

    def decide(self, inputs: Inputs, records: Records | None) -> Outcome | None:
        """The outcome, or None where the generated code isn't sure."""
        if records is None or inputs.key is None or _has_sets(inputs.payload, self.code.lists):
            return None
        with suppress(Exception):  # as in `_accept`
            (stored,) = records.find(self.resource.name, {self.resource.key: inputs.key}, 1)
            outcome = _accept(self, inputs, records, stored)
            return outcome if outcome is not None else self.teller.tell(inputs, records, stored)
        return None


def _accept(
    quick: Quick | QuickUpdate, inputs: Inputs, records: Records | None, *stored: StoredRecord
) -> Outcome | None:
    """The outcome of what is surely accepted; `stored` is the record that an update is of."""
    code, payload = quick.code, inputs.payload
    if payload.__class__ is not dict:
        return None
    try:
        run = code.accept(
            code.convert(payload, code.struct),
            payload,
            records,
            inputs.actor,
            inputs.request,
            inputs.now,
            inputs.seed,
            *stored,
        )
    except Exception:  # whatever it was, the plain evaluator meets it again, and tells it
        return None
    return accepted(quick.rules, quick.resource, code, inputs, run, run.body)


def _has_sets(payload: object, lists: tuple[str, ...]) -> bool:
    """Whether a list was sent as a set of Python, which a Struct takes and the evaluator does not."""
    if not isinstance(payload, dict):
        return False
    return any(payload.get(name).__class__ in (set, frozenset) for name in lists)


def make_quick(
    rules: CompiledRules, resource: CompiledResource, operation: str = "create", *, has_store: bool = True
) -> Quick | QuickUpdate | None:
    """Generate a resource's program of creates or updates; None where the plain evaluator decides all."""
    declared = [one.name for one in resource.file.operations]
    if resource.has_event(operation) or (declared and operation not in declared):
        return None
    try:
        code = generate(rules, resource, operation, has_store=has_store)
        teller = Teller(rules, resource, operation, code)
        if operation == "update":
            return QuickUpdate(rules, resource, code, teller)
        return Quick(rules, resource, code, teller)
    except Exception:  # a defect of ours must cost nobody more than time; tests see to it that there is none
        return None


def source_of(rules: CompiledRules, resource: CompiledResource, operation: str) -> str:
    """The generated source, for people to read; where nothing is generated, a comment says why."""
    try:
        return generate(rules, resource, operation).source
    except NotGenerated as reason:
        return f"# The plain evaluator decides: {reason}\n"
