"""The store keeps the contract of all stores, and what it promises beyond: `python -m pytest`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import rulewright_jsonl
from rulewright_jsonl import JsonlStore, open_url

from rulewright import load
from rulewright.errors import AdapterError
from rulewright.ports import Store, Transaction
from rulewright.testing import CASE, HOUSEHOLD, TABLES, StoreContract, plain

# Numbers cases until it is killed or has made enough; says which ones it was told are stored.
WRITER = """
import sys
from pathlib import Path
from rulewright.testing import CASE, TABLES
from rulewright_jsonl import JsonlStore
store = JsonlStore(Path(sys.argv[1]))
store.prepare(TABLES)
for _ in range(int(sys.argv[2])):
    with store.transaction() as transaction:
        number = transaction.last_in_sequence(CASE, "id", "") + 1
        transaction.insert(CASE, {"id": number, "name": "x" * 200})
        transaction.set_progress("job", number)
    print(number, flush=True)
"""


class TestContract(StoreContract):
    """Every store's contract."""

    folder = tempfile.TemporaryDirectory(prefix="rulewright-jsonl-")
    numbers = count()

    def open_store(self) -> Store:
        """Open an empty store."""
        return open_url(f"/{self.folder.name}/{next(self.numbers)}.jsonl")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file that is not there yet."""
    return tmp_path / "records.jsonl"


@pytest.fixture
def store(path: Path) -> Iterator[JsonlStore]:
    """An empty store, prepared."""
    opened = JsonlStore(path)
    opened.prepare(TABLES)
    yield opened
    opened.close()


def write(store: Store, *records: dict[str, object], resource: str = CASE) -> None:
    with store.transaction() as transaction:
        for record in records:
            transaction.insert(resource, record)


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


def test_what_was_stored_is_there_again(store: JsonlStore, path: Path) -> None:
    """Records, their order, progress and constraints, when another process opens the file."""
    write(store, {"id": 2, "address": {"a": [1, 1.5, None, True]}, "income": 3.0})
    write(store, {"id": 1, "name": "Ann ☃", "reference": "r"}, {"id": 3})
    with store.transaction() as transaction:
        transaction.update(CASE, 1, {"name": None})
        transaction.delete(CASE, {"id": [3]})
        transaction.set_progress("job", 7)

    other = JsonlStore(path)

    assert other.find(CASE, {}) == store.find(CASE, {})
    assert plain(other.find(CASE, {}))[0] == {"id": 1, "reference": "r"}
    assert other.progress("job") == 7
    with pytest.raises(AdapterError, match="reference"), other.transaction() as transaction:
        transaction.insert(CASE, {"id": 4, "reference": "r"})


def test_a_path_is_text_or_a_path(store: JsonlStore, path: Path) -> None:
    """As for everything that opens a file."""
    write(store, {"id": 1})

    assert JsonlStore(str(path)).count(CASE, {}) == 1


def test_two_who_have_it_open_see_each_others_records(store: JsonlStore, path: Path) -> None:
    """Each reads what the other has appended before it reads or writes itself."""
    other = JsonlStore(path)
    write(store, {"id": 1})
    seen = other.count(CASE, {})
    write(other, {"id": 2})

    assert (seen, store.count(CASE, {})) == (1, 2)
    with pytest.raises(AdapterError):
        write(store, {"id": 2})


def test_a_transaction_is_one_line_and_a_refused_one_none(store: JsonlStore, path: Path) -> None:
    """Nor does one that did nothing write anything."""
    before = len(lines(path))
    write(store, {"id": 1}, {"id": 2})
    with pytest.raises(AdapterError):
        write(store, {"id": 3}, {"id": 1})
    write(store)

    assert len(lines(path)) == before + 1


def test_an_unfinished_line_never_counted(store: JsonlStore, path: Path) -> None:
    """It is what a killed writer left; the next one writes over it."""
    write(store, {"id": 1})
    with path.open("ab") as file:
        file.write(b'[["insert","' + CASE.encode() + b'",{"id":9')
    other = JsonlStore(path)
    found = other.count(CASE, {})
    write(other, {"id": 2})

    assert (found, store.count(CASE, {}), JsonlStore(path).count(CASE, {})) == (1, 2, 2)


@pytest.mark.parametrize(
    "line", [b"{", b"[1]", b'[["drop"]]', b'[["insert","a/b",{}]]', b"\xff", b'[["insert"]]', b"7", b"null"]
)
def test_a_damaged_file_is_told_and_left_alone(line: bytes, store: JsonlStore, path: Path) -> None:
    """Where a line is not what was written, nothing is made up."""
    write(store, {"id": 1})
    content = path.read_bytes() + line + b"\n"
    path.write_bytes(content)

    with pytest.raises(AdapterError, match="is damaged"):
        JsonlStore(path)
    with pytest.raises(AdapterError, match="is damaged"):
        write(store, {"id": 2})
    assert path.read_bytes() == content


@pytest.mark.parametrize("content", [b"notes", b"notes\n", b'[["prepare",[]]]\n', b"{}", b"\n", b"\0" * 100])
def test_a_file_of_somebody_else_is_left_alone(content: bytes, path: Path) -> None:
    """Nothing is read from it, and nothing written."""
    path.write_bytes(content)

    with pytest.raises(AdapterError, match="is no file of this store"):
        JsonlStore(path)
    assert path.read_bytes() == content


@pytest.mark.parametrize("size", [0, 1, 20, 40, 80])
def test_a_file_whose_making_was_interrupted_is_made_again(size: int, store: JsonlStore, path: Path) -> None:
    """Not even its first line was finished, or nothing but that."""
    path.write_bytes(path.read_bytes()[:size])
    other = JsonlStore(path)
    other.prepare(TABLES)
    write(other, {"id": 1})

    assert (store.count(CASE, {}), JsonlStore(path).count(CASE, {})) == (1, 1)


def test_history_is_dropped_once_it_is_most_of_the_file(
    store: JsonlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those who have the old file open go on with the new one; records that name each other stay."""
    monkeypatch.setattr(rulewright_jsonl, "SLACK", 20)
    other = JsonlStore(path)
    with store.transaction() as transaction:
        transaction.insert(HOUSEHOLD, {"id": 1, "head": 1})
        transaction.insert(CASE, {"id": 1, "household": 1})
        transaction.set_progress("job", 5)
    sizes = []
    for number in range(100):
        with other.transaction() as transaction:
            transaction.update(CASE, 1, {"income": float(number)})
        sizes.append(len(lines(path)))

    assert max(sizes) < 40
    assert min(sizes[50:]) < 10
    assert plain(store.find(CASE, {})) == [{"id": 1, "household": 1, "income": 99.0}]
    again = JsonlStore(path)
    assert (again.find(CASE, {}), again.progress("job")) == (other.find(CASE, {}), 5)


