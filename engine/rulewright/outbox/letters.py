"""What the outbox keeps of each message, as records of the store like any other.

A message is written in the transaction of the result that it tells of, so that neither can be there
without the other.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast

from rulewright.errors import AdapterError
from rulewright.ports import Column, StoredRecord, Table

State = Literal["waiting", "sending", "delivered", "dead", "dropped"]
STATES: Final[tuple[State, ...]] = ("waiting", "sending", "delivered", "dead", "dropped")
# What must be out of the way before the next message of an order may go.
UNSETTLED: Final[tuple[State, ...]] = ("waiting", "sending", "dead")

# Seconds for which a message belongs to who claimed it, 3,600 at most; renewed while it is being sent.
LEASE: Final = 60.0
# A key is one value; a secret one is kept with this name.
_HIDDEN: Final = "sensitive"
# When a message is due: at once, whatever any clock says; it sorts before every time.
AT_ONCE: Final = ""

MESSAGES: Final = Table(
    resource="rulewright/message",
    key="id",
    columns=(
        Column("id", "integer"),
        Column("target", "text"),
        Column("resource", "text"),
        Column("record", "text"),
        Column("method", "text"),
        Column("url", "text"),
        Column("headers", "text"),
        Column("body", "text"),
        Column("shown", "text"),
        Column("idempotency_key", "text"),
        Column("order_key", "text"),
        Column("state", "text"),
        Column("attempts", "integer"),
        Column("due", "text"),
        Column("lease", "text"),
        Column("created", "text"),
        Column("last_attempt", "text"),
        Column("response", "text"),
    ),
    indexes=(("state", "due"), ("order_key", "state"), ("idempotency_key",)),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Letter:
    """One message of the outbox.

    `id` counts up in the order of making. `key` is the key of the record that the message is about. `shown`
    is the body with sensitive values masked. `due` is when it may be sent next (in state `sending`: when
    its lease ends); None while an earlier message of its order is not settled. `lease` names who sends
    it. `response` tells of the last attempt: status, headers, body, error, problems.
    """

    id: int
    target: str
    resource: str
    key: object
    method: str
    url: str
    headers: Mapping[str, str]
    body: object = field(repr=False)
    shown: object = field(repr=False)
    idempotency_key: str
    order_key: str | None
    state: State
    attempts: int
    due: str | None
    lease: str | None
    created: str
    last_attempt: str | None
    response: Mapping[str, object] | None = field(repr=False)
    # Whether the key is a secret, which is not told.
    hides_key: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names that its target may have in a configuration."""
        return (f"{self.resource.partition('/')[0]}/{self.target}", self.target)


def to_record(letter: Letter) -> dict[str, object]:
    """A letter in stored form. Nested values are texts: a JSON column would make 1.0 of a body into 1."""
    return {
        "id": letter.id,
        "target": letter.target,
        "resource": letter.resource,
        "record": dump({_HIDDEN: letter.key} if letter.hides_key else letter.key),
        "method": letter.method,
        "url": letter.url,
        "headers": dump(dict(letter.headers)),
        "body": dump(letter.body),
        # Most messages hold nothing sensitive: they are kept once.
        "shown": None if letter.shown == letter.body else dump(letter.shown),
        "idempotency_key": letter.idempotency_key,
        "order_key": letter.order_key,
        "state": letter.state,
        "attempts": letter.attempts,
        "due": letter.due,
        "lease": letter.lease,
        "created": letter.created,
        "last_attempt": letter.last_attempt,
        "response": None if letter.response is None else dump(letter.response),
    }


def from_record(record: StoredRecord) -> Letter:
    """Read a letter as `to_record` wrote it. Raises AdapterError where somebody damaged it."""
    try:
        letter = _read(record)
    except (ValueError, TypeError, KeyError, RecursionError):
        letter = None
    if letter is None or not _is_sound(letter):
        raise AdapterError(
            f"message {record.get('id')} in the outbox is damaged: restore its row of the table "
            "rulewright_message from a copy, or delete it"
        )
    return letter


def _is_sound(letter: Letter) -> bool:
    """Whether the parts that are read later are what they were written as."""
    return isinstance(letter.headers, dict) and isinstance(letter.response, dict | None)


def _read(record: StoredRecord) -> Letter:
    text = cast("Mapping[str, str]", record)
    body, key = json.loads(text["body"]), json.loads(text["record"])
    hides_key = isinstance(key, dict)
    return Letter(
        id=cast("int", record["id"]),
        target=text["target"],
        resource=text["resource"],
        key=key[_HIDDEN] if hides_key else key,
        hides_key=hides_key,
        method=text["method"],
        url=text["url"],
        headers=json.loads(text["headers"]),
        body=body,
        shown=json.loads(text["shown"]) if record.get("shown") is not None else body,
        idempotency_key=text["idempotency_key"],
        order_key=text.get("order_key"),
        state=cast("State", text["state"]),
        attempts=cast("int", record["attempts"]),
        due=text.get("due"),
        lease=text.get("lease"),
        created=text["created"],
        last_attempt=text.get("last_attempt"),
        response=json.loads(text["response"]) if record.get("response") is not None else None,
    )


def dump(value: object) -> str:
    """JSON in ASCII: what no column of text could hold (NUL, half a surrogate pair) is escaped.

    An infinite number, worked out or answered, is a text, as in the JSON of an outcome: JSON has none.
    """
    try:
        return _ENCODER.encode(value)
    except ValueError:
        return _ENCODER.encode(json.loads(json.dumps(value), parse_constant=_ENDLESS.__getitem__))


# Made once: json.dumps would make one for each call.
_ENCODER: Final = json.JSONEncoder(separators=(",", ":"), allow_nan=False)
_ENDLESS: Final = {"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}
_chance = random.SystemRandom()


def new_lease() -> str:
    """A name for one deliverer that no other has."""
    return f"{os.getpid()}-{_chance.getrandbits(64):016x}"
