"""An outcome as it may be shown and kept: the values of sensitive fields masked, in messages too."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from rulewright.compiled import CompiledField, CompiledRules
from rulewright.evaluation.masking import MASK, mask_record, mask_stored, mask_value
from rulewright.evaluation.provenance import mask_held, provenance_of
from rulewright.outcome import Change, Message, Outcome, Read, Response, make_verdict, redrawn

# Shorter texts (a flag, a digit) occur everywhere by chance; hiding them would blot out the whole body.
_TELLING = 4
Secrets: TypeAlias = tuple[str, ...]
"""Texts to be looked for, the longest first: one may be a part of another."""


def mask_outcome(outcome: Outcome, rules: CompiledRules, payload: object = None) -> Outcome:
    """The outcome without the values of `sensitive` fields. Problems were masked when they were made.

    The bodies of the response and of messages have shapes of their own. What holds a secret in them is known
    by the expressions that made it; then the values themselves are looked for, too.
    """
    if not _concerns_secrets(outcome, rules):
        return outcome
    secrets = _longest_first(_secrets(outcome, rules, payload))
    response = outcome.response
    if response is not None:
        body = response.body
        if outcome.accepted:
            body = mask_held(provenance_of(rules, rules.resources[outcome.resource]).response, body)
        response = Response(response.status, _without(secrets, body))
    return redrawn(
        outcome,
        record=_masked(rules, outcome.resource, outcome.record) if outcome.record is not None else None,
        changes=tuple([_change(rules, change) for change in outcome.changes]),
        messages=tuple([_message(rules, secrets, message) for message in outcome.messages]),
        reads=tuple([_read(rules, read) for read in outcome.reads]),
        response=response,
    )


def mask_changes(outcome: Outcome, rules: CompiledRules, payload: object = None) -> Outcome:
    """Verdict, problems, changes and messages of an outcome, without the values of `sensitive` fields.

    The other parts, which take longer to be worked out and masked than these, are left out.
    """
    changes = tuple([_change(rules, change) for change in outcome.changes])
    messages = outcome.messages
    if messages and _concerns_secrets(outcome, rules):
        secrets = _longest_first(_secrets(outcome, rules, payload))
        messages = tuple([_message(rules, secrets, message) for message in messages])
    return make_verdict(outcome.verdict, outcome.problems, changes, messages, replayed=outcome.replayed)


def _concerns_secrets(outcome: Outcome, rules: CompiledRules) -> bool:
    """Whether any resource of which the outcome tells has sensitive fields."""
    if outcome.replayed:
        # What was read for it is not told again.
        return any(one.hides for one in rules.resources.values())
    names = {outcome.resource, *(one.resource for one in outcome.messages)}
    names.update([one.resource for one in outcome.changes], [one.resource for one in outcome.reads])
    return any(one.hides for name in names if (one := rules.resources.get(name)) is not None)


def mask_payload(resource: str, payload: object, rules: CompiledRules) -> object:
    """A payload, of an event too, without the values of its sensitive fields."""
    found = rules.resources.get(resource)
    if not isinstance(payload, Mapping):
        return payload
    return mask_record(found.sendable, payload) if found is not None else dict(payload)


def _masked(rules: CompiledRules, resource: str, values: Mapping[str, object]) -> dict[str, object]:
    found = rules.resources.get(resource)
    return mask_stored(found, values) if found is not None else dict(values)


def _change(rules: CompiledRules, change: Change) -> Change:
    found = rules.resources.get(change.resource)
    if found is None or not found.hides:
        return change
    return Change(
        change.op,
        change.resource,
        mask_key(rules, change.resource, change.key),
        mask_stored(found, change.set),
        mask_stored(found, change.before) if change.before is not None else None,
        change.rule,
        change.stage,
    )


def mask_key(rules: CompiledRules, resource: str, key: object) -> object:
    """A key as it is told: it may be a secret, too.

    What is kept for the history and the outbox keeps it: there it is how a record is found.
    """
    found = rules.resources.get(resource)
    return MASK if found is not None and found.fields[found.key].rule.sensitive else key


def _read(rules: CompiledRules, read: Read) -> Read:
    found = rules.resources.get(read.resource)
    if found is None or found.hiding.keys().isdisjoint(read.by):
        return read
    return Read(read.lookup, read.resource, mask_stored(found, read.by), read.found)


def mask_echo(sent: object, shown: object, echo: object) -> object:
    """What somebody answered, without the values that masking took out of what was `sent`.

    Nobody knows what made the answer. So what equals a value is masked, too, however short that is, and what
    JSON and URLs make of one.
    """
    spelt = _longest_first(form for one in _hidden(sent, shown) for form in _spellings(one))
    return _without(spelt, _without_equal(texts_taken(sent, shown), echo))


def _spellings(text: str) -> Iterator[str]:
    from urllib.parse import quote, quote_plus  # noqa: PLC0415 - lazy: where something was answered

    yield from (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    # Half a surrogate pair is no part of any URL.
    sent = text.encode("utf-8", "replace")
    yield from (quote(sent), quote(sent, safe=""), quote_plus(sent))


def texts_taken(value: object, masked: object) -> frozenset[str]:
    """All that masking took away from a value, as texts, however short."""
    return frozenset(str(one) for whole in _taken_away(value, masked) for one in _leaves(whole))


def _without_equal(values: frozenset[str], echo: object) -> object:
    if isinstance(echo, Mapping):
        return {name: _without_equal(values, part) for name, part in echo.items()}
    if isinstance(echo, list | tuple):
        return [_without_equal(values, part) for part in echo]
    return MASK if str(echo) in values else echo


def _message(rules: CompiledRules, secrets: Secrets, message: Message) -> Message:
    url = _without(secrets, message.url)
    resource = rules.resources.get(message.resource)
    body = message.body
    if resource is not None and message.rule:
        body = mask_held(provenance_of(rules, resource).messages.get(message.rule, ""), body)
    elif resource is not None:
        body = mask_payload(resource.name, body, rules)
    return replace(message, url=str(url), body=_without(secrets, body))


def _secrets(outcome: Outcome, rules: CompiledRules, payload: object) -> Iterator[str]:
    own = rules.resources.get(outcome.resource)
    if own is not None:
        yield from _hidden_by(own.hiding_sendable, payload)
        yield from _hidden_by(own.hiding, outcome.record)
    for change in outcome.changes:
        resource = rules.resources.get(change.resource)
        if resource is not None:
            if change.set is not outcome.record:
                yield from _hidden_by(resource.hiding, change.set)
            yield from _hidden_by(resource.hiding, change.before)


def _hidden_by(hiding: Mapping[str, CompiledField], record: object) -> Iterator[str]:
    """What is hidden of a record's or a payload's fields."""
    if isinstance(record, Mapping):
        for name, field in hiding.items():
            if name in record:
                yield from _hidden(record[name], mask_value(field, record[name]))


def _longest_first(secrets: Iterable[str]) -> Secrets:
    return tuple(sorted(frozenset(secrets), key=lambda one: (-len(one), one)))


def _hidden(value: object, masked: object) -> Iterator[str]:
    """The texts and numbers below `value` that masking took away, and that are long enough to tell."""
    for whole in _taken_away(value, masked):
        for one in _leaves(whole):
            if not isinstance(one, bool) and len(str(one)) >= _TELLING:
                yield str(one)


def _taken_away(value: object, masked: object) -> Iterator[object]:
    if masked == MASK and value != MASK:
        yield value
    elif isinstance(value, Mapping) and isinstance(masked, Mapping):
        for name in value:
            yield from _taken_away(value[name], masked.get(name))
    elif isinstance(value, list | tuple) and isinstance(masked, list):
        for part, shown in zip(value, masked, strict=False):
            yield from _taken_away(part, shown)


def _leaves(value: object) -> Iterator[str | int | float]:
    parts: Iterable[object] = ()
    if isinstance(value, Mapping):
        parts = value.values()
    elif isinstance(value, list | tuple):
        parts = value
    elif isinstance(value, str | int | float) and value != "":
        yield value
    for part in parts:
        yield from _leaves(part)


def _without(secrets: Secrets, value: object) -> object:
    if not secrets:
        return value
    if isinstance(value, Mapping):
        return {name: _without(secrets, part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_without(secrets, part) for part in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return MASK if str(value) in secrets else value
    if isinstance(value, str):
        for secret in secrets:
            value = value.replace(secret, MASK)
    return value
