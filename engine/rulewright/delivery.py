"""The only place where effects become real: a decision is made again and carried out in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

from rulewright.compiled import CompiledRules
from rulewright.errors import ReferenceViolationError, UniqueViolationError
from rulewright.evaluation import Inputs, decide
from rulewright.outcome import Change, Outcome
from rulewright.ports import Records, Transaction
from rulewright.problem import Because, Problem

# language.md "Effects": apply writes bound creates, updates, own record, rest.
_WRITE_ORDER: Final = {"bound": 0, "update": 1, "own": 2, "rest": 3}

Decide = Callable[[Inputs, Records], Outcome]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What `apply` did: the outcome as decided inside the transaction, and whether it was stored."""

    outcome: Outcome
    stored: bool


def carry_out(rules: CompiledRules, resource: str, inputs: Inputs, transaction: Transaction) -> Receipt:
    """Decide against the transaction's own reads, then write what was decided. A refusal writes nothing.

    Raises AdapterError where the store fails; then the transaction must be rolled back.
    """
    outcome = decide(rules, resource, inputs, transaction)
    if not outcome.accepted:
        return Receipt(outcome, stored=False)
    try:
        with transaction.savepoint():
            write_changes(outcome.changes, transaction, rules)
    except (UniqueViolationError, ReferenceViolationError) as error:
        return Receipt(_contradicted(outcome, error), stored=False)
    return Receipt(outcome, stored=True)


def write_changes(changes: Iterable[Change], transaction: Transaction, rules: CompiledRules) -> None:
    """Write planned changes in the order that keeps every constraint satisfied."""
    for change in sorted(changes, key=lambda change: _WRITE_ORDER[change.stage]):
        if change.op == "create":
            fields = rules.resources[change.resource].fields
            transaction.insert(change.resource, {name: change.set.get(name) for name in fields})
        else:
            transaction.update(change.resource, change.key, change.set)


def _contradicted(outcome: Outcome, error: UniqueViolationError | ReferenceViolationError) -> Outcome:
    """The store holds a constraint that the rules could not judge: the payload is refused."""
    problem = Problem(
        rule=f"{outcome.resource}.store",
        code="unique" if isinstance(error, UniqueViolationError) else "conflict",
        path="",
        message=str(error),
        because=Because(),
    )
    return replace(
        outcome,
        verdict="rejected",
        problems=(*outcome.problems, problem),
        record=None,
        changes=(),
        messages=(),
    )
