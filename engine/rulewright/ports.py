"""What the engine asks of a store, and of what sends messages. An adapter implements these Protocols and
imports nothing else of the engine but `errors`.

Values cross this border in stored form: str, int, float, bool, None, and lists and dicts of those
(dates and datetimes are ISO 8601 text). A record is a dict from field name to stored value; a store
may leave fields that are null out of what it returns or return them as None.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Final, Literal, Protocol, runtime_checkable

from rulewright.errors import UniqueViolationError

StoredRecord = Mapping[str, object]
# Integers are 64-bit everywhere: in payloads, in expressions and in stores.
INT64_MIN: Final = -(2**63)
INT64_MAX: Final = 2**63 - 1
# What a header of a message may be called and hold, as patterns (RFC 9110, 5.1 and 5.5). Values beyond ASCII
# are read differently by every receiver.
HEADER_NAME: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
HEADER_VALUE: Final = r"[\t -~]*"
# The header that is different for each message, so that nobody sets it by hand.
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
# Refusals of a receiver that are no last word.
_FOR_NOW: Final = frozenset({408, 425, 429})
# Field -> the value it must equal; a list as value means any of them; None matches null.
Where = Mapping[str, object]
ColumnType = Literal["text", "integer", "number", "boolean", "json"]


@dataclass(frozen=True, slots=True)
class Column:
    """One field of a resource as a store keeps it. `json` holds nested values."""

    name: str
    type: ColumnType


@dataclass(frozen=True, slots=True)
class UniqueConstraint:
    """No two records that match `where` may have the same values in `fields`.

    Records with null in any of `fields` do not collide, as in SQL. `where` holds constants only.
    """

    fields: tuple[str, ...]
    where: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """The value of `field` is null or the value of `other_field` in a record of `other_resource`."""

    field: str
    other_resource: str
    other_field: str


@dataclass(frozen=True, slots=True)
class Table:
    """The shape in which a store keeps the records of one resource.

    `resource` is "<api>/<name>"; every name in a Table matches [A-Za-z_][A-Za-z0-9_]* (checked when
    the rule file was read), so that an adapter may build SQL from it. `hides_key`: the records' keys are
    sensitive, and told to nobody.
    """

    resource: str
    key: str
    columns: tuple[Column, ...]
    uniques: tuple[UniqueConstraint, ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    hides_key: bool = False


class Records(Protocol):
    """Reading: what look-ups and references need."""

    def find(self, resource: str, where: Where, limit: int | None = None) -> Sequence[StoredRecord]:
        """Return the records matching every entry of `where`, ordered by key."""

    def count(self, resource: str, where: Where) -> int:
        """Return how many records match."""

    def extreme(self, resource: str, where: Where, field: str, which: Literal["min", "max"]) -> object:
        """Return the least or greatest non-null value of `field` among the matching records, or None."""

    def last_in_sequence(self, resource: str, field: str, prefix: str) -> int:
        """Return the largest number that `field` holds after `prefix` (0 where there is none).

        A sequence with prefix "" numbers an integer field, or a text field such as 0000000012; with a
        prefix, a text field such as SE0000000012. More than 18 digits are none of it.
        """


@runtime_checkable
class KeyedRecords(Records, Protocol):
    """Records of which many are found by one question. A transaction is one, a store may be."""

    def find_each(
        self, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> Sequence[StoredRecord]:
        """Return the records whose `fields` have the values of any of `keys`, in any order.

        As `find` of one key after the other; the keys differ.
        """


class Transaction(KeyedRecords, Protocol):
    """Writing, all or nothing. What was written is seen by the reads of the same transaction."""

    def insert(self, resource: str, record: StoredRecord) -> None:
        """Write a new record. Raises UniqueViolationError or ReferenceViolationError."""

    def insert_many(self, resource: str, records: Sequence[StoredRecord]) -> None:
        """Write new records in their order: as `insert` of one after the other, but all of them or none.

        A UniqueViolationError says in `row` which of `records` (from 0) could not be written after those
        before it. Where several records are wrong, any of them may be the one that is told. References are
        judged when the transaction ends, as ever.
        """

    def update(self, resource: str, key: object, values: StoredRecord) -> None:
        """Set fields of the record whose key is `key`. Raises as `insert`, and AdapterError if none."""

    def update_many(self, resource: str, updates: Sequence[tuple[object, StoredRecord]]) -> None:
        """Carry out updates (key and values) in their order: as `update` of one after the other, but all or
        none. Raises as `update`; `row` as in `insert_many`.
        """

    def delete(self, resource: str, where: Where) -> int:
        """Remove the records matching every entry of `where`; return how many.

        ReferenceViolationError when the transaction ends, where a record that stays names one of them.
        """

    def savepoint(self) -> AbstractContextManager[None]:
        """Undo what was written inside the block if it raises, and only that."""

    def set_progress(self, job: str, position: int) -> None:
        """Keep how far a batch got, in this very transaction."""


class OneByOne:
    """The work of many by that of one: for a transaction whose store has no faster way to inherit."""

    def find_each(
        self: Transaction, resource: str, fields: tuple[str, ...], keys: Sequence[tuple[str | int, ...]]
    ) -> Sequence[StoredRecord]:
        """See KeyedRecords.find_each."""
        return [record for key in keys for record in self.find(resource, dict(zip(fields, key, strict=True)))]

    def insert_many(self: Transaction, resource: str, records: Sequence[StoredRecord]) -> None:
        """See Transaction.insert_many."""
        with self.savepoint():
            for row, record in enumerate(records):
                with _numbered(row):
                    self.insert(resource, record)

    def update_many(self: Transaction, resource: str, updates: Sequence[tuple[object, StoredRecord]]) -> None:
        """See Transaction.update_many."""
        with self.savepoint():
            for row, (key, values) in enumerate(updates):
                with _numbered(row):
                    self.update(resource, key, values)


@contextmanager
def _numbered(row: int) -> Iterator[None]:
    try:
        yield
    except UniqueViolationError as error:
        raise UniqueViolationError(error.resource, error.fields, row) from error


@runtime_checkable
class Store(Records, Protocol):
    """A place for records."""

    def prepare(self, tables: Sequence[Table]) -> None:
        """Make the store fit `tables`: create what is missing, add nullable columns.

        Raises StoreMismatchError where the store holds something else than the rules say.
        """

    def transaction(self) -> AbstractContextManager[Transaction]:
        """Open the one writing transaction; it commits when the block ends, else rolls back."""

    def progress(self, job: str) -> int:
        """Return the position last kept for `job`, 0 if none."""

    def close(self) -> None:
        """Release files and connections. Closing twice is no error."""


@dataclass(frozen=True, slots=True)
class Sending:
    """One message on its way to a target.

    `names` are the names under which the target may be configured, the most telling first. `url` is
    absolute, or a path below the target's configured address. A header's value "$NAME" stands for the
    environment variable NAME: secrets are kept by name only. `body` is JSON data, None for no body.
    """

    names: tuple[str, ...]
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: object = field(repr=False)
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of sending: a status, or None and an `error` in words where no whole answer came.

    `headers` have lower-case names; `body` is decoded JSON, else text. `retry_after` is in seconds, as
    the receiver asked for. `tried` is False where nothing was sent, because the target must rest.
    """

    status: int | None
    body: object = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    error: str | None = None
    retry_after: float | None = None
    tried: bool = True

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took the message."""
        return self.status is not None and 200 <= self.status < 300 and self.error is None

    @property
    def may_succeed_later(self) -> bool:
        """Whether another try makes sense: 408, 425, 429, 5xx, and whenever no whole answer came."""
        return self.status is None or self.status in _FOR_NOW or self.status >= 500


class Forwarder(Protocol):
    """Sends messages to where they belong; used by several threads at once."""

    def send(self, sending: Sending) -> Reply:
        """Send one message. What the receiver or the network does wrong is in the reply.

        Raises ConfigurationError where the message can't be sent as things are configured here.
        """

    def close(self) -> None:
        """Release connections. Closing twice is no error."""


@runtime_checkable
class StoreClock(Protocol):
    """A store that several machines share may tell its own time, by which leases are judged."""

    def now(self) -> datetime:
        """Return an aware datetime."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """What workers do with messages of the outbox; called by several threads.

    `deliver` and `take_over` get a message's id and the name of a job that no other job ever has.
    `take_over` is told once the worker of that job was lost. `tend` is called every few seconds. What they
    raise ends the work.
    """

    deliver: Callable[[int, str], None]
    take_over: Callable[[int, str], None]
    tend: Callable[[], None]


@runtime_checkable
class JobStore(Protocol):
    """A store that hands out messages as jobs: each is made by the transaction that makes a message due."""

    def work(self, jobs: Jobs, *, workers: int, patience: float, stop: Event) -> None:
        """Do jobs, `workers` at a time, until `stop` is set; those begun are then finished.

        A worker that was not heard of for `patience` seconds is lost. Raises AdapterError; StoreLostError
        where it may be called again in a while. Never sets `stop`.
        """
