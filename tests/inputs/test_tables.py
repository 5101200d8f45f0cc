"""CSV and XLSX: cells become payloads by the declared types, and problems name their cell."""

from __future__ import annotations

import json
import sqlite3
import sys
import tracemalloc
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from workbook import CellError, DateSerial, Formula, write_workbook
from workplace import RULES, Run, Write, refused_in

from rulewright.compiled import CompiledField
from rulewright.inputs import Source, read_items
from rulewright.inputs.cells import read_cell
from rulewright.plugins.loading import build_registry
from rulewright.program import load

JSONL = ("--format", "jsonl")
STORE = ("--store", "sqlite:///t.db")
HEADER = "guest,people,price,paid,day,tags,address.postcode,address.floor\n"


def problem(outcome: dict[str, Any]) -> tuple[str, str, str]:
    """Code, path and place of the one problem of an outcome."""
    (found,) = outcome["problems"]
    return found["code"], found["path"], found["payload_at"]


def record(outcome: dict[str, Any]) -> dict[str, Any]:
    """The record of an outcome without its generated key and without nulls."""
    return {name: value for name, value in outcome["record"].items() if name != "id" and value is not None}


def test_csv_cells_take_the_types_of_their_fields(run: Run, write: Write) -> None:
    """Numbers, truth, dates, lists and nested fields; an empty cell is absent."""
    rows = '"Ann, the\n2nd",15099,1.50,TRUE,31/01/2025,"[""a"",""b""]",02134,7\nBob,,,,,,,\n'

    ann, bob = run("validate", "desk/visit", write("v.csv", HEADER + rows), *JSONL).outcomes

    expected = {"guest": "Ann, the\n2nd", "people": 15099, "price": 1.5, "paid": True, "day": "2025-01-31"}
    assert record(ann) == expected | {"tags": ["a", "b"], "address": {"postcode": "02134", "floor": 7}}
    assert record(bob) == {"guest": "Bob"}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("Ann,many,,,,,,", ("type", "/people", "v.csv:B2")),
        ("Ann,1.5,,,,,,", ("type", "/people", "v.csv:B2")),
        ("Ann,,,yes,,,,", ("type", "/paid", "v.csv:D2")),
        ("Ann,,,,2025-01-31,,,", ("format", "/day", "v.csv:E2")),
        ("Ann,,,,,,,high", ("required", "/address/postcode", "v.csv:G2")),
        ("Ann,,,,,,E1,high", ("type", "/address/floor", "v.csv:H2")),
        (",2,,,,,,", ("required", "/guest", "v.csv:A2")),
        ("Ann,2,,,,,,,over", ("invalid_json", "", "v.csv:I2")),
        ('Ann,"2"x', ("invalid_json", "", "v.csv:A2")),
        ('Ann,"2', ("invalid_json", "", "v.csv:A2")),
    ],
)
def test_problems_name_their_cell(run: Run, write: Write, row: str, expected: tuple[str, str, str]) -> None:
    """By its column's letter and its row's line; broken quoting is a refusal of its own."""
    ran = run("validate", "desk/visit", write("v.csv", HEADER + row), *JSONL)

    found = [(one["code"], one["path"], one["payload_at"]) for one in ran.outcomes[0]["problems"]]
    assert ran.code == 1
    assert expected in found


def test_annotations_of_a_cell_name_its_line(run: Run, write: Write) -> None:
    """Of B3 the file, the third line and the second column."""
    ran = run("validate", "desk/visit", write("v.csv", "guest,people\nAnn,1\nBob,x\n"), "--format", "github")

    assert "file=v.csv,line=3,col=2" in ran.out


def test_lines_are_counted_through_quotes_and_blanks(run: Run, write: Write) -> None:
    """A row is named by the line that it starts on; others go on after a broken one."""
    text = 'guest,people\n\n"a\nb",x\nAnn,"1"x\nBob,y\n'

    outcomes = run("validate", "desk/visit", write("v.csv", text), *JSONL).outcomes

    assert [problem(one)[2] for one in outcomes] == ["v.csv:B3", "v.csv:A5", "v.csv:B6"]