def test_a_file_that_can_not_be_written_undoes_the_transaction(
    store: JsonlStore, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full in the middle of a line: it is taken back, and the next one goes on."""
    write(store, {"id": 1})
    content = path.read_bytes()
    pwrite = os.pwrite

    def full(file: int, data: bytes, place: int) -> int:
        if len(data) < 10:
            raise OSError(28, "No space left on device")
        return pwrite(file, data[:10], place)

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with pytest.raises(AdapterError, match="No space left on device"):
            write(store, {"id": 2})
    after = path.read_bytes()
    write(store, {"id": 2, "name": "again"})

    assert after == content
    assert JsonlStore(path).find(CASE, {"id": 2}) == store.find(CASE, {"name": "again"})


def test_killed_writers_lose_nothing(path: Path) -> None:
    """Four processes number cases, one of them is killed: what was acknowledged is stored, once."""
    words = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen([*words, "60"], stdout=subprocess.PIPE, text=True) for _ in range(4)]
    victim = writers[0]
    assert victim.stdout is not None
    told = [victim.stdout.readline() for _ in range(5)]
    victim.send_signal(signal.SIGKILL)
    told += [line for one in writers for line in one.communicate(timeout=60)[0].splitlines(keepends=True)]
    numbers = [int(line) for line in told if line.endswith("\n")]

    store = JsonlStore(path)
    stored = [record["id"] for record in store.find(CASE, {})]
    assert len(numbers) == len(set(numbers)) >= 185
    assert set(numbers) <= set(stored)
    assert stored == list(range(1, len(stored) + 1))
    assert store.progress("job") == len(stored)


def test_who_waits_too_long_is_told(store: JsonlStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process, and another thread."""
    monkeypatch.setattr(rulewright_jsonl, "PATIENCE", 0.1)
    errors: list[str] = []

    def try_both() -> None:
        for one in (store, JsonlStore(path)):
            try:
                write(one, {"id": 1})
            except AdapterError as error:
                errors.append(str(error))

    with store.transaction():
        thread = threading.Thread(target=try_both)
        thread.start()
        thread.join()

    assert [error.partition(" is busy: ")[2] for error in errors] == [
        "another thread wrote for 0 s",
        "somebody else wrote for 0 s",
    ]


@pytest.mark.parametrize("rest", ["", "/", "records.jsonl", "/no/such/folder/x.jsonl", "/folder/"])
def test_what_names_no_file_is_refused(rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a hint, and without making anything."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AdapterError):
        open_url(rest)

    assert list(tmp_path.iterdir()) == []


def test_a_rule_set_works_on_it(path: Path) -> None:
    """The shipped rules: a new head takes over, and the message lies in the outbox."""
    program, store = load(), JsonlStore(path)
    agent = {"agent": 3, "group": 9}
    first = {"first_name": "Ann", "head_of_household": True}
    assert program.apply("ct_oi/case", first, store=store, actor=agent, forward="vendor").stored
    second = {"first_name": "Bob", "household": 1, "head_of_household": True}
    assert program.apply("ct_oi/case", second, store=JsonlStore(path), actor=agent).stored

    assert [one["head_of_household"] for one in store.find("ct_oi/case", {})] == [False, True]
    assert store.count("rulewright/message", {}) == 1


def test_a_transaction_is_a_transaction(store: JsonlStore) -> None:
    """The port's Protocol is met in every method."""
    with store.transaction() as transaction:
        missing = [name for name in dir(Transaction) if name[0] != "_" and not hasattr(transaction, name)]

    assert missing == []
