"""Messages are kept with the results that they tell of, and sent until they have arrived."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from desk import Receiver, deliver

from rulewright.errors import AdapterError, ConfigurationError
from rulewright.outbox import ATTEMPTS, MESSAGES, count_letters, drop, find_letter, list_letters, retry
from rulewright.outbox.claiming import claim, is_due
from rulewright.outbox.clock import now_of, pause_after, stamp
from rulewright.outbox.settling import settle
from rulewright.ports import Reply, Sending, Store
from rulewright.program import Program

ORDER = {"item": "tea", "card": "4111222233334444"}


def order(program: Program, store: Store, **payload: object) -> None:
    assert program.apply("shop/order", ORDER | payload, store=store).stored


def _order_and_fail(program: Program, store: Store) -> None:
    with store.transaction() as transaction:
        program.apply_within("shop/order", program.inputs(ORDER), transaction)
        transaction.update("shop/order", 999, {"item": "none"})


def make_due(store: Store, letter_id: int) -> None:
    with store.transaction() as transaction:
        transaction.update(MESSAGES.resource, letter_id, {"due": ""})


def test_an_accepted_payload_leaves_its_message_in_the_outbox(program: Program, store: Store) -> None:
    """The message is there as soon as the record is, not yet sent."""
    order(program, store)

    (letter,) = list_letters(store)

    assert (letter.state, letter.attempts, letter.target) == ("waiting", 0, "vendor")
    assert letter.body == {"item": "tea", "number": 1, "card": "4111222233334444", "price": 1.0}


def test_a_refused_payload_leaves_no_message(program: Program, store: Store) -> None:
    """What is not stored is not told."""
    program.apply("shop/order", {}, store=store)

    assert list_letters(store) == []


def test_a_transaction_that_fails_leaves_no_message(program: Program, store: Store) -> None:
    """Result and message are there together or not at all."""
    store.prepare(program.tables)
    with pytest.raises(AdapterError):
        _order_and_fail(program, store)

    assert (list_letters(store), store.find("shop/order", {})) == ([], [])


def test_what_is_shown_of_a_message_is_masked(program: Program, store: Store) -> None:
    """Sensitive values are in the body that is sent and nowhere else."""
    order(program, store)

    (letter,) = list_letters(store)

    assert letter.shown == {"item": "tea", "number": 1, "card": "***", "price": 1.0}
    assert "4111222233334444" not in repr(letter)


def test_secrets_are_kept_by_name(program: Program, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header that names an environment variable is kept as it is written."""
    monkeypatch.setenv("VENDOR_KEY", "very-secret")
    order(program, store)

    (letter,) = list_letters(store)

    assert letter.headers == {"X-Shop": "ours", "X-Key": "$VENDOR_KEY"}


def test_a_delivered_message_is_sent_once(program: Program, store: Store) -> None:
    """A second run finds nothing to do."""
    order(program, store)
    receiver = Receiver()

    fates = [one.fate for one in deliver(program, store, receiver) + deliver(program, store, receiver)]

    assert fates == ["delivered"]
    assert [one.body for one in receiver.sent] == [list_letters(store)[0].body]


def test_the_reply_is_written_back_to_the_record(program: Program, store: Store) -> None:
    """The vendor's id is in the record once the message was delivered."""
    order(program, store)

    (settled,) = deliver(program, store, Receiver())

    assert store.find("shop/order", {})[0]["vendor_id"] == 77
    assert settled.change is not None


@pytest.mark.parametrize("body", [{}, "junk", None, {"id": "x"}, {"id": [1]}, {"id": 2**70}])
def test_a_reply_that_can_t_be_used_leaves_the_message_delivered(
    body: object, program: Program, store: Store
) -> None:
    """The receiver has it, so it is not sent again; the outbox says what went wrong."""
    order(program, store)

    (settled,) = deliver(program, store, Receiver(lambda _: Reply(200, body)))

    assert settled.fate == "delivered"
    assert settled.note is not None
    assert store.find("shop/order", {})[0].get("vendor_id") is None


def test_a_reply_that_can_t_be_used_tells_no_secret(program: Program, store: Store) -> None:
    """Here the receiver repeats one of those that it was sent, in the place of its id."""
    order(program, store)

    (settled,) = deliver(program, store, Receiver(lambda _: Reply(200, {"id": ORDER["card"]})))

    (kept,) = list_letters(store)
    assert settled.note == "nothing was written back: what is set can't be worked out on these values"
    assert ORDER["card"] not in f"{settled.note} {kept.response}"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, None])
