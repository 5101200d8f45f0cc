"""A batch that is skimmed is told of as one that is decided in full, by however many processes."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from workplace import Run, Write

from rulewright.cli.deciding import parallel_skimming, skimming
from rulewright.inputs import lines, ranges
from rulewright.inputs.limits import MAX_PAYLOAD_BYTES

RECORDS = {
    "desk/person": [{"id": number, "name": f"P{number}", "busy": number == 3} for number in range(1, 9)],
    "desk/ticket": [{"id": 1, "title": "old", "code": "taken"}],
}


def tickets(count: int) -> str:
    """Lines of every kind: good ones, refused ones, and some that are no payload."""
    random = Random(4)
    made = ['\ufeff{"title": "first"}\n', "\n", "  \r\n"]
    for number in range(count):
        ticket: dict[str, object] = {"title": f"t{number}", "assignee": random.randrange(1, 9)}
        if random.random() < 0.3:
            ticket["urgent"] = random.random() < 0.5
        if random.random() < 0.2:
            ticket["tags"] = ["é", "b:c"]
        if random.random() < 0.1:
            ticket |= random.choice(
                [{"assignee": 99}, {"title": 5}, {"code": "taken"}, {"colour": "red"}, {"title": "x" * 21}]
            )
        text = json.dumps(ticket, ensure_ascii=random.random() < 0.5)
        if random.random() < 0.05:
            text = random.choice(
                [
                    text[:-1] + ', "title": "again"}',
                    text[:-3],
                    " " + text + "\t",
                    "[1]",
                    text + "\r",
                    '"\\u0000"',
                ]
            )
        made.append(text + random.choice(["\n", "\n", "\r\n"]))
    return "".join([*made, json.dumps({"title": "no end of line"})])


def validate(run: Run, name: str, form: str, *words: str) -> tuple[Any, ...]:
    ran = run("validate", "desk/ticket", name, "--records", "records.json", "--format", form, *words)
    copies = [Path(word) for word in words if word.endswith(".out")]
    return ran, *(copy.read_bytes() for copy in copies)


@pytest.fixture
def batch(write: Write) -> str:
    write("records.json", RECORDS)
    return write("tickets.jsonl", tickets(1_500))


@pytest.mark.parametrize("form", ["text", "github", "sarif"])
def test_the_same_in_full(run: Run, batch: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Output, summary, status and copies, byte for byte; and most lines were skimmed."""
    words = ("--accepted", "a.out", "--rejected", "r.out")
    decided = []
    read = skimming._read

    def counting(*words: Any) -> Any:
        decided.append(words)
        return read(*words)

    monkeypatch.setattr(skimming, "_read", counting)
    skimmed = validate(run, batch, form, *words)
    count = len(decided)
    monkeypatch.setattr(skimming, "verdicts_of", lambda *_: None)
    in_full = validate(run, batch, form, *words)

    assert skimmed == in_full
    assert count < 600 < len(decided) - count
    assert skimmed[0].err.startswith("1,502 read: ")


def listed(count: int) -> list[object]:
    """The payloads of those lines that have one, and items that are none."""
    found: list[object] = [5, None, [], {"title": "x", "tags": "\ud800"}, {"title": "\0"}, {"title": 2**70}]
    for line in tickets(count).removeprefix("\ufeff").splitlines():
        with suppress(ValueError):
            found.append(json.loads(line))
    return found


def as_table(payloads: list[object]) -> str:
    """Rows of those that a table can hold, and one with a cell too many on the way."""
    rows = [one for one in payloads if isinstance(one, dict) and not {"tags", "colour"} & one.keys()]
    lines = ["title,assignee,urgent,code"]
    for row in rows:
        cells = [json.dumps(row.get(name, "")) for name in ("title", "assignee", "urgent", "code")]
        lines.append(",".join(cell.replace("\\u0000", "") for cell in cells))
    lines.insert(700, "a,1,true,,more")
    return "\n".join(lines)