def test_rows_that_are_no_payload_are_copied_as_they_were_read(run: Run, write: Write) -> None:
    """--rejected holds each: the text of what is no CSV, else its cells as a list."""
    rows = b'guest,people\nAnn,"1"x\nZo\xe9,2\nBob,2,over\nCid,"3\nDee,4'

    run("validate", "desk/visit", write("v.csv", rows), "--rejected", "bad.jsonl")

    expected = ['Ann,"1"x', "Zo\udce9,2", '["Bob", "2", "over"]', 'Cid,"3\nDee,4']
    assert refused_in("bad.jsonl") == expected


def test_a_row_of_many_lines_is_bounded(run: Run, write: Write) -> None:
    """It ends where a payload must end; memory does not grow with it."""
    endless = b'guest,people\n"' + (b"x" * 1000 + b'","\n') * 10_500

    (refused, *_) = run("validate", "desk/visit", write("v.csv", endless), *JSONL).outcomes

    assert problem(refused) == ("limit", "", "v.csv:A2")


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "marked"])
@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_delimiter_is_that_of_the_header(run: Run, write: Write, mark: str, sign: str) -> None:
    """Commas, semicolons and tabs; a byte-order mark is no part of the first header."""
    text = f'{mark}guest{sign}people{sign}room\r\nAnn{sign}2{sign}"1,5;6"\r\n'

    (ann,) = run("validate", "desk/visit", write("v.csv", text), *JSONL).outcomes

    assert record(ann) == {"guest": "Ann", "people": 2, "room": "1,5;6"}


def test_unknown_header(run: Run, write: Write) -> None:
    """A column that no field takes is refused where it is filled, with the usual hint."""
    text = "guest,peple,address.street\nAnn,2,\nBob,,\nCid,,High St\n"

    ann, bob, cid = run("validate", "desk/visit", write("v.csv", text), *JSONL).outcomes

    assert problem(ann) == ("unknown_field", "/peple", "v.csv:B2")
    assert bob["verdict"] == "accepted"
    assert ("unknown_field", "/address/street", "v.csv:C4") in [
        (one["code"], one["path"], one["payload_at"]) for one in cid["problems"]
    ]


@pytest.mark.parametrize("command", [("validate",), ("plan",), ("apply", *STORE)])
def test_headers_that_name_no_field_are_told_once(run: Run, write: Write, command: tuple[str, ...]) -> None:
    """Beside what each row is refused for: a thousand rows of that look like a thousand mistakes."""
    header = "guest,peple,address.postcod,Day,notes"
    lines = write("v.csv", f"{header}\n" + "Ann,2,,,\n" * 3)

    ran = run(*command, "desk/visit", lines, "--format", "text")

    said = [line for line in ran.err.splitlines() if line.startswith("warning: ")]
    assert said == [
        'warning: v.csv:B1: the header "peple" is no field of the resource; did you mean people?',
        'warning: v.csv:C1: the header "address.postcod" is no field of the resource; '
        "did you mean address.postcode?",
        'warning: v.csv:D1: the header "Day" is no field of the resource; did you mean day?',
        'warning: v.csv:E1: the header "notes" is no field of the resource',
    ]
    assert (ran.code, ran.out.count("unknown_field")) == (1, 6)


