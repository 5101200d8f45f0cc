"""A key that is sensitive itself: it finds its record, and is told by no report."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from rulewright.cli import main
from rulewright.outbox import list_letters
from rulewright_adapters import open_store

KEY = "Kq7-secret"
API = "rulewright: 1\napi: desk\ntargets: {hook: {url: 'https://example.org/h'}}\n"
TICKET = """
rulewright: 1
resource: desk/ticket
key: code
fields:
  code: {type: string, sensitive: true, required: true}
  person: {type: integer, references: {resource: desk/person, as: person}}
effects:
  - {id: tell, send: hook, body: {done: true}}
  - {id: busy, when: given(payload.person), update: person, set: {busy: true}}
"""
PERSON = """
rulewright: 1
resource: desk/person
key: id
fields:
  id: {type: integer}
  busy: {type: boolean, nullable: true}
"""


@pytest.fixture
def _desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person, and a ticket that was stored about them."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rules" / "desk").mkdir(parents=True)
    for name, text in (("api", API), ("ticket", TICKET), ("person", PERSON)):
        (tmp_path / "rules" / "desk" / f"{name}.yaml").write_text(text)
    (tmp_path / "person.json").write_text('{"id": 5}')
    (tmp_path / "ticket.json").write_text(json.dumps({"code": KEY, "person": 5}))
    for name in ("person", "ticket"):
        assert run("apply", f"desk/{name}", f"{name}.json", "--rules", "rules") == ""
    (tmp_path / "rules" / "desk" / "person.yaml").write_text(PERSON + "  name: {type: string}\n")


def run(*words: str) -> str:
    """What a command says of the secret."""
    done = CliRunner().invoke(main, [*words, "--store", "sqlite:///desk.db"], prog_name="rulewright")
    assert done.exception is None or isinstance(done.exception, SystemExit)
    said = done.stdout + done.stderr
    return said if KEY in said else ""


@pytest.mark.usefixtures("_desk")
@pytest.mark.parametrize("look", ["text", "json", "jsonl"])
@pytest.mark.parametrize(
    "words",
    [
        ("outbox", "list"),
        ("outbox", "show", "1"),
        ("replay", "--rules", "rules"),
        ("history", "desk/person", "5", "--rules", "rules"),
    ],
)
def test_a_secret_key_is_told_nowhere(words: tuple[str, ...], look: str) -> None:
    """Nor where another record's history names it."""
    assert run(*words, "--format", look) == ""


@pytest.mark.usefixtures("_desk")
def test_a_message_knows_its_record_all_the_same() -> None:
    """What the receiver answers is written back to it."""
    with closing(open_store("sqlite:///desk.db")) as store:
        (letter,) = list_letters(store)

    assert (letter.key, letter.hides_key) == (KEY, True)
