"""What no store keeps is no value, whoever made it: that is said when a payload is decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from rulewright import Outcome, Program, load
from rulewright_adapters.memory import MemoryStore

RULES = r"""
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  text: {type: string, required: true}
  made: {type: string, nullable: true, readonly: ignore, compute: MADE}
"""


def program_of(folder: Path, made: str) -> Program:
    (folder / "desk").mkdir()
    (folder / "desk" / "note.yaml").write_text(RULES.replace("MADE", made))
    return load(folder)


@pytest.mark.parametrize("made", [r'''"record.text + '\\u0000'"''', r'''"'\\u0000'"''', "actor.word"])
def test_text_that_no_store_keeps_is_no_value(tmp_path: Path, made: str) -> None:
    """Undecided, as any other value that does not fit its field; on both paths alike."""
    program = program_of(tmp_path, made)
    store = MemoryStore({}, program.tables)
    actor = {"word": "a\0b"}

    def decide(referee: bool) -> Outcome:
        given = {"as_of": "2025-01-15T00:00:00Z", "seed": 1, "referee": referee}
        return program.evaluate("desk/note", {"text": "a"}, store=store, actor=actor, **given)  # type: ignore[arg-type]

    outcomes = [decide(one) for one in (True, False, False, False, False)]

    assert [one.verdict for one in outcomes] == ["undecided"] * 5
    assert "which no store keeps" in outcomes[0].problems[0].message
    assert all(one == outcomes[0] for one in outcomes)


@pytest.mark.parametrize(
    ("type_", "made"),
    [
        ("number", "0.0 / record.size"),
        ("any", "[1.0 / record.size]"),
        ("list, items: {type: number}", "[-1.0 / record.size]"),
        ("any", "18446744073709551615u"),
    ],
)
def test_numbers_that_no_store_keeps_are_no_values(tmp_path: Path, type_: str, made: str) -> None:
    """A division by nothing leaves its payload undecided; it ended the whole batch at the store."""
    rules = RULES.replace("{type: string, nullable: true,", f"{{type: {type_},").replace("text: {", "size: {")
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "note.yaml").write_text(
        rules.replace("size: {type: string", "size: {type: number").replace("MADE", f"'{made}'")
    )
    program = load(tmp_path)
    store = MemoryStore({}, program.tables)

    receipts = [program.apply("desk/note", {"size": 0.0}, store=store, referee=one) for one in (True, False)]

    assert [one.outcome.verdict for one in receipts] == ["undecided"] * 2
    assert all("which no store keeps" in one.problems[0].message for one in receipts)


@pytest.mark.parametrize("item", [2**63, float("nan"), "\0", "\ud800", {"a\0": 1}, [[2**63]]])
@pytest.mark.parametrize("type_", ["list", "object, fields: {of: {type: list}}"])
def test_an_item_that_no_store_keeps_is_refused_in_a_list_of_anything(
    tmp_path: Path, type_: str, item: object
) -> None:
    """It was accepted, and the whole list was stored as null."""
    (tmp_path / "desk").mkdir()
    rules = RULES.replace("string, required: true", type_).replace("MADE", "'null'")
    (tmp_path / "desk" / "note.yaml").write_text(rules)
    program, sent = load(tmp_path), [1, item]
    store = MemoryStore({}, program.tables)
    payload = {"text": sent if type_ == "list" else {"of": sent}}

    receipts = [program.apply("desk/note", payload, store=store, referee=one) for one in (True, *[False] * 4)]

    told = [[(one.code, one.path.removeprefix("/text")) for one in receipt.problems] for receipt in receipts]
    assert told == [[("type", "/1" if type_ == "list" else "/of/1")]] * 5


def test_keys_that_are_no_text_are_refused_with_an_idempotency_key() -> None:
    """Python's dicts may have them, JSON's objects not."""
    program = load()
    request = {"headers": {"Idempotency-Key": "one"}}
    outcome = program.evaluate(
        "goodstack/validation_request", {"a": 1, 2: 3}, actor={}, request=request, store=MemoryStore({}, ())
    )

    assert outcome.verdict == "rejected"


@pytest.mark.parametrize("digits", [19, 5000])
@pytest.mark.parametrize("referee", [True, False])
def test_a_key_of_too_many_digits_is_no_number_of_a_sequence(
    tmp_path: Path, digits: int, referee: bool
) -> None:
    """As every store has it: what is numbered after such a key, in the same plan, begins anew."""
    note = "fields: {id: {type: string, generate: {sequence: {prefix: N, width: 3}}}}\n"
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "note.yaml").write_text(f"rulewright: 1\nresource: desk/note\nkey: id\n{note}")
    (tmp_path / "desk" / "pad.yaml").write_text(
        "rulewright: 1\nresource: desk/pad\nkey: id\n"
        "fields: {id: {type: integer, generate: sequence}, first: {type: string}}\n"
        "effects:\n"
        "  - {id: a, create: desk/note, set: {id: payload.first}}\n"
        "  - {id: b, create: desk/note, set: {}}\n"
    )
    program = load(tmp_path)

    outcome = program.evaluate(
        "desk/pad", {"first": f"N{'9' * digits}"}, store=MemoryStore({}, program.tables), referee=referee
    )

    assert [change.key for change in outcome.changes][2:] == ["N001"]