@pytest.mark.parametrize("form", ["text", "github", "sarif"])
@pytest.mark.parametrize("kind", ["json", "csv", "yaml", "both"])
def test_payloads_that_are_no_lines_are_skimmed_alike(
    run: Run, write: Write, form: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Items of an array, rows of a table, a YAML list, lines beside them, byte for byte."""
    write("records.json", RECORDS)
    write("batch.json", json.dumps(listed(1_200)))
    write("batch.csv", as_table(listed(1_500)))
    write("batch.yaml", json.dumps(listed(300)[4:]))
    write("batch.jsonl", tickets(300))
    names = ["batch.json", "batch.jsonl", "batch.csv"] if kind == "both" else [f"batch.{kind}"]
    words = (*names[1:], "--accepted", "a.out", "--rejected", "r.out")
    decided = []
    judge = skimming.Skimmer._judge

    def counting(*words: Any) -> Any:
        decided.append(words)
        return judge(*words)

    monkeypatch.setattr(skimming.Skimmer, "_judge", counting)
    skimmed = validate(run, names[0], form, *words)
    count = len(decided)
    monkeypatch.setattr(skimming, "verdicts_of", lambda *_: None)
    in_full = validate(run, names[0], form, *words)

    assert skimmed == in_full
    assert count < (len(decided) - count) * (0.9 if kind == "yaml" else 0.5)


def test_what_was_read_before_a_failure_is_told(run: Run, write: Write) -> None:
    """Another file that can't be read ends the run; the rows before it were decided and are told of."""
    write("records.json", RECORDS)
    write("batch.csv", "title,assignee\n" + "t,99\n" * 100)
    write("empty.csv", "")

    ran, *_ = validate(run, "batch.csv", "text", "empty.csv")

    assert (ran.out.count("error[reference]"), ran.code) == (100, 2)
    assert "empty.csv" in ran.err


@pytest.mark.parametrize("form", ["text", "github"])
def test_the_same_by_two_workers(run: Run, batch: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever the ranges end."""
    words = ("--accepted", "a.out", "--rejected", "r.out")
    alone = validate(run, batch, form, *words)
    monkeypatch.setattr(ranges, "_SIZE", 1_000)

    assert validate(run, batch, form, *words, "--workers", "2") == alone


def test_giving_up(run: Run, batch: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After N that were not accepted, in the middle of what is skimmed."""
    words = ("--max-errors", "40", "--accepted", "a.out")
    skimmed = validate(run, batch, "text", *words)
    monkeypatch.setattr(skimming, "verdicts_of", lambda *_: None)

    assert skimmed == validate(run, batch, "text", *words)
    assert "stopped after 40 payloads" in skimmed[0].err
    assert validate(run, batch, "text", *words, "--workers", "2") == skimmed


def test_long_lines(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line is cut where it gets long, read to its end where it has one, refused where it is too long."""
    write("records.json", RECORDS)
    blank = " " * 400_000
    good = [json.dumps({"title": "t"}) + "\n"] * 100
    name = write(
        "long.jsonl",
        "".join([*good, '{"title": "a"}' + blank + "\n", *good, '{"title": "b"}' + blank + "x\n", *good]),
    )
    monkeypatch.setattr(lines, "_LONG", 100_000)

    ran, *_ = validate(run, name, "text")

    assert ran.err.startswith("302 read: 301 accepted, 1 rejected")
    assert ran.out.startswith(f"long.jsonl:202:{400_015}: error[invalid_json]")


def test_a_line_without_end(run: Run, write: Write) -> None:
    """It is refused, whatever it starts with, and the next line is read."""
    write("records.json", RECORDS)
    good = json.dumps({"title": "t"}) + "\n"
    name = write(
        "long.jsonl", good * 80 + '{"title": "a"}' + " " * (MAX_PAYLOAD_BYTES + 70_000) + "\n" + good
    )

    for words in ((), ("--workers", "2")):
        ran, *_ = validate(run, name, "text", *words)

        assert ran.err.startswith("82 read: 81 accepted, 1 rejected")
        assert ran.out.startswith("long.jsonl:81:1: error[limit]: the payload is larger than 10 MiB")


def test_nothing_in_it(run: Run, write: Write) -> None:
    """A file without a payload is an error, however many processes read it."""
    write("records.json", RECORDS)
    name = write("empty.jsonl", "\n \n")

    for words in ((), ("--workers", "2")):
        ran, *_ = validate(run, name, "text", *words)

        assert (ran.code, ran.out) == (2, "")
        assert "empty.jsonl:1:1: the file is empty" in ran.err


def test_a_live_store_is_asked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read of records that others write to is forgotten after a second."""
    forgotten = []

    class Kept:
        reads_clock = False

        def forget(self) -> bool:
            forgotten.append(True)
            return True

    for is_live in (False, True):
        skimmer = skimming.Skimmer(desk=None, records=None, is_live=is_live)  # type: ignore[arg-type]
        skimmer._verdicts = Kept()  # type: ignore[assignment]
        skimmer._since = time.monotonic() - 2
        skimmer._forget()

    assert forgotten == [True]


def test_reports_of_a_range_are_those_of_a_file() -> None:
    """Only formats that tell of one payload after the other can be parted."""
    assert set(parallel_skimming._REPORTS) == {"text", "github"}
