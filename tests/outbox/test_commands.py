"""The commands `outbox`, `history`, `forward` and `apply --forward`."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from desk import API, ORDER
from faulty_server import FaultyServer, Received, ok, reply
from vendor import saying

from rulewright.cli import main
from rulewright.cli.outbox import passing
from rulewright.errors import ConflictError
from rulewright.outbox import STATES
from rulewright.program import shipped_rules
from rulewright_adapters.http_targets import KEYS, SCHEMES

TOML = """
rules = "rules"
store = "sqlite:///desk.db"
[targets.vendor]
url = "{url}"
auth = "token"
token_env = "VENDOR_TOKEN"
timeout = 1
[targets.away]
url = "{url}"
timeout = 1
"""
CARD = "4111222233334444"
Run = Callable[..., Result]


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyServer]:
    """A vendor, and a folder with rules that tell it of orders."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VENDOR_TOKEN", "very-secret")
    monkeypatch.setenv("VENDOR_KEY", "other-secret")
    with FaultyServer(answer=_judge) as running:
        folder = tmp_path / "rules" / "shop"
        folder.mkdir(parents=True)
        url = f"{running.url}/orders"
        (folder / "api.yaml").write_text(API.replace("https://vendor.example/orders", url))
        (folder / "order.yaml").write_text(ORDER)
        (tmp_path / "rulewright.toml").write_text(TOML.format(url=running.url))
        (tmp_path / "one.json").write_text(json.dumps({"item": "tea", "card": CARD}))
        lines = [{"item": "tea"}, {"item": "poison", "card": CARD}, {"customer": "Ann"}]
        (tmp_path / "some.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        yield running


def _judge(connection: object, received: Received) -> bool:
    """Take everything but poison."""
    if b"poison" not in received.body:
        return ok(connection, received)  # type: ignore[arg-type]
    errors = {"item": [f"The item field must not be poison. (card {CARD})"]}
    connection.sendall(reply(422, {"message": "No.", "errors": errors}))  # type: ignore[attr-defined]
    return True


@pytest.fixture
def run(server: FaultyServer) -> Run:
    """Run a command."""

    def call(*words: str) -> Result:
        return CliRunner().invoke(main, words)

    return call


def found(result: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_applied_listed_delivered(run: Run, server: FaultyServer) -> None:
    """From the payload to the vendor, with the vendor's id in the record at the end."""
    applied = run("apply", "shop/order", "one.json")
    listed = found(run("outbox", "list", "--format", "jsonl"))
    delivered = run("outbox", "deliver")
    after = found(run("outbox", "list", "--format", "jsonl"))

    assert (applied.exit_code, [one["state"] for one in listed]) == (0, ["waiting"])
    assert (delivered.exit_code, delivered.stdout) == (0, "delivered  1  vendor  201\n")
    assert [one["state"] for one in after] == ["delivered"]
    assert server.received[0].headers["authorization"] == "Token very-secret"
    assert json.loads(server.received[0].body)["card"] == CARD
    assert "vendor_id: null -> 1" in run("history", "shop/order", "1").stdout


def test_a_refusal_is_a_finding(run: Run) -> None:
    """Exit 1; the dead letter keeps the answer, sensitive values masked."""
    run("apply", "shop/order", "some.jsonl")

    delivered = run("outbox", "deliver", "--format", "jsonl")
    shown = run("outbox", "show", "2")

    assert delivered.exit_code == 1
    assert {(one["id"], one["fate"]) for one in found(delivered)} == {(1, "delivered"), (2, "dead")}
    assert "✗ /item: The item field must not be poison. (card ***) [check]" in shown.stdout


@pytest.mark.parametrize("words", [("list",), ("show", "1", "2"), ("deliver",)])
@pytest.mark.parametrize("form", ["text", "pretty", "json", "jsonl"])
def test_nothing_secret_is_printed(words: tuple[str, ...], form: str, run: Run) -> None:
    """Neither tokens nor sensitive values."""
    run("apply", "shop/order", "some.jsonl")

    printed = run("outbox", *words, "--format", form).output

    assert not [word for word in ("very-secret", "other-secret", CARD) if word in printed]


def test_drop_and_retry(run: Run, server: FaultyServer) -> None:
    """Dead letters are dropped, or sent again once the receiver has changed its mind."""
    run("apply", "shop/order", "some.jsonl")
    run("outbox", "deliver")

    dropped = run("outbox", "drop", "--dead", "--format", "jsonl")
    retried = run("outbox", "retry", "2", "--format", "jsonl")
    server.answer = ok
    delivered = run("outbox", "deliver")

    assert [one["state"] for one in found(dropped)] == ["dropped"]
    assert [one["state"] for one in found(retried)] == ["waiting"]
    assert (delivered.exit_code, delivered.stdout) == (0, "delivered  2  vendor  201\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("outbox", "show", "7"), "holds no message 7"),
        (("outbox", "retry"), "say which"),
        (("outbox", "drop", "1", "--dead"), "say which"),
        (("outbox", "list", "--store", "sqlite:///none.db"), "none.db: there is no such store"),
        (("outbox", "list", "--state", "lost"), "lost"),
        (("outbox", "deliver", "--workers", "0"), "workers"),
        (("history", "shop/order", "x"), "x"),
        (("history", "shop/odrer", "1"), "did you mean shop/order?"),
        (("forward", "shop/order", "one.json"), "--to"),
        (("apply", "shop/order", "one.json", "--plan", "p.json", "--forward", "away"), "--forward"),
    ],
)
def test_wrong_usage(words: tuple[str, ...], said: str, run: Run) -> None:
    """Exit 2, and words."""
    run("apply", "shop/order", "one.json")

    result = run(*words)

    assert result.exit_code == 2
    assert said in result.output
    assert not Path("none.db").exists()


def test_a_token_that_is_not_set_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message waits, and no attempt is counted."""
    monkeypatch.delenv("VENDOR_TOKEN")
    run("apply", "shop/order", "one.json")

    delivered = run("outbox", "deliver")

    assert delivered.exit_code == 1
    assert "needs the environment variable VENDOR_TOKEN" in delivered.stdout
    assert found(run("outbox", "list", "--format", "jsonl"))[0]["attempts"] == 0


def test_no_targets_no_deliveries(run: Run) -> None:
    """Where messages may go must be said."""
    Path("rulewright.toml").write_text('rules = "rules"\nstore = "sqlite:///desk.db"\n')
    run("apply", "shop/order", "one.json")

    delivered = run("outbox", "deliver")

    assert (delivered.exit_code, "[targets.NAME]" in delivered.output) == (2, True)


def test_a_missing_extra_names_its_installation(run: Run) -> None:
    """The command works without it until something is to be sent."""
    run("apply", "shop/order", "one.json")
    code = (
        "import sys; sys.modules['httpx2'] = None\n"
        "from rulewright.cli import main\n"
        "main(['outbox', 'deliver'])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "pip install 'rulewright[http]'" in done.stderr


def test_apply_forward_puts_payloads_into_the_outbox(run: Run, server: FaultyServer) -> None:
    """As they were sent, to the operation's own path."""
    run("apply", "shop/order", "some.jsonl", "--forward", "away")

    run("outbox", "deliver")

    sent = [json.loads(one.body) for one in server.received if one.path == "/api/orders"]
    assert sorted(sent, key=str) == [{"item": "poison", "card": CARD}, {"item": "tea"}]


@pytest.mark.parametrize(
    ("name", "said"),
    [("awy", "warning: no target awy is configured: did you mean away?"), ("away", "")],
)
def test_apply_forward_warns_of_a_target_that_is_not_there(run: Run, name: str, said: str) -> None:
    """What is for it waits; where no target at all is configured, others send it."""
    applied = run("apply", "shop/order", "one.json", "--forward", name)

    assert (applied.exit_code, applied.stderr.startswith(said or "warning")) == (0, bool(said))


def test_deliver_says_where_to_see_what_it_waits_for(run: Run) -> None:
    """A message that can't be sent for now is due again later: meanwhile nothing is done."""
    configured = Path("rulewright.toml").read_text()
    Path("rulewright.toml").write_text(configured.replace("targets.vendor", "targets.other"))
    run("apply", "shop/order", "one.json")

    first, second = run("outbox", "deliver"), run("outbox", "deliver")

    assert first.stderr == "0 delivered, 0 dead, 1 to be tried again; 1 waiting\n"
    assert second.stderr.endswith("; 1 waiting, none of them due yet: `rulewright outbox list` says when\n")


def test_audit_is_switched_by_the_configuration(run: Run) -> None:
    """`audit = false` keeps nothing."""
    Path("rulewright.toml").write_text("audit = false\n" + Path("rulewright.toml").read_text())
    run("apply", "shop/order", "one.json")

    told = run("history", "shop/order", "1")

    assert (told.stdout, "nothing is kept" in told.stderr) == ("", True)


# forward


def test_forward_shows_refusals_where_they_belong(run: Run) -> None:
    """The receiver's at the payload's line, like our own."""
    result = run("forward", "shop/order", "some.jsonl", "--to", "away", "--format", "jsonl")

    told = [(one["verdict"], [p["path"] for p in one["problems"]]) for one in found(result)]  # type: ignore[attr-defined]
    places = [p["payload_at"] for one in found(result) for p in one["problems"]]  # type: ignore[attr-defined]
    assert result.exit_code == 1
    assert told == [("accepted", []), ("rejected", ["/item"]), ("rejected", ["/item"])]
    assert places == ["some.jsonl:2:10", "some.jsonl:3:1"]
    assert CARD not in result.output


def test_forward_leaves_what_needs_records_to_the_receiver(run: Run) -> None:
    """A refusal is the receiver's alone: that a look-up could not be made here is beside the point."""
    Path("case.json").write_text(json.dumps({"first_name": "poison"}))
    caller = ("--actor", '{"agent": 3, "group": 9}', "--rules", str(shipped_rules()))

    result = run("forward", "ct_oi/case", "case.json", "--to", "away", *caller, "--format", "jsonl")

    (outcome,) = found(result)
    problems: list[dict[str, str]] = outcome["problems"]  # type: ignore[assignment]
    assert outcome["verdict"] == "rejected"
    assert {one["rule"] for one in problems} == {"ct_oi/case.targets.away"}


def test_forward_keeps_again_what_the_store_gave_up(
    run: Run, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deadlock with another program ended it."""
    keep, tried = passing.keep_messages, []

    def conflicting(*given: Any) -> Any:
        tried.append(1)
        if len(tried) == 1:
            raise ConflictError("deadlock detected")
        return keep(*given)

    monkeypatch.setattr(passing, "keep_messages", conflicting)
    result = run("forward", "shop/order", "one.json", "--to", "away", "--format", "jsonl")

    assert (result.exit_code, len(tried), len(server.received)) == (0, 2, 1), result.output


def test_forward_sends_nothing_twice(run: Run, server: FaultyServer) -> None:
    """A second run tells what came of the first, unless it is to send again."""
    first = run("forward", "shop/order", "one.json", "--to", "away", "--format", "jsonl")
    second = run("forward", "shop/order", "one.json", "--to", "away", "--format", "jsonl")
    third = run("forward", "shop/order", "one.json", "--to", "away", "--again", "--format", "jsonl")

    assert [found(one)[0].get("replayed", False) for one in (first, second, third)] == [False, True, False]
    assert [one.exit_code for one in (first, second, third)] == [0, 0, 0]
    assert len({one.key for one in server.received}) == 2


def test_forward_says_in_words_what_arrived(run: Run, server: FaultyServer) -> None:
    """A line a payload, as `apply` says what it sends; a second run says that it sent nothing."""
    first = run("forward", "shop/order", "one.json", "--to", "away", "--format", "text")
    second = run("forward", "shop/order", "one.json", "--to", "away", "--format", "text")

    assert first.stdout.startswith("one.json:1:1: accepted: sends POST ")
    assert second.stdout.startswith("one.json:1:1: accepted: replayed: ")
    assert len(server.received) == 1


def test_forward_goes_on_where_it_failed(run: Run, server: FaultyServer) -> None:
    """What could not be delivered waits in the outbox, and for as long as the receiver asked."""
    server.answer = saying(503, None, Retry_After="60")
    failed = run("forward", "shop/order", "one.json", "--to", "away", "--format", "jsonl")
    server.answer = ok
    outbox = ("--store", "sqlite:///rulewright-outbox.db")
    run("outbox", "retry", "1", *outbox)
    early = run("forward", "shop/order", "one.json", "--to", "away", "--format", "jsonl")
    _let_a_minute_pass("rulewright-outbox.db")
    run("outbox", "retry", "1", *outbox)
    done = run("forward", "shop/order", "one.json", "--to", "away", "--format", "jsonl")

    assert (early.exit_code, found(early)[0]["verdict"]) == (1, "undecided")
    assert (failed.exit_code, found(failed)[0]["verdict"]) == (1, "undecided")
    assert "is waiting in the outbox" in failed.stdout
    assert "outbox deliver --store sqlite:///rulewright-outbox.db\n" in failed.stderr
    assert "outbox deliver" not in done.stderr
    assert (done.exit_code, found(done)[0]["verdict"]) == (0, "accepted")


def test_forward_says_why_nothing_was_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token's variable that is not set is named, also where the message is not due again yet."""
    monkeypatch.delenv("VENDOR_TOKEN")
    configured = Path("rulewright.toml").read_text()
    Path("rulewright.toml").write_text(configured.replace("[targets.away]", "[targets.else]"))
    results = [
        run("forward", "shop/order", "one.json", "--to", target)
        for target in ("vendor", "vendor", "away", "away")
    ]
    listed = run("outbox", "list", "--store", "sqlite:///rulewright-outbox.db")

    assert [one.exit_code for one in results] == [1] * 4
    assert ["VENDOR_TOKEN" in one.stdout for one in results] == [True, True, False, False]
    assert ["no target away is configured" in one.stdout for one in results] == [False, False, True, True]
    assert "0 attempts" in listed.stdout
    assert "VENDOR_TOKEN" in listed.stdout


def _let_a_minute_pass(path: str) -> None:
    """The target's pace is kept in the outbox, as the moment from which it may be sent to."""
    with closing(sqlite3.connect(path)) as store, store:
        assert store.execute("UPDATE rulewright_pace SET free = free - 60").rowcount == 1


# Signals


def test_sigterm_ends_a_watch_in_order(run: Run, server: FaultyServer) -> None:
    """What is being sent is finished and kept; the exit status is 0."""

    def slow(connection: object, received: Received) -> bool:
        time.sleep(0.4)
        return ok(connection, received)  # type: ignore[arg-type]

    server.answer = slow
    run("apply", "shop/order", "one.json")
    process = subprocess.Popen(
        [sys.executable, "-m", "rulewright", "outbox", "deliver", "--watch"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    while not server.received:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (0, "delivered  1  vendor  201\n"), err


def test_the_page_names_every_key_and_state() -> None:
    """docs/outbox.md is what operators go by."""
    page = (Path(__file__).parents[2] / "docs" / "outbox.md").read_text()

    missing = [word for word in (*KEYS, *SCHEMES, *STATES) if f"`{word}`" not in page]

    assert missing == []
