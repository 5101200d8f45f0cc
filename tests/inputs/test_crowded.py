"""A payload holds a bounded number of values: of each there might be a problem to tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rulewright.inputs import Broken, Item, Payload, Source, read_items, read_text
from rulewright.inputs.limits import MAX_VALUES, ROOMY_BYTES

SMALL = {"a": 1}
# As many values as there may be, and one more.
FULL = {"a": {"b": [7] * (MAX_VALUES - 2)}}
CROWDED = {"a": {"b": [7] * (MAX_VALUES - 1)}}
KINDS = {
    "one.json": json.dumps,
    "one.yaml": json.dumps,
    "list.json": lambda value: json.dumps([SMALL, value, SMALL]),
    "list.yaml": lambda value: f"- a: 1\n- {json.dumps(value)}\n- a: 1\n",
    "few.jsonl": lambda value: "\n".join(map(json.dumps, [SMALL, value, SMALL])),
    "many.jsonl": lambda value: "\n".join(map(json.dumps, [*[SMALL] * 9, value, SMALL])),
}


def read(folder: Path, name: str, text: str) -> list[Item]:
    path = folder / name
    path.write_text(text)
    kind = "yaml" if name.endswith("yaml") else name.rpartition(".")[2]
    return list(read_items(Source(str(path), name, kind)))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", KINDS)
def test_too_many_values_are_refused_alone(tmp_path: Path, name: str) -> None:
    """The others are payloads, whatever the format."""
    found = read(tmp_path, name, KINDS[name](CROWDED))

    (broken,) = (item for item in found if isinstance(item, Broken))
    assert (broken.code, broken.message) == ("limit", "the payload holds more than 100,000 values")
    assert [item.value for item in found if isinstance(item, Payload)] == [SMALL] * (len(found) - 1)


@pytest.mark.parametrize("name", KINDS)
def test_as_many_values_as_may_be_are_taken(tmp_path: Path, name: str) -> None:
    """The bound itself is no mistake."""
    found = read(tmp_path, name, KINDS[name](FULL))

    assert FULL in [item.value for item in found if isinstance(item, Payload)]
    assert not any(isinstance(item, Broken) for item in found)


def test_a_payload_on_the_command_line_is_bounded() -> None:
    """As that of `fire` is."""
    item = read_text("--payload", json.dumps(CROWDED))

    assert isinstance(item, Broken)
    assert item.code == "limit"


def test_a_row_of_too_many_cells(tmp_path: Path) -> None:
    """Columns that name no field would each be told of."""
    header = ",".join(f"c{number}" for number in range(MAX_VALUES + 1))
    cells = ",".join("7" for _ in range(MAX_VALUES + 1))

    (item,) = read(tmp_path, "wide.csv", f"{header}\n{cells}\n")

    assert isinstance(item, Broken)
    assert item.code == "limit"


def test_what_is_shorter_is_not_counted() -> None:
    """A value takes at least a digit and a comma."""
    shortest = json.dumps([7] * (MAX_VALUES + 1), separators=(",", ":"))

    assert len(shortest) > ROOMY_BYTES
