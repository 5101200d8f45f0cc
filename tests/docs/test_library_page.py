"""docs/library.md: its programs run, one after the other in a folder of their own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from doc_blocks import DOCS, blocks_of, rows, section

import rulewright

PROGRAMS = [block.text for block in blocks_of(DOCS / "library.md") if block.kind == "python"]


def test_there_are_programs() -> None:
    """Of operations, a schema, a store that is filled, an outcome as JSON, messages, and documents."""
    assert len(PROGRAMS) == 6


@pytest.mark.parametrize(
    ("api", "operations", "answers"),
    [
        ("", "", (None, None)),
        ("errors: {dialect: drf}", "", (None, 400)),
        ("envelope: {data: body}", "", (201, None)),
        ("", "response: {body: {id: record.id}}", (201, None)),
        ("", "operations: {create: {method: POST}}", (201, 400)),
    ],
)
def test_what_is_answered_where_is_as_the_page_says(
    api: str, operations: str, answers: object, tmp_path: Path
) -> None:
    """An accepted call and a refused one, with some of the words of HTTP and without any."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "api.yaml").write_text(f"rulewright: 1\napi: a\n{api}\n")
    (tmp_path / "a" / "b.yaml").write_text(
        f"rulewright: 1\nresource: a/b\nkey: id\n{operations}\n"
        "fields: {id: {type: string, required: true}}\n"
    )
    program = rulewright.load(tmp_path)

    responses = [program.evaluate("a/b", payload).response for payload in ({"id": "x"}, {"id": 5})]

    assert tuple(one.status if one is not None else None for one in responses) == answers


def test_every_public_error_has_a_row() -> None:
    """With those that are errors of the stores behind AdapterError, of which they are a kind."""
    errors = [
        name
        for name in rulewright.__all__
        if isinstance(one := getattr(rulewright, name), type) and issubclass(one, BaseException)
    ]
    listed = [row[0].strip("`") for row in rows(section(DOCS / "library.md", "Errors"))[1:]]
    at = listed.index("AdapterError")

    assert sorted(listed) == sorted(errors)
    assert [issubclass(getattr(rulewright, one), rulewright.AdapterError) for one in listed[at:]] == [
        True
    ] * 8


@pytest.mark.parametrize("text", PROGRAMS)
def test_a_program_prints_what_its_comments_say(text: str, tmp_path: Path) -> None:
    """Each stands alone."""
    said = re.findall(r"^print\(.*\)  # (.*)$", text, re.MULTILINE)

    ran = subprocess.run(
        [sys.executable, "-c", text], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert ran.stdout.splitlines() == said
    assert said
