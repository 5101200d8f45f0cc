"""Making kept decisions again: with the same rules, and the records as they were, each comes out the same.

Decisions are made in their order, in a store that holds what was there before the first of them. A decision
that can't be made again, or comes out otherwise, leaves what it once wrote, so that those after it meet the
records that they met then.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final, Literal

from msgspec import Struct

from rulewright.compiled import CompiledRules
from rulewright.delivery import carry_out
from rulewright.errors import AdapterError, EvaluationError
from rulewright.evaluation import MASK, mask_key
from rulewright.evaluation.overlay import matches, sequence_number
from rulewright.history import DECISIONS, Decision, find_decision, inputs_of
from rulewright.outcome import Outcome
from rulewright.ports import Records, Store, Transaction

# What is to be the same again; messages are numbered by the outbox, and may be asked for beside the rules.
_COMPARED: Final = ("as_of", "actor", "operation", "resource", "key", "reads", "changes", "problems")
Fate = Literal["same", "different", "missing records", "masked", "other rules", "no decision"]


class Replayed(Struct, frozen=True):
    """What came of making a decision again. `differences` names what was different, or says why.

    "missing records": it can't be made again, as it read or changed records that no kept decision made;
    `differences` names them.
    "masked": it depends on sensitive values, which were not kept. "other rules": other rules made it.
    "no decision": a reply was written back into a record.
    """

    decision: Decision
    fate: Fate
    differences: tuple[str, ...] = ()


def replay(rules: CompiledRules, decisions: Iterable[Decision], store: Store) -> Iterator[Replayed]:
    """Make decisions again, in their order, in a `store` that was prepared; yield how each came out.

    What is decided is written to `store`: it must not be the one that the decisions are from.
    """
    for decision in decisions:
        replayed = _replay(rules, decision, store)
        if replayed.fate != "same":
            # What it names may have been there before the history began, and be missing here.
            with suppress(AdapterError), store.transaction() as transaction:
                _write_as_it_was(rules, decision, transaction)
        yield replayed


def _replay(rules: CompiledRules, decision: Decision, store: Store) -> Replayed:
    if decision.operation == "write_back":
        return Replayed(decision, "no decision")
    if decision.ruleset != rules.digest:
        return Replayed(decision, "other rules")
    differences = _differences(rules, decision, store)
    if not differences:
        return Replayed(decision, "same")
    missing = tuple(_missing(rules, decision, store))
    if missing:
        return Replayed(decision, "missing records", missing)
    masked = MASK in repr((decision.payload, decision.actor, decision.request, decision.changes))
    return Replayed(decision, "masked" if masked else "different", differences)


def _missing(rules: CompiledRules, decision: Decision, store: Records) -> Iterator[str]:
    """Name the records that a decision met, and that `store` lacks; each once."""
    changes = [one for one in decision.changes if one["resource"] in rules.resources]
    created = [one for one in changes if one["op"] == "create"]
    reads = [one for one in decision.reads if one["resource"] in rules.resources]
    yield from _missing_of_reads(reads, created, store)
    # An update may leave its record as it is: no change names that one.
    own_record = [] if decision.operation == "create" else [(decision.resource, decision.key)]
    changed = [*own_record, *((one["resource"], one["key"]) for one in changes)]
    made_here = {(one["resource"], one["key"]) for one in created}
    for resource, key in dict.fromkeys(changed):
        is_known = (resource, key) in made_here or MASK in repr(key)
        if not is_known and not store.find(resource, {rules.resources[resource].key: key}, 1):
            yield f"{resource} {mask_key(rules, resource, key)}"
    yield from _skipped_numbers(rules, created, store)


def _missing_of_reads(
    reads: Iterable[Mapping[str, Any]], created: Iterable[Mapping[str, Any]], store: Records
) -> Iterator[str]:
    """Name what reads found more of than there is now, counting what the decision itself created."""
    for read in reads:
        resource, by = read["resource"], read["by"]
        own = sum(one["resource"] == resource and matches(one["set"], by) for one in created)
        # What is masked finds nothing.
        if MASK not in repr(by) and store.count(resource, by) + own < read["found"]:
            said = ", ".join(f"{name} {value}" for name, value in by.items())
            yield f"{resource} with {said}" if said else str(resource)


def _skipped_numbers(
    rules: CompiledRules, created: Iterable[Mapping[str, Any]], store: Records
) -> Iterator[str]:
    """Name the records that must have had the numbers before those which a decision gave."""
    given: set[tuple[str, str]] = set()
    for change in created:
        resource = change["resource"]
        for name, field in rules.resources[resource].fields.items():
            generate = field.rule.generate
            if generate is None or generate.kind != "sequence" or (resource, name) in given:
                continue
            given.add((resource, name))
            prefix = str(generate.options.get("prefix") or "")
            number = sequence_number(change["set"].get(name), prefix)
            if number > store.last_in_sequence(resource, name, prefix) + 1:
                yield f"{resource} before {name} {change['set'][name]}"


class _OtherwiseError(Exception):
    """It came out otherwise: nothing of it is to stay."""

    def __init__(self, differences: tuple[str, ...]) -> None:
        super().__init__()
        self.differences = differences


def _differences(rules: CompiledRules, decision: Decision, store: Store) -> tuple[str, ...]:
    """Decide again; what was decided is written only if it is the same."""
    try:
        with store.transaction() as transaction:
            receipt = carry_out(rules, decision.resource, inputs_of(decision), transaction)
            again = _kept_last(transaction) if receipt.stored else None
            differences = _compared(decision, again) if again is not None else (_refusal(receipt.outcome),)
            if differences:
                raise _OtherwiseError(differences)
    except _OtherwiseError as otherwise:
        return otherwise.differences
    except (AdapterError, EvaluationError) as error:
        return (str(error),)
    return ()


def _kept_last(transaction: Transaction) -> Decision | None:
    last = transaction.last_in_sequence(DECISIONS.resource, DECISIONS.key, "")
    (row,) = transaction.find(DECISIONS.resource, {"id": last}, 1)
    return find_decision(transaction, row["decision"])


def _compared(decision: Decision, again: Decision) -> tuple[str, ...]:
    return tuple(name for name in _COMPARED if getattr(decision, name) != getattr(again, name))


def _refusal(outcome: Outcome) -> str:
    problems = ", ".join(f"{one.code} {one.path}".strip() for one in outcome.problems) or "nothing stored"
    return f"{outcome.verdict}: {problems}"


def _write_as_it_was(rules: CompiledRules, decision: Decision, transaction: Transaction) -> None:
    """Write what a decision wrote then, as far as it is known; first what it created, which others name.

    Fields that the rules have no longer are left out: no rule reads them.
    """
    changes = [one for one in decision.changes if one["resource"] in rules.resources]
    for change in sorted(changes, key=lambda one: one["op"] != "create"):
        fields = rules.resources[change["resource"]].fields
        values = {name: value for name, value in change["set"].items() if name in fields}
        with suppress(AdapterError), transaction.savepoint():
            if change["op"] == "create":
                transaction.insert(change["resource"], values)
            else:
                transaction.update(change["resource"], change["key"], values)
