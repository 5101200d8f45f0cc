"""Workers on PostgreSQL: Procrastinate hands messages out as jobs; their rows stay the truth."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event

import pytest
from desk import API, ORDER, Answer, Receiver, deliver, taken
from faulty_server import FaultyServer, Received, ok
from postgres_server import Server

from rulewright.errors import AdapterError, StoreLostError
from rulewright.outbox import MESSAGES, Settled, count_letters, drop, find_letter, retry
from rulewright.outbox import worker as working
from rulewright.outbox.clock import now_of, stamp
from rulewright.outbox.worker import Worker
from rulewright.ports import Jobs, Reply, Sending
from rulewright.program import Program
from rulewright_adapters import open_store
from rulewright_adapters.memory import MemoryStore
from rulewright_adapters.postgres import PostgresStore
from rulewright_adapters.postgres_jobs import jobs_schema

TEA = {"item": "tea", "customer": "Ann"}
# In a process where the extra is not installed, nor that of HTTP.
_WITHOUT_BOTH = """
import sys
sys.modules["httpx2"] = sys.modules["stamina"] = sys.modules["procrastinate"] = None
from rulewright.cli import main
main()
"""
# In a process where the extra is not installed.
_WITHOUT = """
import sys
sys.modules["procrastinate"] = None
from rulewright.cli import main
main()
"""


class Desk:
    """A store on PostgreSQL with its jobs, and what was sent from it."""

    def __init__(self, url: str, program: Program) -> None:
        opened = open_store(url)
        assert isinstance(opened, PostgresStore)
        self.store = opened
        self.schema = jobs_schema(url.rpartition("schema=")[2])
        self.program = program
        self.receiver = Receiver()
        # Every message from now on has its job.
        with self.working():
            pass

    def order(self, **payload: object) -> None:
        """Store an order, which the vendor is told of."""
        assert self.program.apply("shop/order", TEA | payload, store=self.store).stored

    def worker(self) -> Worker:
        """One that notices within a second that another was lost."""
        return self.program.worker(self.store, self.receiver, workers=4, lease_seconds=1.0)

    @contextmanager
    def working(self) -> Iterator[list[Settled]]:
        """While a worker works; gives what it settled."""
        worker, settled = self.worker(), list[Settled]()
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(lambda: settled.extend(worker.run()))
            try:
                # It must have begun: what is stopped before does nothing.
                wait_until(lambda: running.done() or bool(self.jobs("procrastinate_workers")))
                yield settled
            finally:
                worker.stop.set()
            running.result(20)

    def jobs(self, table: str = "procrastinate_jobs") -> list[tuple[object, ...]]:
        """What Procrastinate holds."""
        with self.store._sessions.held() as connection:
            found = connection.execute("SELECT to_regclass(%s) IS NULL", (f"{self.schema}.{table}",))
            if found.fetchone() == (True,):
                return []
            return connection.execute(f"SELECT * FROM {self.schema}.{table}".encode()).fetchall()

    def states(self) -> list[str]:
        """The state of every message, by id."""
        return [str(record["state"]) for record in self.store.find(MESSAGES.resource, {})]

    def set(self, letter_id: int, **values: object) -> None:
        """Change a message's row."""
        with self.store.transaction() as transaction:
            transaction.update(MESSAGES.resource, letter_id, values)


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    """Until something has happened, or the test has failed."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def desk(postgres: Server, program: Program) -> Iterator[Desk]:
    """An empty desk."""
    made = Desk(postgres.new_url(), program)
    yield made
    made.store.close()


def answering(item: str, answer: Reply) -> Answer:
    """Take every item but one."""
    return lambda sending: answer if item in str(sending.body) else taken(sending)


def _order_and_fail(desk: Desk) -> None:
    with desk.store.transaction() as transaction:
        desk.program.apply_within("shop/order", desk.program.inputs(TEA | {"customer": "Bob"}), transaction)
        raise KeyError


def test_a_job_is_made_by_the_transaction_that_stores_the_result(desk: Desk) -> None:
    """Whoever stores, an applier without Procrastinate too, leaves both or none."""
    desk.order()
    stored = len(desk.jobs())
    with pytest.raises(KeyError):
        _order_and_fail(desk)

    assert (stored, len(desk.jobs()), desk.states()) == (1, 1, ["waiting"])


def test_a_worker_sends_what_is_due_and_leaves_no_job(desk: Desk) -> None:
    """Messages from before it began, and those that come while it works."""
    desk.order()
    with desk.working() as settled:
        desk.order(item="coffee")
        wait_until(lambda: desk.states() == ["delivered"] * 2)

    assert [one.fate for one in settled] == ["delivered"] * 2
    assert desk.jobs() == []
    assert [record["vendor_id"] for record in desk.store.find("shop/order", {})] == [77, 77]


def test_messages_from_before_the_jobs_are_sent_too(postgres: Server, program: Program) -> None:
    """An outbox that was served by leases can go on with workers."""
    url = postgres.new_url()
    store = open_store(url)
    assert program.apply("shop/order", TEA, store=store).stored
    store.close()
    desk = Desk(url, program)
    with desk.working():
        wait_until(lambda: desk.states() == ["delivered"])
    desk.store.close()

    assert len(desk.receiver.sent) == 1


def test_messages_of_one_group_go_one_after_the_other(desk: Desk) -> None:
    """Four threads at work keep the order of each customer's messages."""
    for number in range(5):
        for customer in ("Ann", "Bob"):
            desk.order(item=f"{number}", customer=customer)
    with desk.working():
        wait_until(lambda: desk.states() == ["delivered"] * 10)

    numbers = [sending.body["number"] for sending in desk.receiver.sent]  # type: ignore[index]
    assert [one for one in numbers if one % 2] == [1, 3, 5, 7, 9]
    assert [one for one in numbers if not one % 2] == [2, 4, 6, 8, 10]


