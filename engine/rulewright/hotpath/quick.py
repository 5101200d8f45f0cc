"""What decides a resource's creates, or its updates: code that accepts, or else tells what is wrong."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.evaluation import Inputs
from rulewright.hotpath.accepting import accepted
from rulewright.hotpath.intake import GENERATED
from rulewright.hotpath.runtime.refusals import Entry
from rulewright.hotpath.runtime.state import State
from rulewright.hotpath.telling import Teller
from rulewright.hotpath.writing.build import Generated, generate
from rulewright.hotpath.writing.unit import NotGenerated
from rulewright.outcome import Outcome
from rulewright.ports import Records, StoredRecord

_SETS: Final = (set, frozenset)


@dataclass(frozen=True, slots=True)
class Quick:
    """The generated program of one resource, ready to decide."""

    rules: CompiledRules
    resource: CompiledResource
    code: Generated
    teller: Teller

    def decide(self, inputs: Inputs, records: Records | None) -> Outcome | None:
        """The outcome, or None where the generated code isn't sure."""
        judged = self.judge(inputs, records)
        return self.accepted(inputs, judged) if isinstance(judged, State) else judged

    def judge(self, inputs: Inputs, records: Records | None) -> State | Outcome | None:
        """As `decide`, but of what is accepted what came of it: see `accepted`."""
        lists, teller = self.code.lists, self.teller
        if lists and _has_sets(inputs.payload, lists):
            return None
        if teller.has_refused and (outcome := teller.tell(inputs, records, at_sight=True)) is not None:
            # After a refusal another is likely, which a glance shows.
            return outcome
        run = _run(self.code, inputs, records)
        teller.has_refused = run is None
        return run if run is not None else teller.tell(inputs, records)

    def accepted(self, inputs: Inputs, run: State) -> Outcome:
        """The outcome of a payload that was accepted."""
        return accepted(self.rules, self.resource, self.code, inputs, run, run.body)


@dataclass(frozen=True, slots=True)
class QuickUpdate:
    """The generated program of a resource's updates, or of an event, ready to decide."""

    rules: CompiledRules
    resource: CompiledResource
    code: Generated
    teller: Teller

    def decide(self, inputs: Inputs, records: Records | None) -> Outcome | None:
        """The outcome, or None where the generated code isn't sure."""
        if records is None or inputs.key is None or _has_sets(inputs.payload, self.code.lists):
            return None
        with suppress(Exception):  # as in `_run`
            (stored,) = records.find(self.resource.name, {self.resource.key: inputs.key}, 1)
            held = stored.get(self.resource.key)
            if held != inputs.key or held.__class__ is not inputs.key.__class__:
                # A list of one key finds its record, too, and 1.0 finds that of 1.
                return None
            run = _run(self.code, inputs, records, stored)
            if run is None:
                return self._refused(inputs, records, stored)
            return accepted(self.rules, self.resource, self.code, inputs, run, run.body)
        return None

    def _refused(self, inputs: Inputs, records: Records, stored: StoredRecord) -> Outcome | None:
        """What is told of an update, and of an event that no transition allows."""
        code, payload = self.code, inputs.payload
        if code.refuse is None:
            return self.teller.tell(inputs, records, stored)
        p = code.convert(payload, code.struct)
        given = p, payload, records, inputs.actor, inputs.request, inputs.now, inputs.seed, stored
        run = code.open(*given)
        entries: list[Entry] = []
        code.refuse(run, entries)
        return self.teller.refused("rejected", inputs, run, tuple(problem for _, problem in entries))


def _run(code: Generated, inputs: Inputs, records: Records | None, *stored: StoredRecord) -> State | None:
    """What comes of a payload that is surely accepted; `stored` is the record that an update is of."""
    payload = inputs.payload
    if payload.__class__ is not dict:
        return None
    try:
        return code.accept(
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


def _has_sets(payload: object, lists: tuple[str, ...]) -> bool:
    """Whether a list was sent as a set of Python, which a Struct takes and the evaluator does not."""
    if not isinstance(payload, dict):
        return False
    for name in lists:  # noqa: SIM110 - a generator takes three times as long
        if payload.get(name).__class__ in _SETS:
            return True
    return False


def make_quick(
    rules: CompiledRules, resource: CompiledResource, operation: str = "create", *, has_store: bool = True
) -> Quick | QuickUpdate | None:
    """Generate a resource's program of creates or updates; None where the plain evaluator decides all."""
    declared = [one.name for one in resource.file.operations]
    is_event = resource.has_event(operation)
    if not is_event and declared and operation not in declared:
        return None
    if is_event and operation in GENERATED:
        # What is meant by such an event's name, an update or a step?
        return None
    try:
        code = generate(rules, resource, operation, has_store=has_store)
        teller = Teller(rules, resource, operation, code)
        if operation != "create":
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
