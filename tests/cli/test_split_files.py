"""`--accepted` and `--rejected`: what the files held goes when something was decided, and not before."""

from __future__ import annotations

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from workplace import Run, Write, refused_in

from rulewright.errors import AdapterError
from rulewright_adapters import open_store
from rulewright_adapters.sqlite import SqliteStore

COPIES = ("--accepted", "good.jsonl", "--rejected", "bad.jsonl")
NOTE = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, required: true}
checks:
  - {id: small, check: payload.id > 5, message: too small, error: desk/too_small}
"""


@pytest.fixture(autouse=True)
def _old(write: Write) -> None:
    write("good.jsonl", "old\n")
    write("bad.jsonl", "older\n")
    write("t.jsonl", [{"title": "a"}, {"code": 1}])
    write("text.db", "This is a text, not a database. " * 40)
    write("empty.jsonl", "\n\n")
    write("head.csv", "title,code\n")


def held() -> tuple[str, str]:
    """What the copies hold; of refused ones their payloads."""
    old = Path("bad.jsonl").read_text()
    bad = old if old in ("", "older\n") else "".join(f"{one}\n" for one in refused_in("bad.jsonl"))
    return Path("good.jsonl").read_text(), bad


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("t.jsonl", "--records", "none.yaml"), "none.yaml: there is no such file"),
        (("t.jsonl", "--store", "sqlite:///text.db"), "text.db is not a SQLite file"),
        (("empty.jsonl",), "empty.jsonl:1:1: the file is empty"),
    ],
)
def test_what_can_not_be_read_takes_nothing(
    run: Run, words: tuple[str, ...], said: str, workers: str, form: str
) -> None:
    """However many processes decide; the error is one line."""
    ran = run("validate", "desk/ticket", *words, *COPIES, "--workers", workers, "--format", form)

    assert held() == ("old\n", "older\n")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert said in ran.err


@pytest.mark.parametrize("words", [("validate",), ("apply", "--store", "sqlite:///t.db")])
@pytest.mark.parametrize("name", ["empty.jsonl", "head.csv"])
def test_a_file_without_payloads_takes_nothing(run: Run, words: tuple[str, ...], name: str) -> None:
    """For `apply`, too, which keeps in the store how long the files are."""
    ran = run(*words, "desk/ticket", name, *COPIES)

    assert (ran.code, held()) == (2, ("old\n", "older\n"))


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_both_files_must_open(run: Run, workers: str, form: str) -> None:
    """Where one can't be written, the other keeps what it held."""
    words = ("--accepted", "good.jsonl", "--rejected", "none/bad.jsonl", "--workers", workers)
    ran = run("validate", "desk/ticket", "t.jsonl", *words, "--format", form)

    assert (ran.code, held()[0]) == (2, "old\n")


@pytest.mark.parametrize("form", ["text", "jsonl"])
@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("payload", "kept"), [('{"title": "a"}\n', (1, 0)), ('{"code": 1}\n', (0, 1)), ("no\n", (0, 1))]
)
def test_a_run_that_decides_leaves_nothing_old(
    run: Run, write: Write, payload: str, kept: tuple[int, int], workers: str, form: str
) -> None:
    """Also in the file of a kind of which there was none."""
    words = ("--workers", workers, "--format", form)
    run("validate", "desk/ticket", write("one.jsonl", payload), *COPIES, *words)

    assert held() == (payload * kept[0], payload * kept[1])


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_missing_store_is_told_of_once(run: Run, form: str) -> None:
    """By whoever parts the work, not by each worker."""
    words = ("--store", "sqlite:///none.db", "--workers", "2", "--format", form)
    ran = run("validate", "desk/ticket", "t.jsonl", *words)

    assert ran.err.count("there is no such store") == 1


@pytest.mark.parametrize("words", [("validate",), ("apply", "--store", "sqlite:///t.db")])
def test_what_is_refused_is_told_with_its_problems(run: Run, write: Write, words: tuple[str, ...]) -> None:
    """Each with its place and rule; a payload as it was sent, to the letter."""
    write("t.jsonl", '{"title": "a"}\n{"title":  "b", "code": 1}\nno\n')

    run(*words, "desk/ticket", "t.jsonl", *COPIES)

    bad, none = Path("bad.jsonl").read_text().splitlines()
    assert bad.startswith(
        '{"payload": {"title":  "b", "code": 1}, "at": "t.jsonl:2:1", "verdict": "rejected"'
    )
    (problem,) = json.loads(bad)["problems"]
    assert (problem["code"], problem["path"], problem["payload_at"]) == ("type", "/code", "t.jsonl:2:25")
    assert problem["rule"] == "desk/ticket.code.type"
    assert json.loads(none)["text"] == "no"
    assert [one["code"] for one in json.loads(none)["problems"]] == ["invalid_json"]