def test_a_list_that_is_no_json_is_told_once(run: Run, write: Write) -> None:
    """Nobody who writes tables guesses how a cell holds a list; each row is refused for it as ever."""
    lines = write("v.csv", 'guest,tags,address\nAnn,"[""a""]",\nBob,a; b,High St\nCid,c,Low St\n')

    ran = run("validate", "desk/visit", lines, "--format", "text")

    said = [line for line in ran.err.splitlines() if line.startswith("warning: ")]
    assert said == [
        'warning: v.csv:B3: tags is a list, which a cell holds as JSON, like ["a", "b"]',
        'warning: v.csv:C3: address is an object, which a cell holds as JSON, like {"a": 1}, '
        "or columns of their own hold its parts: address.postcode",
    ]
    assert ran.out.count("error[type]") == 4


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("guest,guest\nAnn,Bob\n", 'v.csv:B1: two columns are named "guest"'),
        ("sep=;\nguest;size\nAnn;1\n", "v.csv:A1: no header is a field of the resource"),
        ("Visits in May\nguest,size\nAnn,1\n", "v.csv:A1: no header is a field of the resource"),
        ("Guest,Size\nAnn,1\n", 'the first row must name the fields as the rules do: guest, not "Guest"'),
        ("address,address.floor\n{},2\n", "v.csv:B1: address.floor is part of address"),
        ('"guest\nAnn\n', "v.csv:A1: a quote is opened in this row and never closed"),
        (b"\xff\xfeg\x00", "the file is UTF-16; save it as UTF-8"),
    ],
)
def test_wrong_header_ends_the_command(run: Run, write: Write, text: str | bytes, words: str) -> None:
    """Without a header nothing can be decided."""
    ran = run("validate", "desk/visit", write("v.csv", text))

    assert ran.code == 2
    assert words in ran.err


def test_latin_1_is_told_of(run: Run, write: Write) -> None:
    """A row with bytes that are no UTF-8 is refused; the others are decided."""
    first, second = run("validate", "desk/visit", write("v.csv", b"guest\nZo\xe9\nAnn\n"), *JSONL).outcomes

    assert (problem(first)[0], problem(first)[2], second["verdict"]) == (
        "invalid_json",
        "v.csv:A2",
        "accepted",
    )


def test_workbook(run: Run) -> None:
    """Floats become whole numbers, dates the field's format; blank rows are passed over."""
    cells = {"B2": "guest", "C2": "people", "D2": "room", "E2": "day", "F2": "paid"}
    cells |= {"B4": "Ann", "C4": 15099.0, "D4": 49999.0, "E4": DateSerial(45688), "F4": True}
    cells |= {"B7": "Bob", "C7": "x"}
    write_workbook("v.xlsx", {"Sheet1": cells, "Empty": {}})

    ann, bob = run("validate", "desk/visit", "v.xlsx", *JSONL).outcomes

    expected = {"guest": "Ann", "people": 15099, "room": "49999", "day": "2025-01-31", "paid": True}
    assert record(ann) == expected
    assert problem(bob) == ("type", "/people", "v.xlsx:Sheet1!C7")


def test_cells_of_a_workbook_without_a_value(run: Run) -> None:
    """An error, or a formula that nobody worked out, is no empty cell: its row is refused."""
    cells: dict[str, object] = {"A1": "guest", "B1": "people", "C1": "room"}
    cells |= {"A2": "Ann", "B2": CellError("#N/A"), "C2": CellError("#REF!")}
    cells |= {"A3": "Bob", "B3": Formula("1+1", "2"), "C3": Formula("A9", "", "str")}
    cells |= {"A4": "Cid", "B4": Formula("1+1")}
    cells |= {"B5": CellError("#N/A")}
    cells |= {"A6": Formula("A9")}
    write_workbook("v.xlsx", {"Empty": {}, "S&amp;T": cells})

    ran = run("validate", "desk/visit", "v.xlsx", "--rejected", "bad.jsonl", *JSONL)

    ann, bob, cid, last = ran.outcomes
    assert [problem(one) for one in (ann, cid, last)] == [
        ("invalid_json", "", f"v.xlsx:S&T!{cell}") for cell in ("B2", "B4", "A6")
    ]
    assert record(bob) == {"guest": "Bob", "people": 2}
    assert "the error #N/A" in ann["problems"][0]["message"]
    assert "never worked out" in cid["problems"][0]["message"]
    expected = [["Ann", "#N/A", "#REF!"], ["Cid", "=1+1", ""], ["=A9"]]
    assert [json.loads(line) for line in refused_in("bad.jsonl")] == expected


