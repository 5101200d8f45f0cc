"""What becomes of a message after it was sent: delivered, tried again later, or dead; and the reply's use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from msgspec import Struct

from rulewright import cel
from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.errors import AdapterError
from rulewright.evaluation import mask_echo
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.stored_form import decode_record, encode_record
from rulewright.outbox.claiming import release_next
from rulewright.outbox.clock import ATTEMPTS, later, patience, pause_after, stamp
from rulewright.outbox.letters import MESSAGES, Letter, dump, from_record
from rulewright.outbox.refusals import Refused, problems_of
from rulewright.outcome import Change
from rulewright.ports import Reply, Transaction
from rulewright.problem import Problem

Fate = Literal["delivered", "retry", "postponed", "dead", "gone"]
# What is kept of an answer: enough to see what went wrong.
_KEPT_TEXT: Final = 20_000
_KEPT_HEADERS: Final = ("content-type", "location", "retry-after", "x-request-id", "x-ratelimit-remaining")


class Settled(Struct, frozen=True):
    """What became of one message. `problems` is what a refusal says; `change` what the reply wrote back."""

    letter: Letter
    fate: Fate
    reply: Reply
    problems: tuple[Problem, ...] = ()
    change: Change | None = None
    note: str | None = None


# What else is to be written in the transaction in which a message is settled.
Keep = Callable[[Settled, Transaction], None]


def keep_nothing_more(settled: Settled, transaction: Transaction) -> None:
    """The `Keep` of those who have nothing to add."""


def settle(
    transaction: Transaction, letter: Letter, reply: Reply, now: datetime, rules: CompiledRules
) -> Settled:
    """Keep what came of sending `letter`, which must have been claimed.

    A message that was delivered stays so, whoever else has taken it over meanwhile; of a failure only the
    one that holds the lease may tell.
    """
    found = transaction.find(MESSAGES.resource, {"id": letter.id}, 1)
    current = from_record(found[0]) if found else None
    if current is None or current.state in ("delivered", "dropped"):
        return Settled(letter, "gone", reply)
    if reply.is_delivered:
        return _delivered(transaction, letter, reply, now, rules)
    if current.lease != letter.lease or current.state != "sending":
        return Settled(letter, "gone", reply)
    if not reply.tried:
        values = {"state": "waiting", "lease": None, "due": later(now, patience(reply.retry_after) or 1.0)}
        if not current.attempts:
            # Nothing else tells why it waits; of one that was sent before, the answer says more.
            values["response"] = _response(reply, (), None)
        transaction.update(MESSAGES.resource, letter.id, values)
        return Settled(letter, "postponed", reply, note=reply.error)
    return _failed(transaction, current, reply, now, rules)


def _delivered(
    transaction: Transaction, letter: Letter, reply: Reply, now: datetime, rules: CompiledRules
) -> Settled:
    change, note = None, None
    try:
        with transaction.savepoint():
            change = _write_back(transaction, letter, reply, rules)
    except (cel.CelError, AdapterError) as error:
        # The receiver has it: sending it again would not make the reply any better.
        note = f"nothing was written back: {_words(error, letter, rules)}"
    values = _tried(letter, _shown(letter, reply), now, note)
    transaction.update(MESSAGES.resource, letter.id, values | {"state": "delivered", "due": None})
    release_next(transaction, letter.order_key)
    done = replace(letter, state="delivered", attempts=letter.attempts + 1)
    return Settled(done, "delivered", reply, change=change, note=note)


def _failed(
    transaction: Transaction, letter: Letter, reply: Reply, now: datetime, rules: CompiledRules
) -> Settled:
    attempts = letter.attempts + 1
    shown = _shown(letter, reply)
    values = _tried(letter, shown, now, None)
    if reply.may_succeed_later and attempts < ATTEMPTS:
        due = later(now, pause_after(attempts, reply.retry_after))
        transaction.update(MESSAGES.resource, letter.id, values | {"state": "waiting", "due": due})
        waiting = replace(letter, state="waiting", attempts=attempts, due=due)
        return Settled(waiting, "retry", reply, note=shown.error)
    problems = _refusal(letter, shown, rules)
    kept = _response(shown, problems, None)
    transaction.update(
        MESSAGES.resource, letter.id, values | {"state": "dead", "due": None, "response": kept}
    )
    return Settled(replace(letter, state="dead", attempts=attempts), "dead", reply, problems)


def _refusal(letter: Letter, reply: Reply, rules: CompiledRules) -> tuple[Problem, ...]:
    resource = rules.resources.get(letter.resource)
    api = resource.api if resource is not None else None
    dialect = api.errors.dialect if api is not None and api.errors is not None else None
    fields = tuple(resource.fields) if resource is not None else ()
    return problems_of(reply, dialect, Refused(letter.resource, letter.target, letter.body, fields))


def _shown(letter: Letter, reply: Reply) -> Reply:
    """A reply as it is told and kept: what was answered may repeat what was sent, and an error quote that."""

    def echo(part: object) -> object:
        return mask_echo(letter.body, letter.shown, part)

    return replace(
        reply,
        body=echo(reply.body),
        headers={name: str(echo(value)) for name, value in reply.headers.items()},
        error=str(echo(reply.error)) if reply.error is not None else None,
    )


def _tried(letter: Letter, shown: Reply, now: datetime, note: str | None) -> dict[str, object]:
    return {
        "attempts": letter.attempts + 1,
        "lease": None,
        "last_attempt": stamp(now),
        "response": _response(shown, (), note),
    }


def _response(reply: Reply, problems: tuple[Problem, ...], note: str | None) -> str:
    body = reply.body
    if len(dump(body)) > _KEPT_TEXT:
        body = (body if isinstance(body, str) else dump(body))[:_KEPT_TEXT]
    kept: dict[str, object] = {
        "status": reply.status,
        "headers": {name: reply.headers[name] for name in _KEPT_HEADERS if name in reply.headers},
        "body": body,
        "error": reply.error,
        "problems": [
            {"code": one.code, "path": one.path, "message": one.message, "rule": one.rule} for one in problems
        ],
    }
    return dump(kept | ({"note": note} if note is not None else {}))


def _write_back(
    transaction: Transaction, letter: Letter, reply: Reply, rules: CompiledRules
) -> Change | None:
    """Set the fields that the target takes from replies. Raises CelError or AdapterError."""
    resource = rules.resources.get(letter.resource)
    target = resource.targets.get(letter.target) if resource is not None else None
    if resource is None or target is None or not target.write_back.entries:
        return None
    found = transaction.find(resource.name, {resource.key: letter.key}, 1)
    if not found:
        # Nothing was stored here: a message that was only passed through.
        return None
    answer = {"status": reply.status, "headers": dict(reply.headers), "body": reply.body}
    scope = {"reply": answer, "record": decode_record(resource.fields, found[0])}
    values = _fitted(resource, target.write_back.value(scope))
    changed = {name: value for name, value in values.items() if value != found[0].get(name)}
    if not changed:
        return None
    transaction.update(resource.name, letter.key, changed)
    before = {name: found[0].get(name) for name in changed}
    rule = f"{letter.resource.partition('/')[0]}.targets.{letter.target}.write_back"
    return Change("update", resource.name, letter.key, changed, before, rule, "own")


def _fitted(resource: CompiledResource, values: Mapping[str, object]) -> dict[str, object]:
    known = {
        name: fit(resource.fields[name], value) for name, value in values.items() if name in resource.fields
    }
    return encode_record(resource.fields, known)


def _words(error: Exception, letter: Letter, rules: CompiledRules) -> str:
    """What went wrong. An error of an expression may quote the record, or what the receiver repeats of it."""
    if not isinstance(error, cel.CelError):
        return str(error)
    resource = rules.resources.get(letter.resource)
    hides = letter.shown != letter.body or (resource is not None and resource.hides)
    return "what is set can't be worked out on these values" if hides else error.message