def test_a_refused_message_is_dead_and_holds_its_group_up_until_it_is_dropped(desk: Desk) -> None:
    """Retries and dead letters are those of the outbox."""
    desk.receiver.answer = answering("poison", Reply(422, {"errors": {"item": ["no"]}}))
    desk.order(item="poison")
    desk.order()
    with desk.working():
        # The job ends a moment after its message is settled, and none follows.
        wait_until(lambda: desk.states() == ["dead", "waiting"] and not desk.jobs())
        drop(desk.store, [1])
        wait_until(lambda: desk.states() == ["dropped", "delivered"])

    assert find_letter(desk.store, 1).attempts == 1


def test_what_failed_is_tried_again_when_it_is_due(desk: Desk) -> None:
    """The job waits for the row's time, and a retry by hand moves it."""
    desk.receiver.answer = answering("tea", Reply(503))
    desk.order()
    with desk.working():
        wait_until(lambda: find_letter(desk.store, 1).attempts == 1 and desk.states() == ["waiting"])
        assert find_letter(desk.store, 1).due is not None
        desk.receiver.answer = taken
        retry(desk.store, [1])
        wait_until(lambda: desk.states() == ["delivered"], 4)

    assert desk.jobs() == []


def test_a_deliverer_may_share_the_outbox(desk: Desk) -> None:
    """What it sends needs no job any more."""
    desk.order()

    deliver(desk.program, desk.store, desk.receiver)

    assert (desk.states(), desk.jobs()) == (["delivered"], [])


def test_what_a_killed_deliverer_held_goes_on_after_its_lease(desk: Desk) -> None:
    """There is no job for it: the row says when it is free again."""
    desk.order()
    desk.set(1, state="sending", lease="1-dead", due=stamp(now_of(desk.store)))
    with desk.working():
        wait_until(lambda: desk.states() == ["delivered"])

    assert len(desk.receiver.sent) == 1


def test_the_job_of_a_lost_worker_is_taken_over(desk: Desk) -> None:
    """Its heartbeat stopped; its lease, which would last, is not waited for."""
    desk.order()
    with desk.store._sessions.held() as connection:
        # As a worker leaves them that was killed while it sent.
        connection.execute(f"SET search_path TO {desk.schema}".encode())
        connection.execute(
            f"INSERT INTO {desk.schema}.procrastinate_workers (last_heartbeat)"
            " VALUES (now() - interval '1 hour')".encode()
        )
        connection.execute(
            f"UPDATE {desk.schema}.procrastinate_jobs SET status = 'doing', worker_id ="
            f" (SELECT max(id) FROM {desk.schema}.procrastinate_workers)".encode()
        )
    ((job, *_),) = desk.jobs()
    desk.set(1, state="sending", lease=f"job {job}/1-dead", due="2999-01-01T00:00:00.000Z")
    with desk.working():
        wait_until(lambda: desk.states() == ["delivered"])

    assert (len(desk.receiver.sent), desk.jobs()) == (1, [])


def test_a_lease_is_kept_while_a_message_is_being_sent(desk: Desk) -> None:
    """Sending may take longer than a lease lasts; nobody else begins it anew."""
    open_up = Event()

    def slow(sending: Sending) -> Reply:
        open_up.wait(10)
        return taken(sending)

    desk.receiver.answer = slow
    desk.order()
    with desk.working(), desk.working():
        wait_until(lambda: desk.states() == ["sending"])
        time.sleep(2.5)
        open_up.set()
        wait_until(lambda: desk.states() == ["delivered"])

    assert len(desk.receiver.sent) == 1


def test_a_store_that_fails_ends_the_work(desk: Desk) -> None:
    """The error is the store's; what was not settled is sent by the next worker."""
    desk.order()
    worker = desk.worker()
    worker.keep = lambda settled, transaction: transaction.update("shop/order", 999, {"item": "none"})

    with pytest.raises(AdapterError, match="no record"):
        list(worker.run())

    assert desk.states() == ["sending"]
    with desk.working():
        wait_until(lambda: desk.states() == ["delivered"])


