"""`apply` that was interrupted, killed, or done twice: each payload is stored and told of once."""

from __future__ import annotations

import itertools
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from workplace import COPIES, JSONL, RULES, STORE, Run, Write, refused_in, stored

from rulewright.batch import Applier
from rulewright.cli.applying.batch import Batch
from rulewright.errors import AdapterError, UniqueViolationError


def test_killed_and_resumed(run: Run, write: Write) -> None:
    """A batch killed with SIGKILL midway and run again with --resume stores each payload once."""
    lines = write("t.jsonl", [{"title": f"t{number}"} for number in range(BIG)])
    words = [sys.executable, "-m", "rulewright", "apply", "desk/ticket", lines, *STORE, *JSONL]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    assert process.stdout is not None
    told = [json.loads(line)["record"]["title"] for line in itertools.islice(process.stdout, 500)]
    process.kill()
    process.communicate()
    kept = stored("title")

    unsaid = run(*words[3:])
    resumed = run(*words[3:], "--resume")
    again = run(*words[3:], "--resume")

    assert process.returncode == -9
    assert told == kept[:500]
    assert len(kept) < BIG
    assert (unsaid.code, "--resume goes on" in unsaid.err) == (2, True)
    assert [one["record"]["title"] for one in resumed.outcomes] == [f"t{n}" for n in range(len(kept), BIG)]
    assert (again.code, again.out) == (0, "")
    assert stored("title") == [f"t{number}" for number in range(BIG)]


def test_two_processes_apply_a_file_once(run: Run, write: Write) -> None:
    """Who comes second is told so, and nothing is stored twice."""
    lines = write("t.jsonl", [{"title": f"t{number}"} for number in range(BIG)])
    words = [sys.executable, "-m", "rulewright", "apply", "desk/ticket", lines, *STORE, "--resume"]
    both = [subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(2)]
    said = [process.communicate()[1].decode() for process in both]

    run(*words[3:])

    assert sorted(process.returncode for process in both) in ([0, 0], [0, 2])
    assert all(
        "another process applies it too" in text
        for text, one in zip(said, both, strict=True)
        if one.returncode
    )
    assert stored("title") == [f"t{number}" for number in range(BIG)]


def test_resuming_says_what_is_unexpected(run: Run, write: Write) -> None:
    """A file that was never begun, for it was moved; rules that are others than before."""
    words = ("apply", "desk/ticket", write("t.jsonl", '{"title": "a"}\nno\n{"title": "b"}\n'), *STORE)
    shutil.copytree(RULES, "changed")
    ticket = Path("changed/desk/ticket.yaml")
    ticket.write_text(f"{ticket.read_text()}\n# changed\n")

    new = run(*words, "--resume", "--max-errors", "1")
    other = run(*words, "--resume", "--rules", "changed")

    assert new.err.startswith("t.jsonl: nothing of it is done; it is applied from its start\n")
    assert other.err.startswith(
        "t.jsonl: the rules have changed since; what is done stays as it was decided\n"
    )
    assert "going on after 2 payloads" in other.err
    assert "stopped after 1 payload that was not accepted\n" in new.err