def test_what_may_pass_is_tried_again_later(status: int | None, program: Program, store: Store) -> None:
    """Not at once, and the message says how often it was tried and what came of it."""
    order(program, store)

    (settled,) = deliver(program, store, Receiver(lambda _: Reply(status, "busy")))

    letter = find_letter(store, settled.letter.id)
    assert (settled.fate, letter.state, letter.attempts) == ("retry", "waiting", 1)
    assert letter.due is not None
    assert letter.due > stamp(datetime.now(UTC))
    assert letter.response is not None
    assert letter.response["status"] == status


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 301])
def test_a_refusal_is_final(status: int, program: Program, store: Store) -> None:
    """A dead letter keeps the answer."""
    order(program, store)

    (settled,) = deliver(program, store, Receiver(lambda _: Reply(status, {"message": "No."})))

    letter = find_letter(store, settled.letter.id)
    assert (settled.fate, letter.state) == ("dead", "dead")
    assert letter.response is not None
    assert letter.response["body"] == {"message": "No."}
    assert settled.problems[0].message == "No."


def test_patience_ends(program: Program, store: Store) -> None:
    """After the last attempt the message is dead."""
    order(program, store)
    fates = []
    for _ in range(ATTEMPTS):
        fates += [one.fate for one in deliver(program, store, Receiver(lambda _: Reply(503)))]
        make_due(store, 1)

    assert fates == ["retry"] * (ATTEMPTS - 1) + ["dead"]


def test_retry_after_is_honoured(program: Program, store: Store) -> None:
    """A receiver that asks for ten minutes gets them."""
    order(program, store)

    deliver(program, store, Receiver(lambda _: Reply(429, retry_after=600)))

    due = find_letter(store, 1).due
    assert due is not None
    assert due > stamp(datetime.now(UTC) + timedelta(seconds=590))


def test_pauses_grow_and_end() -> None:
    """From seconds to hours."""
    pauses = [pause_after(attempt) for attempt in range(1, ATTEMPTS)]

    assert 2.5 <= pauses[0] <= 5
    assert 2 * 3600 <= pauses[-1] <= 4 * 3600
    assert sum(map(pause_after, range(1, ATTEMPTS))) > 18 * 3600


def test_what_was_not_tried_costs_no_attempt(program: Program, store: Store) -> None:
    """A target that is not configured here, or must rest, says nothing against the message."""

    def unconfigured(sending: Sending) -> Reply:
        raise ConfigurationError("no target vendor")

    order(program, store)
    (settled,) = deliver(program, store, Receiver(unconfigured))

    assert (settled.fate, settled.note) == ("postponed", "no target vendor")
    assert find_letter(store, 1).attempts == 0


def test_a_forwarder_that_fails_tells_no_secret(program: Program, store: Store) -> None:
    """Its own error may hold the token it was about to send."""

    def failing(sending: Sending) -> Reply:
        raise ValueError("token very-secret")

    order(program, store)
    deliver(program, store, Receiver(failing))

    assert "very-secret" not in json.dumps(find_letter(store, 1).response)


# Leases


def test_what_is_leased_is_nobody_else_s(program: Program, store: Store) -> None:
    """A second deliverer finds nothing."""
    order(program, store)

    first = claim(store, "a", 60, 10)
    second = claim(store, "b", 60, 10)

    assert ([one.id for one in first], second) == ([1], [])


def test_a_lease_that_is_over_is_taken_over(program: Program, store: Store) -> None:
    """What a killed deliverer held goes on; if it was only slow, its failure counts no more."""
    order(program, store)
    (slow,) = claim(store, "a", -1, 10)

    (taken,) = claim(store, "b", 60, 10)
    with store.transaction() as transaction:
        late = settle(transaction, slow, Reply(503), now_of(store), program.compiled)

    assert taken.id == slow.id
    assert late.fate == "gone"
    assert find_letter(store, 1).lease == "b"


def test_what_a_slow_deliverer_delivered_stays_delivered(program: Program, store: Store) -> None:
    """Whoever took it over finds it done."""
    order(program, store)
    (slow,) = claim(store, "a", -1, 10)
    (taken,) = claim(store, "b", 60, 10)
    with store.transaction() as transaction:
        settle(transaction, slow, Reply(200, {"id": 1}), now_of(store), program.compiled)
        second = settle(transaction, taken, Reply(503), now_of(store), program.compiled)

    assert second.fate == "gone"
    assert find_letter(store, 1).state == "delivered"