def test_a_header_that_was_never_worked_out(run: Run) -> None:
    """Nothing can be decided by it."""
    write_workbook("v.xlsx", {"S": {"A1": "guest", "B1": Formula("A9"), "A2": "Ann", "B2": 2}})

    ran = run("validate", "desk/visit", "v.xlsx")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: v.xlsx:S!B1: the value of the formula in this cell was never")


def test_workbook_of_several_sheets(run: Run) -> None:
    """Which sheet is meant must be said; nothing is passed over in silence."""
    sheets = {"May": {"A1": "guest", "A2": "Ann"}, "June": {"A1": "guest", "A2": "Bob"}, "July": {}}
    write_workbook("v.xlsx", sheets)

    unsaid = run("validate", "desk/visit", "v.xlsx")
    wrong = run("validate", "desk/visit", "v.xlsx:Jun")
    empty = run("validate", "desk/visit", "v.xlsx:July")
    said = run("validate", "desk/visit", "v.xlsx:June", *JSONL)

    assert (unsaid.code, wrong.code, record(said.outcomes[0])) == (2, 2, {"guest": "Bob"})
    assert "name one, like v.xlsx:May" in unsaid.err
    assert "did you mean June?" in wrong.err
    assert (empty.code, empty.err.startswith("error: v.xlsx:July: there is no payload in it")) == (2, True)


def test_workbook_of_several_sheets_on_stdin(run: Run, tmp_path: Path) -> None:
    """What is said to name one does so there, too."""
    write_workbook("v.xlsx", {"May": {"A1": "guest", "A2": "Ann"}, "June": {"A1": "guest", "A2": "Bob"}})
    data = (tmp_path / "v.xlsx").read_bytes()
    words = ("validate", "desk/visit", "-", *JSONL, "--stdin-filename")

    unsaid, said = run(*words, "in.xlsx", stdin=data), run(*words, "in.xlsx:June", stdin=data)

    assert (unsaid.code, "name one, like in.xlsx:May" in unsaid.err) == (2, True)
    assert record(said.outcomes[0]) == {"guest": "Bob"}


def test_machines_get_row_and_column_of_a_cell(run: Run) -> None:
    """GitHub takes files, lines and columns, no sheets."""
    write_workbook("v.xlsx", {"S": {"A1": "guest", "AB1": "people", "A7": "Ann", "AB7": "x"}})

    assert "file=v.xlsx,line=7,col=28" in run("validate", "desk/visit", "v.xlsx", "--format", "github").out