@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_refused_lines_have_the_vendors_code(run: Run, write: Write, form: str) -> None:
    """As the report in JSON has it; `fix` stands there only where it was asked for."""
    Path("rules/desk").mkdir(parents=True)
    write("rules/desk/note.yaml", NOTE)
    write("t.jsonl", [{"id": 1}] * 2)

    run("validate", "desk/note", "t.jsonl", *COPIES, "--rules", "rules", "--format", form)

    (problem,) = json.loads(Path("bad.jsonl").read_text().splitlines()[1])["problems"]
    assert problem["vendor_code"] == "desk/too_small"
    assert "fix" not in problem


@pytest.mark.parametrize("form", ["text", "jsonl", "github", "junit", "sarif"])
def test_refused_lines_have_the_fix_that_was_asked_for(run: Run, write: Write, form: str) -> None:
    """`validate --fix` looks for one; what it told in a batch of text was nothing."""
    write("t.jsonl", [{"title": "a"}, {"urgent": "yes"}])

    ran = run("validate", "desk/ticket", "t.jsonl", *COPIES, "--fix", "--format", form)

    (problem,) = json.loads(Path("bad.jsonl").read_text())["problems"]
    assert problem["fix"] == "remove urgent"
    assert "remove urgent" in ran.out


# A plan


@pytest.fixture
def planned(run: Run, write: Write) -> tuple[str, ...]:
    """How a plan with one accepted payload and one that is not is carried out."""
    ran = run("plan", "desk/ticket", "t.jsonl", "--store", "sqlite:///t.db", "--format", "jsonl")
    return ("apply", "--plan", write("plan.jsonl", ran.out), "--store", "sqlite:///t.db", "--format", "jsonl")


def count() -> int:
    """How many tickets are stored."""
    with closing(open_store("sqlite:///t.db")) as store:
        return store.count("desk/ticket", {})


def names() -> set[str]:
    """What lies beside the files."""
    return {path.name for path in Path().iterdir() if path.name.startswith(".")}


def test_a_plan_parts_its_payloads(run: Run, planned: tuple[str, ...]) -> None:
    """Into new files and old ones, through links, and into what is no file."""
    Path("link.jsonl").symlink_to("good.jsonl")
    Path("bad.jsonl").chmod(0o600)

    ran = run(*planned, "--accepted", "link.jsonl", "--rejected", "bad.jsonl")

    assert (ran.code, count(), held()) == (1, 1, ('{"title": "a"}\n', '{"code": 1}\n'))
    assert (Path("link.jsonl").is_symlink(), Path("bad.jsonl").stat().st_mode & 0o777) == (True, 0o600)
    assert names() == set()


def test_a_plan_may_part_into_pipes(run: Run, planned: tuple[str, ...]) -> None:
    """They take nothing back, so they get their lines after the commit."""
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)

    ran = run(*planned, "--accepted", "pipe", "--rejected", "/dev/null")

    assert (ran.code, os.read(reader, 99)) == (1, b'{"title": "a"}\n')
    os.close(reader)


@pytest.mark.parametrize("name", ["none/good.jsonl", "."])
def test_a_plan_whose_copies_can_not_be_written_stores_nothing(
    run: Run, planned: tuple[str, ...], name: str
) -> None:
    """It is told, and the other file keeps what it held."""
    ran = run(*planned, "--accepted", name, "--rejected", "bad.jsonl")

    assert (ran.code, count(), held()) == (2, 0, ("old\n", "older\n"))
    assert names() == set()


