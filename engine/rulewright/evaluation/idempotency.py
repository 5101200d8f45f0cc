"""Repeatable calls: the same key with the same call gives the first outcome again, and does nothing twice.

A claim on a key is a record like any other (of CLAIMS), written in the transaction of the call it belongs
to; so memory, SQLite and every other store keep it without knowing what it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from rulewright import cel
from rulewright.compiled import CompiledIdempotency, CompiledResource
from rulewright.conflicts import despite_conflicts
from rulewright.evaluation.log import Site, Stage
from rulewright.evaluation.run import FAILED, Inputs, Run
from rulewright.fieldtypes import INT64_MAX, decode_datetime, encode_datetime
from rulewright.outcome import Claim
from rulewright.ports import Column, Records, Store, StoredRecord, Table
from rulewright.problem import Because

CLAIMS: Final = Table(
    resource="rulewright/idempotency_key",
    key="id",
    columns=(
        Column("id", "text"),
        Column("call", "text"),
        Column("fingerprint", "text"),
        Column("expires", "text"),
        Column("outcome", "json"),
    ),
    # The first to expire are the first to be forgotten.
    indexes=(("expires",),),
)
# How many moments of expiry one short transaction goes through.
_CHUNK: Final = 500


def judge_idempotency(run: Run) -> None:
    """Claim the call's key, or end the evaluation: with the first call's outcome, or refused."""
    rule = run.resource.idempotency
    if rule is None or run.is_trusted or run.inputs.operation not in rule.rule.operations:
        return
    key = key_in(run.inputs.request.headers, rule.rule.header)
    if key is None:
        return
    site = Site(f"{run.resource.name}.idempotency", "", rule.rule.span, Stage.REQUEST)
    scope = [run.attempt(formula, site) for formula in rule.scope]
    if FAILED in scope:
        return
    claim = make_claim(run.resource, run.inputs, rule, key, scope)
    found = recall(run.records, claim, run.inputs.now)
    if found is None:
        run.claim = claim
    elif found.get("fingerprint") == claim.fingerprint:
        run.replay = found.get("outcome")
        run.log.end_silently()
    else:
        _refuse(run, site, found)


def key_in(headers: Mapping[str, object], header: str) -> str | None:
    """The key that a call was sent with, if any."""
    wanted = header.lower()
    key = next((value for name, value in headers.items() if name.lower() == wanted), None)
    return key if isinstance(key, str) and key else None


def make_claim(
    resource: CompiledResource, inputs: Inputs, rule: CompiledIdempotency, key: str, scope: Sequence[object]
) -> Claim:
    """What a call claims of a key, within the values that the rule's `scope` gave."""
    api = resource.file.api
    keep = rule.rule.keep_seconds
    expires = encode_datetime(inputs.now + timedelta(seconds=keep)) if keep is not None else None
    call = call_of(resource, inputs)
    return Claim(
        id=_digest([api, *map(str, scope), key]),
        call=call,
        fingerprint=_digest([call, _as_written(inputs.payload)]),
        expires=str(expires) if expires is not None else None,
    )


def call_of(resource: CompiledResource, inputs: Inputs) -> str:
    """Return what a key is used for: one key must not be used for two kinds of call, or for two records."""
    path = json.dumps(dict(inputs.request.path), sort_keys=True, default=str)
    call = f"{resource.name} {inputs.operation} {path}"
    return call if inputs.key is None else f"{call} {inputs.key}"


def _as_written(value: object) -> object:
    """The value with every whole number written as one: 1.0 is 1, as in RFC 8785."""
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < INT64_MAX else value
    if isinstance(value, Mapping):
        return {name: _as_written(part) for name, part in value.items()}
    return [_as_written(part) for part in value] if isinstance(value, list | tuple) else value


def _digest(parts: list[object]) -> str:
    # Canonical JSON: two spellings of one body are one call.
    try:
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"), default=str)
    except TypeError:
        # Keys of several types have no order. No JSON has them: the shape refuses, and nothing is kept.
        text = repr(parts)
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def recall(records: Records | None, claim: Claim, at: datetime) -> StoredRecord | None:
    """The record of an earlier call that has the key still."""
    if records is None:
        return None
    try:
        found = records.find(CLAIMS.resource, {"id": claim.id}, 1)
    except cel.EvaluationError:
        return None
    now = str(encode_datetime(at))
    kept = [one for one in found if one.get("expires") is None or str(one["expires"]) > now]
    return kept[0] if kept else None


def prune_claims(store: Store, before: datetime) -> int:
    """Remove the claims that expired before a time; those that are kept for ever stay. Return how many.

    What was removed when this is interrupted stays removed.
    """
    pruned = 0
    while _has_passed(_next_to_expire(store), before):
        pruned += despite_conflicts(partial(_prune_some, store, before))
    return pruned


def _prune_some(store: Store, before: datetime) -> int:
    pruned = 0
    with store.transaction() as transaction:
        for _ in range(_CHUNK):
            expires = _next_to_expire(transaction)
            if not _has_passed(expires, before):
                break
            pruned += transaction.delete(CLAIMS.resource, {"expires": expires})
    return pruned


def _next_to_expire(records: Records) -> object:
    return records.extreme(CLAIMS.resource, {}, "expires", "min")


def _has_passed(expires: object, before: datetime) -> bool:
    moment = decode_datetime(expires)
    return isinstance(moment, datetime) and moment < before


def _refuse(run: Run, site: Site, found: StoredRecord) -> None:
    other_call = found.get("call") != call_of(run.resource, run.inputs)
    reason = "key_already_in_use" if other_call else "same_key_different_data"
    what = "for another kind of call" if other_call else "with other data"
    message = f"this idempotency key was used before {what}"
    run.log.end(site.problem("idempotency", message, because=Because(None, {}, {"reason": reason})))