def test_no_workbook(run: Run, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no workbook is said; a missing extra names what to install."""
    broken = run("validate", "desk/visit", write("v.xlsx", "guest\nAnn\n"))
    monkeypatch.setitem(sys.modules, "python_calamine", None)
    missing = run("validate", "desk/visit", "v.xlsx")

    assert (broken.code, missing.code) == (2, 2)
    assert "this is no XLSX workbook" in broken.err
    assert "pip install 'rulewright[excel]'" in missing.err


def test_plan_of_a_workbook_is_carried_out(run: Run) -> None:
    """`apply --plan` finds the workbook and the sheet again."""
    write_workbook("v.xlsx", {"May": {"A1": "guest", "A2": "Ann"}, "June": {"A1": "guest", "A2": "Bob"}})
    planned = run("plan", "desk/visit", "v.xlsx:June", *STORE, "--format", "json")
    Path("plan.json").write_text(planned.out)

    applied = run("apply", "--plan", "plan.json", *STORE, *JSONL)

    assert (applied.code, record(applied.outcomes[0])) == (0, {"guest": "Bob"})


def test_apply_of_csv_can_be_resumed(run: Run, write: Write) -> None:
    """A file that has grown is taken up after what is done."""
    run("apply", "desk/visit", write("v.csv", "guest\nAnn\n"), *STORE)
    again = run("apply", "desk/visit", write("v.csv", "guest\nAnn\nBob\n"), *STORE, "--resume", *JSONL)

    with sqlite3.connect("t.db") as connection:
        guests = connection.execute("SELECT guest FROM desk_visit ORDER BY id").fetchall()
    connection.close()
    assert (len(again.outcomes), guests) == (1, [("Ann",), ("Bob",)])


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_updates_name_their_record_in_a_field(run: Run, write: Write, kind: str) -> None:
    """--key FIELD: each payload says which record it updates; one that does not is refused."""
    run("apply", "desk/visit", write("v.csv", "guest\nAnn\nBob\n"), *STORE)
    rows = {
        "csv": "id,room\n2,blue\n1,red\n,grey\n9,black\n",
        "jsonl": [
            {"id": 2, "room": "blue"},
            {"id": 1, "room": "red"},
            {"room": "grey"},
            {"id": 9, "room": "x"},
        ],
    }[kind]

    words = ("--operation", "update", "--key", "id", *STORE, *JSONL)
    ran = run("apply", "desk/visit", write(f"u.{kind}", rows), *words)

    assert [(one["verdict"], one["record"] and one["record"]["room"]) for one in ran.outcomes[:2]] == [
        ("accepted", "blue"),
        ("accepted", "red"),
    ]
    assert [one["problems"][0]["code"] for one in ran.outcomes[2:]] == ["required", "not_found"]
    assert ran.outcomes[2]["problems"][0]["path"] == "/id"


def test_csv_streams(tmp_path: Path) -> None:
    """Memory does not grow with the file."""
    fields = load(RULES).compiled.resources["desk/visit"].fields

    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        path.write_text("guest,people\n" + "Ann,2\n" * rows)
        tracemalloc.start()
        count = sum(1 for _ in read_items(Source(str(path), "v.csv", "csv"), fields))
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert count == rows
        return found

    small, large = map(partial(peak), (500, 10_000))

    assert large < small * 1.5


def _rewrite(path: str, old: bytes, new: bytes) -> None:
    """Replace bytes in the sheet of a workbook."""
    with zipfile.ZipFile(path) as book:
        parts = {part.filename: book.read(part) for part in book.infolist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            book.writestr(name, content.replace(old, new) if "sheet1" in name else content)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (b"Ann", b"A" * 400_000_000, "the workbook is too large"),
        (b'"A2"', b'"XFD1048576"', "a cell is filled that is too far from the first"),
        (b'"A2"', b'"xfd1048576"', "a cell is filled that is too far from the first"),
        (b"Ann", b"&lol;", "the sheet S can't be read"),
        (b"</sheetData></worksheet>", b"</sheetDa", "the sheet S can't be read"),
    ],
    ids=["bomb", "far cell", "far cell in small letters", "entity", "broken"],
)
def test_a_hostile_workbook_is_refused(run: Run, old: bytes, new: bytes, words: str) -> None:
    """Before it takes memory, and without an internal error."""
    write_workbook("v.xlsx", {"S": {"A1": "guest", "A2": "Ann"}})
    _rewrite("v.xlsx", old, new)

    ran = run("validate", "desk/visit", "v.xlsx")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"error: v.xlsx: {words}")


@pytest.mark.parametrize(
    ("part", "words"),
    [("content.xml", "an OpenDocument spreadsheet"), ("xl/workbook.bin", "a binary workbook (XLSB)")],
)
def test_another_kind_of_workbook_is_told_of(run: Run, part: str, words: str) -> None:
    """python-calamine would read it, whatever its cells span."""
    with zipfile.ZipFile("v.xlsx", "w") as book:
        book.writestr(part, "")

    ran = run("validate", "desk/visit", "v.xlsx")

    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"error: v.xlsx: this is {words}; save it as an XLSX workbook, or as CSV\n"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("15099.0", 15099), ("-3.000", -3), (" 7.0 ", 7), ("1.5", "1.5"), ("7.", "7."), (15099.0, 15099)],
)
@pytest.mark.parametrize("kind", ["integer", "money"])
def test_a_whole_number_may_have_zeros_after_its_point(kind: str, cell: object, expected: object) -> None:
    """As spreadsheets write it into CSV, too; also for the types whose values are whole numbers."""
    field = cast(CompiledField, SimpleNamespace(type=build_registry(installed=False).types[kind]))

    assert read_cell(cell, field) == expected
