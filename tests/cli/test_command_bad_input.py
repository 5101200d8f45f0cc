"""Bad input: a clear message with its place, exit status 1 or 2, no traceback."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from workplace import RULES, Run, Write

# What the file holds -> the place that is named, the code, and a word of the message.
TEXTS: dict[str, tuple[bytes, str, str, str]] = {
    "no JSON": (b"hello", "1:1", "invalid_json", "a value is expected"),
    "array of numbers": (b"[1,\n 2]", "2:2", "type", "must be a JSON object"),
    "deep lists": (b"[" * 100_000 + b"]" * 100_000, "1:102", "limit", "nested more than 100"),
    "deep objects": (b'{"a":' * 100_000, "1:501", "limit", "nested more than 100"),
    "NaN": (b'{"title": NaN}', "1:11", "invalid_json", "NaN is no JSON number"),
    "Infinity": (b'{"title": -Infinity}', "1:11", "invalid_json", "-Infinity is no"),
    "too large a number": (b'{"title": 1e999}', "1:11", "invalid_json", "too large"),
    "5,000 digits": (b'{"title": ' + b"9" * 5000 + b"}", "1:11", "invalid_json", "5,000 digits"),
    "a key twice": (b'{"title": "a",\n "title": "b"}', "2:2", "invalid_json", "this key is here already"),
    "half a surrogate pair": (b'{"title": "\\ud800"}', "1:11", "type", "surrogate"),
    "half a pair as key": (b'{"\\ud800": 1}', "1:12", "unknown_field", "\\ud800"),
    "a text of 50 MB": (b'{"title": "' + b"x" * 50_000_000 + b'"}', "1:1", "limit", "larger than 10 MiB"),
    "Latin-1": (b'{"title": "Ren\xe9"}', "1:15", "invalid_json", "Latin-1"),
    "UTF-16": ('{"title": 1}'.encode("utf-16-le"), "1:2", "invalid_json", "a key in double quotes"),
    "NUL bytes": (b"\x00\x00", "1:1", "invalid_json", "a value is expected"),
    "single quotes": (b"{'title': 1}", "1:2", "invalid_json", "double quotes"),
    "cut off": (b'{"title"', "1:9", "invalid_json", "colon"),
    "two values": (b'{"title": "a"} {}', "1:16", "invalid_json", ".jsonl"),
}

HOSTILE = "a\x1b[31mb\x9b31mc\u202e"


@pytest.mark.parametrize("what", TEXTS)
def test_bad_text_is_rejected(run: Run, write: Write, what: str) -> None:
    """Text that is no payload is a rejected outcome of its own, at its place."""
    data, place, code, words = TEXTS[what]

    ran = run("validate", "desk/ticket", write("bad.json", data), "--format", "jsonl", "--store", "memory://")

    problem = ran.outcomes[-1]["problems"][0]
    assert (problem["payload_at"], problem["code"]) == (f"bad.json:{place}", code)
    assert words in problem["message"]
    assert ran.code == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.json", "there is no such file"),
        ("", 'error: "": there is no such file'),
        ("folder", "this is a folder"),
        ("no*such.json", "this pattern matches no file"),
        ("empty.json", "empty.json:1:1: the file is empty"),
        ("blank.jsonl", "blank.jsonl:1:1: the file is empty"),
        ("pipe", "the file is empty"),
        ("sheet.csv", "sheet.csv:1:1: there is no payload in it: no row stands below a header row"),
        ("sheet.xls", "old Excel files are not read"),
        ("lines.jsonl.gz", "packed files are not read; unpack them first"),
        ("/dev/zero", "this is a device"),
    ],
)
def test_unreadable_file(run: Run, write: Write, name: str, words: str) -> None:
    """A file that can't be read at all ends the command with 2."""
    Path("folder").mkdir()
    os.mkfifo("pipe")
    for empty, text in (
        ("empty.json", ""),
        ("blank.jsonl", "\n \n"),
        ("sheet.csv", "title\n"),
        ("sheet.xls", "-"),
        ("lines.jsonl.gz", "-"),
    ):
        write(empty, text)

    ran = run("validate", "desk/ticket", name)

    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert "Traceback" not in ran.err


def test_a_table_whose_name_says_nothing(run: Run, write: Write) -> None:
    """To YAML it is a text; that it must be named .csv is what helps."""
    ran = run("validate", "desk/ticket", write("rows.txt", "title;size\nAnn;1\n"))

    assert (ran.code, ran.out) == (2, "")
    assert "rows.txt: its name doesn't say what it holds" in ran.err
    assert "must be named .csv" in ran.err


