"""An accepted payload as an Outcome: verdict and record at once, the other parts when they are read."""

from __future__ import annotations

from typing import Any, cast

from msgspec import Struct

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.dialects import refuse
from rulewright.evaluation import Inputs
from rulewright.evaluation.lookups import note_read
from rulewright.evaluation.overlay import same
from rulewright.fieldtypes import encode_datetime
from rulewright.hotpath.runtime.state import UNSHAPED, State
from rulewright.hotpath.writing.build import Generated
from rulewright.outcome import Change, Claim, Message, Outcome, OutcomeDraft, Read, Response
from rulewright.problem import Problem

# Changes and reads as tuples, in the order of the fields of Change and Read. Sensitive values are not masked,
# and what is null may be named.
Written = tuple[list[tuple[Any, ...]], list[tuple[str, str, dict[str, object], int]]]


def accepted(
    rules: CompiledRules,
    resource: CompiledResource,
    generated: Generated,
    inputs: Inputs,
    run: State,
    body: object,
    problems: tuple[Problem, ...] = (),
) -> Outcome:
    """Make the outcome of an accepted create or update; `problems` are its warnings."""
    outcome = OutcomeDraft()
    outcome.resource = resource.name
    outcome.operation = inputs.operation
    outcome.verdict = "accepted"
    outcome.problems = problems
    outcome.record = run.record
    outcome._later = AcceptedParts(rules, resource, generated, inputs, run, body)
    return outcome.finish()


class AcceptedParts(Struct, frozen=True):
    """Works out the parts of an acceptance that wait: they read what was decided, never a store.

    A Struct, because a `partial` takes three times as long to make.
    """

    rules: CompiledRules
    resource: CompiledResource
    generated: Generated
    inputs: Inputs
    run: State
    body: object

    def __call__(self) -> dict[str, object]:
        return {
            **_same(self.rules),
            "messages": messages_of(self.run),
            "claim": claim_of(self.run),
            "changes": _changes_of(self.resource, self.run),
            "_later": self._told,
        }

    def _told(self) -> dict[str, object]:
        """What is told to a caller, and is nothing to who stores the changes."""
        run, status = self.run, self.generated.status
        body = self.generated.respond(run) if self.body is UNSHAPED else self.body
        return {
            "reads": _reads(self.rules, run) if run.reads else (),
            "as_of": str(encode_datetime(self.inputs.now)),
            "response": Response(status, body) if status is not None else None,
        }


class RefusedParts(Struct, frozen=True):
    """Works out the parts of a refusal that wait."""

    rules: CompiledRules
    resource: CompiledResource
    inputs: Inputs
    run: State
    problems: tuple[Problem, ...]

    def __call__(self) -> dict[str, object]:
        rules, resource, api = self.rules, self.resource, self.resource.api
        speaks_http = resource.file.operations or (api is not None and api.errors is not None)
        return {
            **_same(rules),
            "record": None,
            "changes": (),
            "reads": _reads(rules, self.run),
            "as_of": str(encode_datetime(self.inputs.now)),
            "response": refuse(api, self.problems, resource.dialect) if speaks_http else None,
        }


def _same(rules: CompiledRules) -> dict[str, object]:
    """What all of these outcomes have in common."""
    return {"messages": (), "ruleset": rules.digest, "replayed": False, "claim": None, "version": 1}


def claim_of(run: State) -> Claim | None:
    """The idempotency key that the call takes; most resources have no rule of them."""
    claim = getattr(run, "c_claim", None)
    return claim if isinstance(claim, Claim) else None


def messages_of(run: State) -> tuple[Message, ...]:
    """What is to be sent; most resources send nothing."""
    return tuple(getattr(run, "messages", ()))


def _changes_of(resource: CompiledResource, run: State) -> tuple[Change, ...]:
    operation, name, key, written, *rest = _own_change(resource, run)
    if operation == "create":
        written = {field: value for field, value in written.items() if value is not None}
    own = [Change(operation, name, key, written, *rest)] if written else []
    return (*own, *(Change(*parts) for parts in run.changes))


def _own_change(resource: CompiledResource, run: State) -> tuple[Any, ...]:
    """What happens to the own record, as a Change is made of; of a create with what is null."""
    name, record = resource.name, run.record
    if run.link.operation == "create":
        return ("create", name, run.key, record, None, f"{name}.record", "own")
    stored = run.current
    # Most is the very object that was stored.
    changed = {
        field: value
        for field, value in record.items()
        if value is not stored.get(field) and not same(value, stored.get(field))
    }
    before = {field: stored.get(field) for field in changed}
    return ("update", name, run.key, changed, before, f"{name}.record", "own")


def written_by(outcome: Outcome) -> Written | None:
    """Return what an accepted outcome writes and what it read, without making its parts.

    None where they are made already, or by the plain evaluator, or with an idempotency key or messages: then
    the outcome itself tells.
    """
    later = outcome._later
    return written_of(later.resource, later.run) if isinstance(later, AcceptedParts) else None


def written_of(resource: CompiledResource, run: State) -> Written | None:
    """The same of a payload that generated code accepted."""
    if claim_of(run) is not None or messages_of(run):
        return None
    own = _own_change(resource, run)
    reads = run.reads
    if len(reads) > 1 and len({read[0] for read in reads}) < len(reads):
        rules = run.link.rules
        reads = [(one.lookup, one.resource, {**one.by}, one.found) for one in _reads(rules, run)]
    return [own, *run.changes] if own[3] else [*run.changes], reads


class _Notes:
    """What `note_read` asks of a run."""

    def __init__(self, rules: CompiledRules) -> None:
        self.rules = rules
        self.reads: dict[tuple[str, str], Read] = {}


def _reads(rules: CompiledRules, run: State) -> tuple[Read, ...]:
    notes = _Notes(rules)
    for name, resource, by, found in run.reads:
        note_read(cast(Any, notes), name, resource, by, found)
    return tuple(notes.reads.values())