class ElsewhereStore:
    """A store whose own clock is an hour behind that of this machine."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def __getattr__(self, name: str) -> object:
        return getattr(self.store, name)

    def now(self) -> datetime:
        return datetime.now(UTC) - timedelta(hours=1)


def test_leases_go_by_the_store_s_clock(program: Program, store: Store) -> None:
    """A machine whose clock is an hour ahead takes nothing over that is leased."""
    order(program, store)
    shared: Store = ElsewhereStore(store)  # type: ignore[assignment]

    (leased,) = claim(shared, "a", 60, 10)

    assert claim(shared, "b", 60, 10) == []
    assert not is_due(shared)
    assert leased.due is not None
    assert leased.due < stamp(datetime.now(UTC) - timedelta(minutes=58))


# Order


def test_messages_of_one_order_go_one_after_the_other(program: Program, store: Store) -> None:
    """A customer's second order waits for the first; another customer's does not."""
    for customer in ("Ann", "Ann", "Bob"):
        order(program, store, customer=customer)

    claimed = claim(store, "a", 60, 10)

    assert [one.id for one in claimed] == [1, 3]


def test_all_messages_of_an_order_arrive_in_order(program: Program, store: Store) -> None:
    """Also with many at once, some of which fail at first."""
    for number in range(6):
        order(program, store, customer="Ann", item=f"item {number}")
    receiver = Receiver(lambda _: Reply(503) if len(receiver.sent) == 3 else Reply(200, {"id": 1}))
    for _ in range(2):
        deliver(program, store, receiver)
        make_due(store, 3) if find_letter(store, 3).state == "waiting" else None

    items = [one.body["item"] for one in receiver.sent]  # type: ignore[index]
    assert items == ["item 0", "item 1", "item 2", "item 2", "item 3", "item 4", "item 5"]


def test_a_dead_letter_holds_its_order_up_until_it_is_dropped(program: Program, store: Store) -> None:
    """Where order matters, what follows must not overtake; dropping says that it may."""
    order(program, store, customer="Ann")
    deliver(program, store, Receiver(lambda _: Reply(400)))
    order(program, store, customer="Ann")
    held = deliver(program, store, Receiver())

    drop(store, [1])
    after = deliver(program, store, Receiver())

    assert (held, [one.letter.id for one in after]) == ([], [2])


def test_a_dead_letter_can_be_sent_again(program: Program, store: Store) -> None:
    """With all its attempts."""
    order(program, store)
    deliver(program, store, Receiver(lambda _: Reply(400)))

    (letter,) = retry(store, [1])

    assert (letter.state, letter.attempts, letter.due) == ("waiting", 0, "")
    assert [one.fate for one in deliver(program, store, Receiver())] == ["delivered"]


def test_what_was_delivered_is_neither_dropped_nor_sent_again(program: Program, store: Store) -> None:
    """It can't be taken back."""
    order(program, store)
    deliver(program, store, Receiver())

    with pytest.raises(AdapterError, match="delivered"):
        drop(store, [1])
    with pytest.raises(AdapterError, match="delivered"):
        retry(store, [1])


def test_limit_ends_a_run(program: Program, store: Store) -> None:
    """No more than so many are sent."""
    for _ in range(3):
        order(program, store)

    assert len(deliver(program, store, Receiver(), limit=2)) == 2
    assert count_letters(store)["waiting"] == 1


# Forwarding


def test_an_accepted_payload_is_forwarded_as_it_was_sent(program: Program, store: Store) -> None:
    """To a target of api.yaml, or to the operation's own path at a configured one."""
    program.apply("shop/order", ORDER, store=store, forward="mail")
    program.apply("shop/order", ORDER, store=store, forward="elsewhere")

    found = [
        (one.target, one.method, one.url, one.body) for one in list_letters(store) if one.target != "vendor"
    ]

    assert found == [
        ("mail", "POST", "https://mail.example/send", ORDER),
        ("elsewhere", "POST", "/api/orders", ORDER),
    ]


@pytest.mark.parametrize(("state", "hours"), [("sending", 1), ("waiting", 24)])
def test_a_clock_that_was_set_back_holds_nothing_up_for_long(
    state: str, hours: int, program: Program, store: Store
) -> None:
    """A time that lies farther ahead than any that is set was kept by a clock that was ahead."""
    order(program, store)
    ahead = now_of(store) + timedelta(hours=hours)
    due = []
    for minutes in (-5, 5):
        with store.transaction() as transaction:
            values = {"state": state, "lease": "1-other", "due": stamp(ahead + timedelta(minutes=minutes))}
            transaction.update(MESSAGES.resource, 1, values)
        due.append(is_due(store))
    (letter,) = claim(store, "lease", 60.0, 8)

    assert (due, letter.lease) == ([False, True], "lease")


def test_no_lease_is_longer_than_an_hour(program: Program, store: Store) -> None:
    """Else it could not be told from one of a clock that was ahead."""
    order(program, store)
    (letter,) = claim(store, "lease", 1e6, 8)

    assert letter.due is not None
    assert letter.due < stamp(now_of(store) + timedelta(hours=1, seconds=1))


@pytest.mark.parametrize(("part", "damage"), [("body", "nope"), ("response", "{"), ("headers", "[]")])
def test_a_damaged_message_is_named(part: str, damage: str, program: Program, store: Store) -> None:
    """Whoever asks learns which row to restore: it was an internal error."""
    order(program, store)
    with store.transaction() as transaction:
        transaction.update(MESSAGES.resource, 1, {part: damage})

    with pytest.raises(AdapterError, match=r"^message 1 in the outbox is damaged"):
        list_letters(store)
