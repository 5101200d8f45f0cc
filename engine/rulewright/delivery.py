"""The only place where effects become real: a decision is made again and carried out in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from msgspec import Struct

from rulewright.compiled import CompiledRules
from rulewright.conflicts import despite_conflicts
from rulewright.errors import AdapterError, OversizeError, RecordRefusedError, UniqueViolationError
from rulewright.evaluation import CLAIMS, Inputs, mask_outcome
from rulewright.history_writer import HistoryWriter
from rulewright.hotpath import decide
from rulewright.outbox import Letter, forwarded, keep_messages
from rulewright.outcome import Change, Claim, Outcome
from rulewright.ports import Records, Transaction
from rulewright.problem import Because, Problem
from rulewright.timeouts import keep_entries

# language.md "Effects": apply writes bound creates, updates, own record, rest.
WRITE_ORDER: Final = {"bound": 0, "update": 1, "own": 2, "rest": 3}


class Receipt(Struct, frozen=True):
    """What `apply` did: the outcome as decided inside the transaction, and whether it was stored."""

    outcome: Outcome
    stored: bool

    @property
    def accepted(self) -> bool:
        """Whether the outcome's verdict is "accepted"."""
        return self.outcome.accepted

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Those of the outcome."""
        return self.outcome.problems

    @property
    def record(self) -> Mapping[str, object] | None:
        """That of the outcome."""
        return self.outcome.record

    @property
    def changes(self) -> tuple[Change, ...]:
        """Those of the outcome."""
        return self.outcome.changes


_Made = TypeVar("_Made", bound=Receipt | None)


def in_own_transaction(
    rules: CompiledRules, resource: str, inputs: Inputs, store: Records, transact: Callable[[], _Made]
) -> _Made | Receipt:
    """Return what `transact` makes of one payload in a transaction of its own.

    It is done again where the store gives it up for another's sake. What a constraint forbids only when the
    transaction ends (other records name this one by a value that it loses) is a refusal, as in a batch.
    """
    try:
        return despite_conflicts(transact)
    except RecordRefusedError as error:
        outcome = decide(rules, resource, inputs, store)
        return Receipt(contradicted(outcome, error), stored=False)


def carry_out(
    rules: CompiledRules,
    resource: str,
    inputs: Inputs,
    transaction: Transaction,
    *,
    audit: bool = True,
    forward: str | None = None,
    referee: bool = False,
) -> Receipt:
    """Decide against the transaction's own reads, then write what was decided. A refusal writes nothing.

    `forward` names a target to which an accepted payload is passed on. `audit`: the outcome is kept for
    the history of what it changes. `referee`: see `decide`. Raises AdapterError where the store fails; then
    the transaction must be rolled back.
    """
    outcome = decide(rules, resource, inputs, transaction, referee=referee)
    return store_outcome(rules, outcome, inputs, transaction, audit=audit, forward=forward)


def store_outcome(
    rules: CompiledRules,
    outcome: Outcome,
    inputs: Inputs,
    transaction: Transaction,
    *,
    audit: bool = True,
    forward: str | None = None,
    history: HistoryWriter | None = None,
) -> Receipt:
    """Write what was decided against this transaction's own reads. Parameters and errors as of `carry_out`.

    `history`: what keeps the history of all that the transaction does, where many outcomes share it.
    """
    if not outcome.accepted or outcome.replayed:
        return Receipt(outcome, stored=False)
    if forward is not None:
        passed_on = forwarded(rules.resources[outcome.resource], inputs, own_key(outcome, rules), forward)
        outcome = replace(outcome, messages=(*outcome.messages, passed_on))
    try:
        with transaction.savepoint():
            write_changes(outcome.changes, transaction)
            keep_entries(outcome, rules, transaction)
            if outcome.claim is not None:
                keep_claim(outcome, outcome.claim, transaction)
            if audit or outcome.messages:
                writer = (history or HistoryWriter(rules)) if audit else None
                _keep_beside(outcome, inputs, rules, transaction, writer)
    except RecordRefusedError as error:
        return Receipt(contradicted(outcome, error), stored=False)
    return Receipt(outcome, stored=True)


def _keep_beside(
    outcome: Outcome,
    inputs: Inputs,
    rules: CompiledRules,
    transaction: Transaction,
    history: HistoryWriter | None,
) -> None:
    """Keep, beside the changes, what is to be told to others and the history."""
    letters: tuple[Letter, ...] = ()
    if outcome.messages:
        letters = keep_messages(outcome, mask_outcome(outcome, rules, inputs.payload), rules, transaction)
    if history is not None:
        numbers = [letter.id for letter in letters]
        history.keep(outcome, inputs, own_key(outcome, rules), transaction, numbers)


def own_key(outcome: Outcome, rules: CompiledRules) -> object:
    """The key of the record that an accepted outcome is about."""
    return (outcome.record or {}).get(rules.resources[outcome.resource].key)


def write_changes(changes: Iterable[Change], transaction: Transaction) -> None:
    """Write planned changes so that every constraint holds after each write.

    Bound creates, updates, own record, rest; where a value must first be given up by another record (the
    old head of a household steps down before the new one can be written), that write goes first.
    Raises UniqueViolationError where no order will do.
    """
    waiting = sorted(_composed(changes), key=lambda change: WRITE_ORDER[change.stage])
    if len(waiting) == 1:
        _write(waiting.pop(), transaction)
    while waiting:
        postponed: list[Change] = []
        for change in waiting:
            try:
                with transaction.savepoint():
                    _write(change, transaction)
            except UniqueViolationError:
                postponed.append(change)
        if len(postponed) == len(waiting):
            # Nothing moved: say which constraint it is.
            _write(postponed[0], transaction)
        waiting = postponed


def _composed(changes: Iterable[Change]) -> list[Change]:
    """Changes with what updates make of a record that is only created here: it is written as it ends up."""
    made: dict[tuple[str, object], int] = {}
    composed: list[Change] = []
    for change in changes:
        place = made.get((change.resource, change.key))
        if place is not None:
            created = composed[place]
            composed[place] = replace(created, set={**created.set, **change.set})
            continue
        if change.op == "create":
            made[change.resource, change.key] = len(composed)
        composed.append(change)
    return composed


def _write(change: Change, transaction: Transaction) -> None:
    if change.op == "create":
        transaction.insert(change.resource, change.set)
    else:
        transaction.update(change.resource, change.key, change.set)


def keep_claim(outcome: Outcome, claim: Claim, transaction: Transaction) -> None:
    """Keep an idempotency key with its outcome, so that the call can be answered again."""
    response = outcome.response
    values: dict[str, object] = {
        "call": claim.call,
        "fingerprint": claim.fingerprint,
        "expires": claim.expires,
        "outcome": {
            "ruleset": outcome.ruleset,
            "as_of": outcome.as_of,
            "record": outcome.record,
            "response": None if response is None else {"status": response.status, "body": response.body},
        },
    }
    if transaction.find(CLAIMS.resource, {"id": claim.id}, 1):
        # An expired claim on the same key gives way.
        transaction.update(CLAIMS.resource, claim.id, values)
    else:
        transaction.insert(CLAIMS.resource, {"id": claim.id, **values})


def _code_of(error: AdapterError) -> str:
    if isinstance(error, UniqueViolationError):
        return "unique"
    return "limit" if isinstance(error, OversizeError) else "conflict"


def contradicted(outcome: Outcome, error: AdapterError) -> Outcome:
    """Return the outcome where the store holds a constraint that the rules could not judge: a refusal."""
    problem = Problem(
        rule=f"{outcome.resource}.store",
        code=_code_of(error),
        path="",
        message=str(error),
        because=Because(),
    )
    if not outcome.accepted:
        return outcome
    return replace(
        outcome,
        verdict="rejected",
        problems=(*outcome.problems, problem),
        record=None,
        changes=(),
        messages=(),
    )
