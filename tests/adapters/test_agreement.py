"""Whatever is asked of them, the store in memory and SQLite answer alike."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rulewright.errors import AdapterError
from rulewright.ports import Records, Store, Transaction
from rulewright.testing import CASE, HOUSEHOLD, TABLES, plain
from rulewright_adapters import open_store

Step = Callable[[Transaction], object]

NESTED = st.recursive(
    st.sampled_from([None, True, 0, 1, 1.0, 0.5, -0.0, "", "a", 1e300]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=4,
)
IDS = st.integers(1, 4)
# Mostly values of the field's type; some of another, which both must refuse or not find.
FIELDS = {
    "id": IDS,
    "household": st.none() | IDS | st.sampled_from(["1", True, 1.0, 2**63]),
    "is_head": st.none() | st.booleans() | st.just(1),
    "name": st.none() | st.sampled_from(["", "a", "b", "B", "é", "\U0001f600", "\uffff", "\ud800", 1]),
    "income": st.none() | st.sampled_from([0, 1, 1.5, -2.5, -0.0, 2**53 + 1, 1e300, float("nan")]),
    "address": NESTED,
    "reference": st.none() | st.sampled_from(["R1", "R02", "R10", "Rx", "R", "r7"]),
    "near": st.none() | st.sampled_from(["north", "south"]),
}
HOUSEHOLD_FIELDS = {"id": IDS, "head": st.none() | IDS, "slug": FIELDS["near"]}


def some_of(fields: dict[str, st.SearchStrategy[object]]) -> st.SearchStrategy[dict[str, object]]:
    """A record or a part of one."""
    return st.fixed_dictionaries({}, optional=fields)


def wanted(field: str) -> st.SearchStrategy[dict[str, object]]:
    """A `where` of one entry: a value, or a list of them."""
    return (FIELDS[field] | st.lists(FIELDS[field], max_size=3)).map(lambda value: {field: value})


def many(write: Callable[[str, list[Any]], None], given: list[Any]) -> object:
    """Write many; where several of them are wrong, which one is told is left to the store."""
    try:
        return write(CASE, given)
    except AdapterError as error:
        raise AdapterError(str(error)) from error


WHERE: st.SearchStrategy[dict[str, object]] = (
    st.just({}) | st.sampled_from(sorted(FIELDS)).flatmap(wanted) | some_of(FIELDS)
)
READS: st.SearchStrategy[Callable[[Records], object]] = st.one_of(
    st.builds(lambda w, n: lambda r: plain(r.find(CASE, w, n)), WHERE, st.none() | st.integers(0, 2)),
    st.builds(lambda w: lambda r: r.count(CASE, w), WHERE),
    st.builds(
        lambda w, f, m: lambda r: r.extreme(CASE, w, f, m),
        WHERE,
        st.sampled_from(sorted(FIELDS)),
        st.sampled_from(["min", "max"]),
    ),
    st.builds(
        lambda f, p: lambda r: r.last_in_sequence(CASE, f, p),
        st.sampled_from(sorted(FIELDS)),
        st.sampled_from(["", "R", "r"]),
    ),
)
WRITES: st.SearchStrategy[Step] = st.one_of(
    st.builds(lambda r: lambda t: t.insert(CASE, r), some_of(FIELDS)),
    st.builds(lambda k, r: lambda t: t.insert(CASE, {"id": k, **r}), IDS, some_of(FIELDS)),
    st.builds(lambda k, r: lambda t: t.update(CASE, k, r), IDS, some_of(FIELDS)),
    st.builds(lambda r: lambda t: many(t.insert_many, r), st.lists(some_of(FIELDS), max_size=4)),
    st.builds(
        lambda ks, r: lambda t: many(t.insert_many, [{**r, "id": k, "reference": None} for k in ks]),
        st.lists(IDS, max_size=3),
        some_of(FIELDS),
    ),
    st.builds(
        lambda us: lambda t: many(t.update_many, us),
        st.lists(st.tuples(IDS, some_of(FIELDS)), max_size=3),
    ),
    st.builds(
        lambda ks, r: lambda t: many(t.update_many, [(k, r) for k in ks]),
        st.lists(IDS, max_size=3),
        some_of(FIELDS),
    ),
    st.builds(lambda r: lambda t: t.insert(HOUSEHOLD, r), some_of(HOUSEHOLD_FIELDS)),
    st.builds(lambda k, r: lambda t: t.update(HOUSEHOLD, k, r), IDS, some_of(HOUSEHOLD_FIELDS)),
)
STEPS: st.SearchStrategy[list[tuple[bool, bool, list[Step]]]] = st.lists(
    st.tuples(st.booleans(), st.booleans(), st.lists(WRITES | READS, max_size=5)), max_size=4
)


class _UndoneError(Exception):
    """Raised on purpose to undo a block."""


def answer(step: Step, records: Transaction) -> object:
    """What a step gives, or the kind of its refusal."""
    try:
        return step(records)
    except AdapterError as error:
        return type(error)


def exact(value: object) -> str:
    """A text that tells 1, 1.0 and True apart; the order of an object's keys means nothing."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{name}: {exact(value[name])}" for name in sorted(value)) + "}"
    return "[" + ", ".join(map(exact, value)) + "]" if isinstance(value, list) else repr(value)


def play(store: Store, transactions: list[tuple[bool, bool, list[Step]]]) -> list[object]:
    """Run each list of steps in a transaction, its second half in a savepoint; say all answers."""
    answers: list[object] = []
    for undo_block, undo_all, steps in transactions:
        try:
            with store.transaction() as transaction:
                half = len(steps) // 2
                answers += [answer(step, transaction) for step in steps[:half]]
                try:
                    with transaction.savepoint():
                        answers += [answer(step, transaction) for step in steps[half:]]
                        if undo_block:
                            raise _UndoneError
                except _UndoneError:
                    pass
                if undo_all:
                    raise _UndoneError
        except (_UndoneError, AdapterError) as error:
            answers.append(type(error))
        answers += [plain(store.find(resource, {})) for resource in (CASE, HOUSEHOLD)]
    return answers


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(STEPS)
def test_memory_and_sqlite_agree(transactions: list[tuple[bool, bool, list[Step]]]) -> None:
    """The same steps give the same answers, refusals and records."""
    answers = []
    for url in ("memory://", "sqlite://"):
        store = open_store(url)
        try:
            store.prepare(TABLES)
            answers.append(play(store, transactions))
        finally:
            store.close()

    assert exact(answers[0]) == exact(answers[1])
