"""What a receiver repeats of a message: sensitive values of it are neither told nor kept."""

from __future__ import annotations

import pytest
from desk import Receiver, deliver

from rulewright import Program
from rulewright.outbox import list_letters
from rulewright.outbox.letters import MESSAGES
from rulewright.ports import Reply, Store
from rulewright.report.letters import settled_json

CARD = "4111 1111"
ORDER = {"item": "tea", "card": CARD}
REPLIES = {
    "where it is": Reply(201, {"id": 1}, {"location": "/cards/4111%201111"}),
    "where it was refused": Reply(400, None, {"location": f"/cards/{CARD}"}),
    "what came of no answer": Reply(None, error=f"RemoteProtocolError: illegal header line: {CARD}"),
    "what stands for a reason": Reply(400, error=f"no such card: {CARD}"),
}


@pytest.mark.parametrize("place", REPLIES)
def test_headers_and_errors_tell_no_sensitive_value(place: str, program: Program, store: Store) -> None:
    """They were kept, and listed, as they came; of the body alone it was taken out."""
    program.apply("shop/order", ORDER, store=store)

    (settled,) = deliver(program, store, Receiver(lambda _: REPLIES[place]))

    (letter,) = list_letters(store)
    (kept,) = store.find(MESSAGES.resource, {})
    told = f"{settled_json(settled)} {letter.response} {kept['response']}"
    assert "***" in told
    assert "4111" not in told


def test_what_is_written_back_is_what_the_receiver_said(program: Program, store: Store) -> None:
    """What is masked is the answer as it is shown, not what rules read of it."""
    program.apply("shop/order", {"item": "tea", "card": "4711"}, store=store)

    deliver(program, store, Receiver(lambda _: Reply(201, {"id": 4711})))

    assert store.find("shop/order", {})[0]["vendor_id"] == 4711
