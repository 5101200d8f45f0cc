"""The messages of an accepted outcome go into the outbox, in the transaction that stores the result."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256

from rulewright import cel
from rulewright.compiled import CompiledRules, CompiledTarget
from rulewright.evaluation.masking import MASK, to_json
from rulewright.evaluation.outcome_masking import mask_key
from rulewright.evaluation.provenance import holds_secret
from rulewright.evaluation.stored_form import decode_record
from rulewright.outbox.claiming import first_unsettled
from rulewright.outbox.clock import stamp
from rulewright.outbox.letters import AT_ONCE, MESSAGES, Letter, dump, to_record
from rulewright.outcome import Message, Outcome
from rulewright.ports import Transaction


def keep_messages(
    outcome: Outcome, masked: Outcome, rules: CompiledRules, transaction: Transaction
) -> tuple[Letter, ...]:
    """Write the messages of `outcome`; `masked` is the same with sensitive values masked."""
    pairs = zip(outcome.messages, masked.messages, strict=True)
    return tuple(_keep(message, shown.body, rules, transaction) for message, shown in pairs)


def _keep(message: Message, shown: object, rules: CompiledRules, transaction: Transaction) -> Letter:
    resource = rules.resources[message.resource]
    target = resource.targets.get(message.target)
    order = _order_key(message, target, rules, transaction)
    letter = Letter(
        id=transaction.last_in_sequence(MESSAGES.resource, MESSAGES.key, "") + 1,
        target=message.target,
        resource=message.resource,
        key=message.key,
        hides_key=mask_key(rules, message.resource, message.key) != message.key,
        method=message.method,
        url=message.url,
        headers=_headers(target),
        body=message.body,
        shown=shown,
        idempotency_key=message.idempotency_key,
        order_key=order,
        state="waiting",
        attempts=0,
        due=AT_ONCE if order is None or first_unsettled(order, transaction) is None else None,
        lease=None,
        created=stamp(datetime.now(UTC)),
        last_attempt=None,
        response=None,
    )
    transaction.insert(MESSAGES.resource, to_record(letter))
    return letter


def _headers(target: CompiledTarget | None) -> Mapping[str, str]:
    return target.rule.headers if target is not None else {}


def _order_key(
    message: Message, target: CompiledTarget | None, rules: CompiledRules, transaction: Transaction
) -> str | None:
    """What messages must not overtake each other: a digestible text, or None for any order."""
    if target is None or target.ordered_by is None:
        return None
    resource = rules.resources[message.resource]
    found = transaction.find(resource.name, {resource.key: message.key}, 1)
    if not found:
        # It is only passed on: there is no record to go by.
        return None
    try:
        group = to_json(target.ordered_by.value({"record": decode_record(resource.fields, found[0])}))
    except cel.CelError:
        # What can't be told apart goes one after the other: too careful, but never out of order.
        return f"{message.resource} {message.target} ?"
    if group is None:
        return None
    text = dump(group)
    if holds_secret(rules, resource, target.ordered_by):
        # It only has to be told apart: what lists messages shows it.
        text = f"{MASK}{sha256(text.encode()).hexdigest()}"
    return f"{message.resource} {message.target} {text}"