def test_a_failure_is_no_request_to_stop(desk: Desk) -> None:
    """Whoever gave `stop` may begin anew, or not."""
    desk.order()
    stop = Event()

    def fail(message: int, job: str) -> None:
        raise KeyError(message)

    with pytest.raises(KeyError):
        desk.store.work(Jobs(fail, fail, lambda: None), workers=1, patience=1.0, stop=stop)

    assert not stop.is_set()


class Losing(MemoryStore):
    """A store whose server is gone for some time, and then has one job."""

    def __init__(self, program: Program, losses: int) -> None:
        super().__init__({}, program.tables)
        self.losses = losses
        assert program.apply("shop/order", TEA, store=self).stored

    def work(self, jobs: Jobs, *, workers: int, patience: float, stop: Event) -> None:
        """See JobStore."""
        if self.losses:
            self.losses -= 1
            raise StoreLostError("the store was lost")
        jobs.deliver(1, "job 1")
        stop.set()


def test_a_store_that_was_lost_is_tried_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """After longer and longer pauses, each of which is told."""
    monkeypatch.setattr(working, "_FIRST_PAUSE", 0.01)
    monkeypatch.setattr(working, "_LONGEST_PAUSE", 0.03)
    worker = program.worker(Losing(program, 4), Receiver())
    told: list[tuple[str, float]] = []
    worker.on_loss = lambda error, pause: told.append((str(error), pause))

    settled = list(worker.run())

    assert [one.fate for one in settled] == ["delivered"]
    assert told == [("the store was lost", pause) for pause in (0.01, 0.02, 0.03, 0.03)]


def test_a_worker_may_be_stopped_while_its_store_is_lost(program: Program) -> None:
    """It says why it ends."""
    worker = program.worker(Losing(program, 4), Receiver())
    worker.on_loss = lambda error, pause: worker.stop.set()

    with pytest.raises(StoreLostError, match="was lost"):
        list(worker.run())


def test_other_stores_have_no_jobs(program: Program) -> None:
    """The error names the way that every store serves."""
    store = MemoryStore({}, program.tables)

    with pytest.raises(AdapterError, match="outbox deliver --watch"):
        list(program.worker(store, Receiver()).run())


def test_a_newer_procrastinate_is_not_undone(desk: Desk) -> None:
    """Its schema may be used by workers of its version only."""
    with desk.store._sessions.held() as connection:
        connection.execute(
            f"INSERT INTO {desk.schema}._rulewright_migrations VALUES ('99.00.00_01_pre_new.sql')".encode()
        )

    with pytest.raises(AdapterError, match="newer Procrastinate"):
        list(desk.worker().run())


def test_a_long_schema_has_its_jobs_beside_it() -> None:
    """No two share theirs, and none is cut off by PostgreSQL."""
    names = {jobs_schema("a" * 62), jobs_schema("a" * 63), jobs_schema("a" * 58), jobs_schema("b")}

    assert len(names) == 4
    assert max(map(len, names)) <= 63


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres: Server) -> Iterator[FaultyServer]:
    """A vendor, and a folder configured for it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VENDOR_KEY", "other-secret")
    monkeypatch.setenv("RULEWRIGHT_STORE", postgres.new_url())
    with FaultyServer() as server:
        rules = tmp_path / "rules" / "shop"
        rules.mkdir(parents=True)
        (rules / "api.yaml").write_text(API.replace("https://vendor.example", server.url))
        (rules / "order.yaml").write_text(ORDER)
        (tmp_path / "rulewright.toml").write_text(
            f'rules = "rules"\n[targets.vendor]\nurl = "{server.url}"\ntimeout = 5\n'
        )
        (tmp_path / "one.json").write_text('{"item": "tea"}')
        yield server


def _run(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)


def test_sigterm_ends_the_work_in_order(folder: FaultyServer) -> None:
    """What is being sent is finished and kept; the exit status is 0."""

    def slow(connection: object, received: Received) -> bool:
        time.sleep(0.6)
        return ok(connection, received)  # type: ignore[arg-type]

    folder.answer = slow
    assert _run("-m", "rulewright", "apply", "shop/order", "one.json").returncode == 0
    process = subprocess.Popen(
        [sys.executable, "-m", "rulewright", "outbox", "work", "--concurrency", "2"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    wait_until(lambda: bool(folder.received))
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (0, "delivered  1  vendor  201\n"), err
    assert err == "1 delivered, 0 dead, 0 to be tried again; 0 waiting\n"


def test_without_the_extra_the_error_says_what_to_install(folder: FaultyServer) -> None:
    """Deliverers do without."""
    refused, without_both = (_run("-c", script, "outbox", "work") for script in (_WITHOUT, _WITHOUT_BOTH))
    assert _run("-m", "rulewright", "apply", "shop/order", "one.json").returncode == 0
    delivered = _run("-c", _WITHOUT, "outbox", "deliver")

    assert (refused.returncode, delivered.returncode) == (2, 0), refused.stderr
    assert "pip install 'rulewright[workers]'" in refused.stderr
    assert without_both.stderr == refused.stderr


def test_counts_are_those_of_the_rows(desk: Desk) -> None:
    """`outbox list` needs no look at the jobs."""
    desk.order()

    assert count_letters(desk.store)["waiting"] == 1