@pytest.mark.parametrize("name", ["lines.jsonl", "one.json", "rows.csv", "some.yaml", "some.txt"])
@pytest.mark.parametrize(
    ("pack", "words"),
    [
        (gzip.compress, "packed (gzip)"),
        (bz2.compress, "packed (bzip2)"),
        (lzma.compress, "packed (xz)"),
        (lambda data: b"PK\x03\x04" + data, "a workbook that must be called .xlsx"),
    ],
    ids=["gzip", "bzip2", "xz", "zip"],
)
def test_packed_files_under_other_names(
    run: Run, write: Write, name: str, pack: Callable[[bytes], bytes], words: str
) -> None:
    """They are told of once, and not row by row as what they seem to hold."""
    ran = run("validate", "desk/ticket", write(name, pack(b'{"title": "a"}\n' * 3)))

    assert ran.code == 2
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_broken_lines_among_good_ones(run: Run, write: Write) -> None:
    """In a batch a broken line is an outcome of its own, and the others go on."""
    lines = ['{"title": "a"}', '{"title"', "", "[" * 200, '{"title": "' + "x" * 11_000_000, '{"title": "b"}']

    ran = run(
        *("validate", "desk/ticket", write("t.jsonl", "\n".join(lines)), "--store", "memory://"),
        *("--format", "jsonl"),
    )

    found = [(one["verdict"], [p["code"] for p in one["problems"]]) for one in ran.outcomes]
    rejected = [("rejected", [code]) for code in ("invalid_json", "limit", "limit")]
    assert found == [("accepted", []), *rejected, ("accepted", [])]
    places = [one["problems"][0]["payload_at"] for one in ran.outcomes if one["problems"]]
    assert places == ["t.jsonl:2:9", "t.jsonl:4:101", "t.jsonl:5:1"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b'\xef\xbb\xbf{"title": "x"}'),
        ("a.jsonl", b'\xef\xbb\xbf{"title": "x"}\n'),
        ("a.ndjson", b'{"title": "x"}'),
        ("a.yaml", b"\xef\xbb\xbftitle: x\n"),
        ("a.yml", b"- {title: x}\n"),
        ("a.json", b'[{"title": "x"}]'),
        ("lines", b'{"title": "x"}\n'),
        ("object", b'{\n"title": "x"}\n'),
        ("plain", b"title: x\n"),
    ],
)
def test_formats(run: Run, write: Write, name: str, content: bytes) -> None:
    """Formats go by the ending of the name, else by the look of the text; a byte-order mark is no harm."""
    ran = run("plan", "desk/ticket", write(name, content), "--store", "memory://", "--format", "jsonl")

    assert [one["record"]["title"] for one in ran.outcomes] == ["x"]


def test_stdin(run: Run) -> None:
    """Stdin is JSON, unless --stdin-filename says otherwise."""
    words = ("validate", "desk/ticket", "-", "--store", "memory://")

    assert run(*words, stdin='{"title": "x"}').code == 0
    assert "<stdin>:1:1: error[invalid_json]" in run(*words, stdin="title: x").out
    assert run(*words, "--stdin-filename", "t.yaml", stdin="title: x").code == 0
    assert run(*words, "-", stdin="{}").code == 2


@pytest.mark.parametrize("text", ["title,code\nx,y\n", '{"title": "x"}\n{"title": "y"}\n', "title: x"])
def test_stdin_of_another_format(run: Run, text: str) -> None:
    """Who pipes something else in is told how to say so; a file's name says it already."""
    words = ("validate", "desk/ticket", "-", "--store", "memory://")

    assert "--stdin-filename in.jsonl (or in.csv) says otherwise" in run(*words, stdin=text).out
    assert "--stdin-filename" not in run(*words, "--stdin-filename", "in.json", stdin=text).out


def test_what_follows_a_payload(run: Run, write: Write) -> None:
    """Whoever has several in one document is told how they are read; not where lines are read already."""
    text = '{"title": "x"} {"title": "y"}'

    assert "a file named .jsonl" in run("validate", "desk/ticket", write("t.json", text)).out
    for words in ((write("t.jsonl", text),), (write("u.json", {}), "--actor", text)):
        ran = run("validate", "desk/ticket", *words)

        assert "this is no JSON: the JSON value ended before this" in ran.out + ran.err
        assert ".jsonl " not in ran.out + ran.err


def test_positions(run: Run, write: Write) -> None:
    """A problem says where its value stands, or the object that lacks it: JSON, array, YAML."""
    pretty_json = '[\n  {},\n  {"tags": ["a",\n    5]}\n]'
    for name, content, place in [
        ("t.json", pretty_json, "4:5"),
        ("t.yaml", "- {}\n- tags:\n  - a\n  - 5\n", "4:5"),
        ("t.jsonl", '{}\n{"tags": ["a", 5]}', "2:16"),
    ]:
        ran = run("validate", "desk/ticket", write(name, content), "--store", "memory://")

        assert ran.out.splitlines()[-1].startswith(f"{name}:{place}: error[type] /tags/1: ")