def test_a_plan_that_the_store_does_not_keep_is_not_copied(
    run: Run, planned: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commit fails: the files tell of nothing."""

    def fail(*_: object) -> None:
        raise AdapterError("the disk is full")

    monkeypatch.setattr(SqliteStore, "_commit", fail)
    ran = run(*planned, *COPIES)

    assert (ran.code, ran.err) == (2, "error: the disk is full\n")
    assert (held(), names()) == (("old\n", "older\n"), set())


def test_a_plan_that_no_longer_holds_accepts_nothing(
    run: Run, write: Write, planned: tuple[str, ...]
) -> None:
    """Those that differ were not accepted; the others are told of nowhere."""
    write("t.jsonl", [{"title": "A"}, {"code": 1}])

    ran = run(*planned, *COPIES)

    assert (ran.code, count(), held()) == (1, 0, ("", '{"title": "A"}\n'))


def test_a_plan_is_told_of_to_its_end(run: Run, write: Write, planned: tuple[str, ...]) -> None:
    """It is stored as a whole; a limit that is configured for batches cuts nothing off what is said of it."""
    asked = run(*planned, "--max-errors", "1")
    Path("rulewright.toml").write_text(f"max_errors = 1\n{Path('rulewright.toml').read_text()}")
    write("t.jsonl", [{"code": 1}, {"title": "a"}])
    whole = run("plan", "desk/ticket", "t.jsonl", *planned[3:], "--max-errors", "9")
    write("plan.jsonl", whole.out)

    ran = run(*planned)

    assert (asked.code, "--max-errors can't end it" in asked.err) == (2, True)
    assert [one["verdict"] for one in ran.outcomes] == ["rejected", "accepted"]
    assert "stopped" not in ran.err


@pytest.mark.parametrize(
    "cell", ["=1+1", "+44 20", "-1-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("a","b")']
)
def test_cells_that_look_like_formulas_are_copied_as_they_were_read(
    cell: str, run: Run, write: Write
) -> None:
    """What is read is what was accepted and what was refused; the copies, read again, are decided alike."""
    quoted = '"' + cell.replace('"', '""') + '"'
    write("t.csv", f"title,urgent\n{quoted},false\n{quoted},no\n")

    first = run("validate", "desk/ticket", "t.csv", *COPIES, "--format", "jsonl").outcomes

    (good,) = [json.loads(line) for line in Path("good.jsonl").read_text().splitlines()]
    (bad,) = [json.loads(one) for one in refused_in("bad.jsonl")]
    assert (good["title"], bad["title"]) == (cell, cell)
    write("again.jsonl", [good, bad])
    again = run("validate", "desk/ticket", "again.jsonl", "--format", "jsonl").outcomes
    assert [one["verdict"] for one in again] == [one["verdict"] for one in first] == ["accepted", "rejected"]


@pytest.mark.parametrize("name", ["bad.csv", "bad.XLSX"])
def test_copies_that_are_called_tables_are_told_to_be_none(name: str, run: Run) -> None:
    """Opened by a spreadsheet program, what stands behind a comma would be a cell of its own."""
    ran = run("validate", "desk/ticket", "t.jsonl", "--rejected", name)

    assert f"warning: {name} gets lines of JSON, not a table: call it .jsonl, or" in ran.err
    assert refused_in(name)


@pytest.mark.parametrize("name", ["t.yaml", "t.csv"])
def test_fields_stay_in_the_order_in_which_they_were_sent(run: Run, write: Write, name: str) -> None:
    """Also where a line of JSON has to be made of them."""
    write("t.yaml", '- {title: a, code: "1"}\n- {title: b, code: "1", zone: "2", area: "3"}\n')
    write("t.csv", "title,code,zone,area\na,1,,\nb,1,2,3\n")

    run("validate", "desk/ticket", name, *COPIES)

    assert held() == (
        '{"title": "a", "code": "1"}\n',
        '{"title": "b", "code": "1", "zone": "2", "area": "3"}\n',
    )


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("form", ["text", "jsonl"])
def test_a_byte_order_mark_is_no_part_of_a_line(run: Run, write: Write, form: str, workers: str) -> None:
    """Where files were joined it stands before any line; in JSON it is an error."""
    write("t.jsonl", '{"title": "a"}\n\ufeff{"title": "b"}\n\ufeff{"code": 1}\n')

    run("validate", "desk/ticket", "t.jsonl", *COPIES, "--format", form, "--workers", workers)

    assert held() == ('{"title": "a"}\n{"title": "b"}\n', '{"code": 1}\n')
