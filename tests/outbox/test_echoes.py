"""What a receiver repeats of a message, and what of it is no JSON: neither is told or kept as it came."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import cast

import pytest
from desk import Receiver, deliver

from rulewright import Program, load, outcome_json
from rulewright.outbox import list_letters
from rulewright.outbox.letters import MESSAGES
from rulewright.ports import Reply, Store
from rulewright.report.letters import settled_json
from rulewright.report.text import dump_json

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


def test_an_answer_with_numbers_that_json_has_not_is_listed_as_json(program: Program, store: Store) -> None:
    """`outbox list --format json` printed NaN, which programs can't read."""
    program.apply("shop/order", {"item": "tea"}, store=store)

    deliver(program, store, Receiver(lambda _: Reply(400, {"a": math.nan, "b": [math.inf, -math.inf]})))

    (kept,) = store.find(MESSAGES.resource, {})
    told = json.loads(str(kept["response"]), parse_constant=pytest.fail)
    assert told["body"] == {"a": "nan", "b": ["inf", "-inf"]}


def test_an_infinite_number_is_sent_as_the_outcome_shows_it(tmp_path: Path, store: Store) -> None:
    """`Infinity` is no JSON: every receiver refused it."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "api.yaml").write_text(
        "rulewright: 1\napi: a\ntargets: {hook: {url: 'https://example.org/h'}}\n"
    )
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\n"
        "fields: {id: {type: integer}, x: {type: number, required: true}}\n"
        "effects: [{id: tell, send: hook, body: {x: 'record.x / 0.0'}}]\n"
    )
    program, receiver = load(tmp_path), Receiver()
    receipt = program.apply("a/b", {"id": 1, "x": 1.5}, store=store)

    deliver(program, store, receiver)

    (message,) = cast("list[dict[str, object]]", outcome_json(receipt.outcome, program)["messages"])
    assert json.loads(json.dumps(receiver.sent[0].body), parse_constant=pytest.fail) == {"x": "inf"}
    assert json.loads(dump_json(message["body"])) == {"x": "inf"}