@pytest.mark.parametrize(
    "text",
    [
        "note: [!secret-7 x]\n",
        "note: *secret-7\n",
        "note: &a x\nsecret-7: 1\nsecret-7: 2\n",
        "{12345: a}\n",
        '{"secret-7": 1, "secret-7": 2}',
    ],
)
def test_a_broken_document_is_not_quoted(run: Run, write: Write, text: str) -> None:
    """What it says may be a secret: the place is told, and what is wrong."""
    name = write("t.json" if text.startswith('{"') else "t.yaml", text)

    ran = run("validate", "desk/ticket", name, "--format", "jsonl")

    problem = ran.outcomes[0]["problems"][0]
    assert problem["code"] == "invalid_json"
    assert "secret-7" not in ran.out + ran.err
    assert "12345" not in ran.out + ran.err


@pytest.mark.parametrize("format_", ["json", "jsonl", "text", "github", "pretty"])
def test_no_report_steers_a_terminal(run: Run, write: Write, format_: str) -> None:
    """Line separators of Unicode, C1 controls and marks of direction are escapes."""
    title = "a\u2028b\u2029c\x9b31md\u202ee\ud800\x7f"
    write("t.json", {"title": title[:-2], title[:-2]: 1})

    out = run("validate", "desk/ticket", "t.json", "--format", format_).out

    assert not set(out) & set("\u2028\u2029\x9b\u202e")
    assert "\\u2028" in out


@pytest.mark.parametrize(
    "words",
    [
        ("validate", "desk/ticket", "t.json", "--records", "records.json"),
        ("validate", HOSTILE, "t.json"),
        ("validate", "desk/ticket", "t.json", "--rules", HOSTILE),
        ("validate", "desk/ticket", "t.json", "--store", f"sqlite:///{HOSTILE}"),
        ("fire", "desk/ticket", "1", HOSTILE, "--store", "sqlite:///t.db"),
        ("check", HOSTILE),
    ],
)
def test_no_message_steers_a_terminal(run: Run, write: Write, words: tuple[str, ...]) -> None:
    """Nor does a name in a file of records begin a line of its own, which a CI system would obey."""
    write("t.json", {"title": "a"})
    write("records.json", {f"{HOSTILE}\n::error::b": []})

    said = run(*words).err

    assert "\\u001b" in said
    assert not set(said) & set("\x1b\x9b\u202e")
    assert "\n::error" not in said


def test_a_name_as_long_as_a_payload_is_shortened_in_messages(run: Run, write: Write) -> None:
    """Its start says which it is; the path holds it whole."""
    name = "k" * 100_000

    ran = run("validate", "desk/ticket", write("t.json", {name: 1}), "--format", "jsonl")

    (problem,) = ran.outcomes[0]["problems"]
    assert problem["message"] == f"{'k' * 99}… is not a field of this resource"
    assert problem["path"] == f"/{name}"
    for format_ in ("text", "pretty", "github", "junit", "sarif"):
        assert len(run("validate", "desk/ticket", "t.json", "--format", format_).out) < 4000


@pytest.mark.parametrize("command", ["validate", "plan", "apply", "forward", "explain"])
@pytest.mark.parametrize("others", [("desk/ticket",), ()])
def test_a_file_before_the_resource(run: Run, write: Write, command: str, others: tuple[str, ...]) -> None:
    """Who swaps them, or leaves the resource out, is told the order."""
    ran = run(command, write("t.json", {"title": "a"}), *others)

    assert ran.code == 2
    said = f"t.json is a file; the resource comes before it, like: rulewright {command} ct_oi/case t.json\n"
    assert ran.err.endswith(said)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            str(RULES / "desk" / "ticket.yaml"),
            "name its resource, like: rulewright validate desk/ticket FILE\n",
        ),
        ("-", "- is standard input; the resource comes before it, like: rulewright validate ct_oi/case -\n"),
        ("t.csv:Sheet1", "t.csv:Sheet1 is a file; the resource comes before it"),
        ("tickets", "there is no rule file for tickets; did you mean desk/ticket?"),
    ],
)
def test_what_stands_for_the_resource(run: Run, write: Write, name: str, said: str) -> None:
    """A rule file is known by what it holds; what looks like no file is looked for among the resources."""
    ran = run("validate", name, write("t.json", {"title": "a"}))

    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize("store", [(), ("--store", "sqlite:///none.db")])
@pytest.mark.parametrize("payload", ["[1]", "1", "null"])
def test_what_is_no_object_holds_no_key(run: Run, write: Write, payload: str, store: tuple[str, ...]) -> None:
    """With --key FIELD it is refused for what it is; no store is asked for a record that nothing names."""
    words = ("--operation", "update", "--key", "id", *store, "--format", "jsonl")
    ran = run("validate", "desk/ticket", write("t.jsonl", f"{payload}\n"), *words)

    problem = ran.outcomes[0]["problems"][0]
    assert (ran.code, problem["code"], problem["payload_at"]) == (1, "type", "t.jsonl:1:1")