def test_a_run_that_began_meanwhile(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """After it was asked what is done: the file is not begun anew, which would store lines twice."""
    words = ("apply", "desk/ticket", write("t.jsonl", '{"title": "a"}\nno\n{"title": "b"}\n'), *STORE)
    begin = Batch._begin

    def begin_late(batch: Batch) -> None:
        monkeypatch.setattr(Batch, "_begin", begin)
        run(*words, "--max-errors", "1")
        begin(batch)

    monkeypatch.setattr(Batch, "_begin", begin_late)

    ran = run(*words)

    assert (ran.code, "--resume goes on after them" in ran.err) == (2, True)
    assert stored("title") == ["a"]


def test_the_run_that_began_last_writes(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may have cut the files of --accepted already, so the one before it stores nothing more."""
    begin = Batch._begin

    def begin_twice(batch: Batch) -> None:
        begin(batch)
        begin(replace(batch, number=batch.number ^ 1))

    monkeypatch.setattr(Batch, "_begin", begin_twice)

    ran = run("apply", "desk/ticket", write("t.jsonl", '{"title": "a"}\n'), *STORE)

    assert (ran.code, "another process applies it too" in ran.err) == (2, True)
    assert stored("title") == []


# Several chunks, so that something is left when two processes have been killed.
BIG = 6_000


def is_bad(number: int) -> bool:
    """Every seventh line of the big file is refused."""
    return number % 7 == 3


def big_file() -> list[str]:
    """BIG lines; the bad ones are no JSON, a wrong type, a code that is taken, or too long a title."""
    bad = (
        "no {}",
        '{{"title": {}}}',
        '{{"code": "c0", "title": "{}"}}',
        '{{"title": "far too long a title {}"}}',
    )
    return [
        bad[number // 7 % 4].format(number)
        if is_bad(number)
        else json.dumps({"code": f"c{number}", "title": f"t{number}"})
        for number in range(BIG)
    ]


def killed(words: Sequence[str], chance: random.Random) -> int:
    """Run a command in a process of its own and kill it at some moment; return its status."""
    copied = Path("good.jsonl")
    size = copied.stat().st_size if copied.exists() else 0
    # Some are killed as lines reach the file, before their commit, others a while after that.
    size, pause = size + chance.randrange(60_000), chance.choice((0, chance.random() / 20))
    process = subprocess.Popen([sys.executable, "-m", "rulewright", *words], stdout=subprocess.DEVNULL)
    while process.poll() is None and (not copied.exists() or copied.stat().st_size <= size):
        time.sleep(0.0002)
    time.sleep(pause)
    process.kill()
    return process.wait()


@pytest.mark.parametrize("seed", range(3))
def test_copies_are_exact_across_kills(run: Run, write: Write, seed: int) -> None:
    """Killed twice and resumed, the copies hold each line once, in order, as the store does."""
    lines = big_file()
    words = ("apply", "desk/ticket", write("t.jsonl", "\n".join(lines) + "\n"), *STORE, *JSONL, *COPIES)
    write("bad.jsonl", "of another run\n")
    chance = random.Random(seed)

    statuses = [killed(words, chance), killed([*words, "--resume"], chance)]
    resumed = run(*words, "--resume")

    assert statuses == [-9, -9]
    assert (resumed.code, len(resumed.outcomes) < BIG) == (1, True)
    good = [line for number, line in enumerate(lines) if not is_bad(number)]
    assert Path("good.jsonl").read_text().splitlines() == good
    assert refused_in("bad.jsonl") == [lines[n] for n in range(BIG) if is_bad(n)]
    assert stored("title") == [json.loads(line)["title"] for line in good]


def test_chunks_that_take_long_end_early(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that goes fast; what is kept of how far the file is done is right, and so are the copies."""
    lines = [json.dumps({"title": f"t{number}"}) if number % 5 else "no" for number in range(70)]
    words = ("apply", "desk/ticket", write("t.jsonl", "\n".join(lines)), *STORE, *JSONL, *COPIES)
    monkeypatch.setattr("rulewright.batch.applying.monotonic", map((0.1).__mul__, itertools.count()).__next__)
    carry_out, calls = Applier.carry_out, itertools.count()

    def carry_out_twice(*given: Any, **more: Any) -> Any:
        if next(calls) == 2:
            raise AdapterError("the store is gone")
        return carry_out(*given, **more)

    monkeypatch.setattr(Applier, "carry_out", carry_out_twice)
    broken = run(*words)
    done = len(broken.outcomes)
    resumed = run(*words, "--resume")

    assert (broken.code, 20 < done < 60) == (2, True)
    assert f"{done} payloads were done before the store failed; --resume goes on after them" in broken.err
    assert f"going on after {done} payloads" in resumed.err
    assert len(resumed.outcomes) == 70 - done
    assert stored("title") == [f"t{number}" for number in range(70) if number % 5]
    assert Path("good.jsonl").read_text().splitlines() == [line for line in lines if line != "no"]
    assert refused_in("bad.jsonl") == ["no"] * 14


def test_a_file_that_can_not_be_read_to_its_end(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was done before stays done, and is told of."""
    name = write("t.json", json.dumps([{"title": "t" * 15}] * 20_000))
    carry_out = Applier.carry_out

    def cut_off(*given: Any, **more: Any) -> Any:
        Path(name).write_text("[")
        return carry_out(*given, **more)

    monkeypatch.setattr(Applier, "carry_out", cut_off)
    ran = run("apply", "desk/ticket", name, *STORE, *JSONL)

    done = len(ran.outcomes)
    assert (ran.code, 1_000 <= done < 20_000) == (2, True)
    assert (
        f"t.json: {done:,} payloads were done before the file could not be read any further; --resume"
        in ran.err
    )
    assert "error: t.json: this file was changed while it was read" in ran.err


def test_giving_up_in_chunks_that_take_long(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals are counted over all of them."""
    lines = write("t.jsonl", '{"title": "t"}\nno\n' * 40)
    monkeypatch.setattr("rulewright.batch.applying.monotonic", map((0.1).__mul__, itertools.count()).__next__)

    ran = run("apply", "desk/ticket", lines, *STORE, *JSONL, "--max-errors", "30")

    assert (len(ran.outcomes), len(stored("title"))) == (60, 30)


@pytest.mark.parametrize("name", ["t.db", "t.db-wal", "t.db-shm", "t.db-journal"])
def test_copies_never_overwrite_the_store(run: Run, write: Write, name: str) -> None:
    """Nor the files that SQLite keeps beside it: another process may be writing."""
    ran = run("apply", "desk/ticket", write("t.jsonl", [{"code": "a"}]), *STORE, "--accepted", name)

    assert (ran.code, Path(name).exists()) == (2, False)
    assert "it would be overwritten" in ran.err


@pytest.mark.parametrize("name", ["out.txt", "/dev/stdout", "/dev/stderr", "-"])
def test_copies_never_overwrite_the_results(write: Write, name: str) -> None:
    """What stdout and stderr are sent to holds more than the results, perhaps."""
    words = ["apply", "desk/ticket", write("t.jsonl", [{"code": "a"}]), *STORE, "--accepted", name]

    with open(write("out.txt", "mine\n"), "ab") as out:
        ended = subprocess.run(
            [sys.executable, "-m", "rulewright", *words], stdout=out, stderr=out, check=False
        )

    told = Path("out.txt").read_text()
    assert (ended.returncode, told.startswith("mine\n"), Path("-").exists()) == (2, True, False)
    assert "it would be overwritten" in told or "need a file" in told


def test_copies_that_were_changed_meanwhile(run: Run, write: Write) -> None:
    """What was written and never stored is cut off; missing lines and files of others are refused."""
    words = ("apply", "desk/ticket", write("t.jsonl", '{"code": "a"}\nno\n{"code": "b"}\n'), *STORE)
    run(*words, *COPIES, "--max-errors", "1")
    good, other = Path("good.jsonl"), Path(write("other.jsonl", "mine\n"))

    good.write_text("")
    shorter = run(*words, *COPIES, "--resume")
    good.unlink()
    missing = run(*words, *COPIES, "--resume")
    foreign = run(*words, "--accepted", "other.jsonl", "--resume")
    left = stored("code")
    good.write_text('{"code": "a"}\n{"code": "b"}\n{"cod')
    resumed = run(*words, *COPIES, "--resume")

    assert [(ran.code, "lines are missing" in ran.err) for ran in (shorter, missing)] == [(2, True)] * 2
    assert (foreign.code, "none of them from the run that is to be resumed" in foreign.err) == (2, True)
    assert (other.read_text(), left, resumed.code) == ("mine\n", ["a"], 1)
    assert (good.read_text(), stored("code")) == ('{"code": "a"}\n{"code": "b"}\n', ["a", "b"])
    assert refused_in("bad.jsonl") == ["no"]


def test_killed_before_anything_was_applied_anew(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second run of a file that was done begins from nothing, even for the --resume after it."""
    words = ("apply", "desk/ticket", write("t.jsonl", '{"title": "a"}\n{"title": "b"}\n'), *STORE, *COPIES)
    run(*words)
    with monkeypatch.context() as patch:
        patch.setattr("rulewright.cli.applying.batch.Batch._write", _interrupt)
        interrupted = run(*words)

    resumed = run(*words, "--resume")

    assert (interrupted.code, resumed.code) == (130, 0)
    assert stored("title") == ["a", "b", "a", "b"]
    assert Path("good.jsonl").read_text() == '{"title": "a"}\n{"title": "b"}\n'


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def interrupt_where(chosen: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupt the chunks that are chosen, instead of carrying them out."""
    carry_out, chunks = Applier.carry_out, iter(chosen)

    def choose(*given: Any, **more: Any) -> Any:
        return _interrupt() if next(chunks) else carry_out(*given, **more)

    monkeypatch.setattr(Applier, "carry_out", choose)


@pytest.mark.parametrize(
    ("file", "after", "told"),
    [
        ("t.jsonl", 0, "t.jsonl: nothing of it is done\n"),
        ("t.jsonl", 1, "t.jsonl: 1,000 of its payloads are done, and stay so; --resume goes on after them\n"),
        ("-", 1, "s.jsonl: 1,000 of its payloads are done, and stay so\n"),
    ],
)
def test_interruptions_say_how_far_it_is(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch, file: str, after: int, told: str
) -> None:
    """And how to go on; what can't be read again can't be resumed."""
    lines = '{"title": "t"}\n' * 1500
    write("t.jsonl", lines)
    interrupt_where([number >= after for number in range(3)], monkeypatch)

    ran = run("apply", "desk/ticket", file, "--stdin-filename", "s.jsonl", *STORE, stdin=lines)

    assert (ran.code, ran.err) == (130, f"{told}interrupted\n")


def test_interruptions_of_a_resumed_run_count_what_was_done_before(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is done is what the next --resume goes on after."""
    words = ("apply", "desk/ticket", write("t.jsonl", [{"title": "t"}] * 9), *STORE)
    monkeypatch.setattr("rulewright.cli.applying.batch.CHUNK", 3)
    interrupt_where([False, True, False, True], monkeypatch)

    first, second = run(*words), run(*words, "--resume")

    assert "t.jsonl: 3 of its payloads are done" in first.err
    assert "t.jsonl: 6 of its payloads are done" in second.err


def test_copies_of_what_the_store_refuses_at_the_commit(
    run: Run, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A chunk that is refused at its end leaves no lines; its halves leave theirs."""
    from rulewright_adapters.sqlite import SqliteStore  # noqa: PLC0415 - only here

    commit: Callable[..., None] = SqliteStore._commit

    def refuse_b(store: SqliteStore, connection: sqlite3.Connection) -> None:
        if connection.execute("SELECT 1 FROM desk_ticket WHERE title = 'b'").fetchall():
            raise UniqueViolationError("desk/ticket", ("title",))
        commit(store, connection)

    monkeypatch.setattr(SqliteStore, "_commit", refuse_b)
    lines = write("t.jsonl", [{"title": letter} for letter in "abcd"])

    ran = run("apply", "desk/ticket", lines, *STORE, *JSONL, *COPIES)

    assert (ran.code, stored("title")) == (1, ["a", "c", "d"])
    assert [json.loads(line)["title"] for line in Path("good.jsonl").read_text().splitlines()] == [
        "a",
        "c",
        "d",
    ]
    assert refused_in("bad.jsonl") == ['{"title": "b"}']


@pytest.mark.skipif(not Path("/dev/stderr").exists(), reason="no such devices here")
def test_copies_to_devices(write: Write) -> None:
    """Pipes and devices take the lines too, after their commit."""
    lines = write("t.jsonl", '{"title": "a"}\nno\n')
    words = ("apply", "desk/ticket", lines, *STORE, "--accepted", "/dev/null", "--rejected", "/dev/stderr")

    ran = subprocess.run([sys.executable, "-m", "rulewright", *words], capture_output=True, check=False)

    assert (ran.returncode, b'{"text": "no", ' in ran.stderr, stored("title")) == (1, True, ["a"])


def test_a_resumed_file_ends_as_the_whole_of_it_does(run: Run, write: Write) -> None:
    """What was refused before counts: a file is not clean because its end was."""
    words = ("apply", "desk/ticket", write("t.jsonl", '{"code": "a"}\nno\n{"code": "b"}\n'), *STORE)
    run(*words, "--max-errors", "1")

    rest, again = run(*words, "--resume"), run(*words, "--resume")

    assert (rest.code, rest.out.count("accepted"), again.code, again.out) == (1, 1, 1, "")
    assert (
        "t.jsonl: going on after 2 payloads that are done: 1 accepted, 1 rejected, 0 undecided\n" in rest.err
    )
    assert (
        "t.jsonl: going on after 3 payloads that are done: 2 accepted, 1 rejected, 0 undecided\n" in again.err
    )


def test_verdicts_that_an_older_version_did_not_count_are_not_told(run: Run, write: Write) -> None:
    """A store that knows only how many are done says no more than that, and is resumed."""
    words = ("apply", "desk/ticket", write("t.jsonl", [{"code": "a"}, {"code": "b"}]), *STORE)
    run(*words)
    with closing(sqlite3.connect("t.db")) as connection, connection:
        connection.execute("DELETE FROM _rulewright_progress WHERE job LIKE '% accepted'")

    again = run(*words, "--resume")

    assert (again.code, "going on after 2 payloads that are done\n" in again.err) == (0, True)


def test_verdicts_of_a_file_that_is_applied_anew_are_counted_anew(run: Run, write: Write) -> None:
    """A file that was mended and begun from its start is clean."""
    words = ("apply", "desk/ticket", write("t.jsonl", '{"code": "a"}\nno\n'), *STORE)
    run(*words)
    write("t.jsonl", [{"code": "b"}])
    run(*words, "--restart")

    again = run(*words, "--resume")

    assert (again.code, "1 accepted, 0 rejected, 0 undecided\n" in again.err) == (0, True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process at once")
def test_sigterm_says_how_far_it_is(write: Write) -> None:
    """As Ctrl-C does; and whoever sent it sees that it was obeyed."""
    lines = write("t.jsonl", [{"title": f"t{number}"} for number in range(BIG)])
    words = [sys.executable, "-m", "rulewright", "apply", "desk/ticket", lines, *STORE, *JSONL]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()

    process.terminate()
    _, said = process.communicate()

    done = len(stored("title"))
    told = (
        f"t.jsonl: {done:,} of its payloads are done, and stay so; --resume goes on after them\nterminated\n"
    )
    assert (process.returncode, said.decode()) == (-signal.SIGTERM, told)


def test_resume_takes_appended_lines_and_refuses_changed_ones(run: Run, write: Write) -> None:
    """What was applied must still be what the file starts with."""
    words = ("apply", "desk/ticket", "t.jsonl", *STORE, *JSONL)
    write("t.jsonl", [{"code": "a"}, {"code": "b"}])
    run(*words)

    write("t.jsonl", [{"code": "a"}, {"code": "b"}, {"code": "c"}])
    appended = run(*words, "--resume")
    write("t.jsonl", [{"code": "a"}, {"code": "x"}, {"code": "c"}])
    changed = run(*words, "--resume")
    write("t.jsonl", [{"code": "a"}])
    cut = run(*words, "--resume")

    assert (appended.code, stored("code")) == (0, ["a", "b", "c"])
    assert (changed.code, "are not those that were applied" in changed.err) == (2, True)
    assert (cut.code, "now it has fewer" in cut.err) == (2, True)


def test_restart(run: Run, write: Write) -> None:
    """--restart applies a file anew that was left unfinished."""
    words = ("apply", "desk/ticket", write("t.jsonl", '{"title": "a"}\nno\n{"title": "b"}\n'), *STORE)
    run(*words, "--max-errors", "1")

    refused, restarted = run(*words), run(*words, "--restart")

    assert (refused.code, restarted.code) == (2, 1)
    assert stored("title") == ["a", "a", "b"]
