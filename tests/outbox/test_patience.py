"""What sends may ask for any patience, and give anything: a deliverer goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from desk import Receiver, deliver

from rulewright import Program
from rulewright.outbox import list_letters
from rulewright.outbox.clock import now_of, stamp
from rulewright.ports import Reply, Store


@pytest.mark.parametrize("seconds", [1e9, 1e15, float("inf"), float("nan"), -1e9])
def test_a_message_is_put_off_by_a_day_at_most(seconds: float, program: Program, store: Store) -> None:
    """What is due later counts as kept by a clock that was ahead: it was put off again and again."""
    program.apply("shop/order", {"item": "tea"}, store=store)
    receiver = Receiver(lambda _: Reply(None, retry_after=seconds, tried=False))

    (settled,) = deliver(program, store, receiver, limit=3)

    (letter,) = list_letters(store)
    assert settled.fate == "postponed"
    assert stamp(now_of(store)) < str(letter.due) < stamp(now_of(store) + timedelta(days=1, seconds=1))


@pytest.mark.parametrize("given", [None, 201, {"status": 201}])
def test_a_forwarder_that_gives_no_reply_is_told(given: Any, program: Program, store: Store) -> None:
    """Its mistake ended the deliverer with an internal error, and the messages of others waited."""
    program.apply("shop/order", {"item": "tea"}, store=store)

    (settled,) = deliver(program, store, Receiver(lambda _: given))

    assert settled.fate == "retry"
    assert settled.note == f"the forwarder gave {type(given).__name__}, not a Reply"
