"""Rule files on which generated programs of updates once said something else than the plain evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from agreement import differences
from desks import load_desk
from payloads import NOW, Case, DictRecords

from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.deciding import decide

Record = dict[str, Any]
HEAD = """
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
"""
# Fields, what is stored, and the patches.
CASES: dict[str, tuple[str, Record, list[Record]]] = {
    # Entries of maps that stand in objects are merged, too; the keys that are stored are counted.
    "merged_maps": (
        """
  size: {type: integer}
  free: {type: object}
  few: {type: map, items: {type: string}, min_length: 1, max_length: 2}
  deep: {type: map, items: {type: map, items: {type: string}, min_length: 1}}
  box:
    type: object
    fields: {name: {type: string}, labels: {type: map, items: {type: string}}, any: {type: any}}
""",
        {
            "id": 1,
            "free": {"a": {"b": 1}},
            "few": {"a": "x", "b": "y"},
            "box": {"name": "n", "labels": {"a": "x"}, "any": {"a": 1}},
        },
        [
            {"box": {"labels": {"b": "y"}}},
            {"box": {"labels": {}}},
            {"box": {"labels": {"a": None}}},
            {"box": {"any": {"b": 2}}},
            {"box": {"name": "m"}},
            {"free": {"a": {"c": 2}}},
            {"free": {"a": None}},
            {"few": {"c": "z"}},
            {"few": {"a": "z"}},
            {"few": {}},
            {"deep": {"a": {}}},
            {"deep": {"a": {"b": "x"}}},
            {"few": {}, "size": "x"},
            {"few": {"c": "z"}, "size": "x"},
            {"box": {"labels": {"b": 5}}, "size": "x"},
        ],
    ),
    # Computed parts of what is stored are worked out anew.
    "computed_parts": (
        """
  name: {type: string, checks: [{id: c, check: "!given(record.box.made) || record.box.made != 'bad'"}]}
  size: {type: integer}
  box: {type: object, fields: {made: {type: string, compute: record.name}, free: {type: string}}}
""",
        {"id": 1, "name": "a", "box": {"made": "a"}},
        [
            {"name": "b"},
            {"name": "bad"},
            {"size": 1},
            {"size": "x", "name": "b"},
            {"box": {"made": "c"}},
            {"box": {"free": "x"}, "name": "b"},
        ],
    ),
    # What one part of a response looks up in its place is read before what the next part looks up.
    "read_in_order": (
        """
  kind: {type: string}
  name: {type: string}
  size: {type: integer}
lookups:
  last: {max: desk/note, of: name, by: {kind: "['a', 'b']"}}
  most: {max: desk/note, of: size, by: {kind: record.kind}}
response: {body: {last: last, most: most}}
""",
        {"id": 1, "kind": "b", "name": "n", "size": 3},
        [{"name": "m"}, {"kind": "a"}, {"size": "x"}],
    ),
    # What no longer applies is dropped where the patch is refused for something else, too.
    "excluded": (
        """
  size: {type: integer}
  kind: {type: string}
  list: {type: list, items: {type: string, nullable: true}, excluded_if: record.kind == 'a'}
  name: {type: string, excluded_if: record.kind == 'a'}
  sort: {type: string, excluded_if: given(other) && payload.sort == 'x'}
lookups: {other: {find: desk/note, by: {id: 1}}}
""",
        {"id": 1, "kind": "b", "list": ["x"], "name": "n", "sort": "x"},
        [
            {"kind": "a"},
            {"sort": "x"},
            {"sort": "y"},
            {"kind": "a", "size": "x"},
            {"kind": 5},
            {"size": 1},
            {"list": [None], "size": "x"},
        ],
    ),
    # A record that names itself is read by effects as it will be.
    "named_by_itself": (
        """
  name: {type: string}
  label: {type: string, readonly: ignore}
  part_of: {type: integer, references: {resource: desk/note, as: whole}}
effects: [{id: label, on: [update], set: {label: whole.name}}]
""",
        {"id": 1, "name": "n", "part_of": None},
        [{"part_of": 1, "name": "m"}, {"part_of": 1}, {}],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_both_paths_update_alike(name: str, tmp_path: Path) -> None:
    """What is stored counts, and none of it is lost; also where an update is refused."""
    fields, stored, patches = CASES[name]
    program = load_desk(tmp_path, api="rulewright: 1\napi: desk\n", note=HEAD + fields.lstrip("\n"))
    for patch in patches:
        inputs = Inputs(operation="update", payload=patch, now=NOW, seed=1, key=1)
        case = Case("desk/note", inputs, DictRecords({"desk/note": [stored]}, {"desk/note": "id"}))
        plain = decide_plainly(program.compiled, case.resource, inputs, case.records)
        # The first two are decided plainly.
        quick = [decide(program.compiled, case.resource, inputs, case.records) for _ in range(3)][-1]

        assert [*differences(case, plain, quick)] == [], patch


def test_a_reference_to_a_key_of_another_type(tmp_path: Path) -> None:
    """A store may have 2.0 where 2 is named: it is found, also where something else is refused."""
    program = load_desk(
        tmp_path,
        api="rulewright: 1\napi: desk\n",
        note=HEAD + "  after: {type: integer, references: {resource: desk/note}}\n  size: {type: integer}\n",
    )
    records = DictRecords({"desk/note": [{"id": 1}, {"id": 2.0}]}, {"desk/note": "id"})
    for patch in ({"after": 2}, {"after": 2, "size": "x"}, {"after": 3, "size": "x"}):
        inputs = Inputs(operation="update", payload=patch, now=NOW, seed=1, key=1)
        plain = decide_plainly(program.compiled, "desk/note", inputs, records)
        quick = [decide(program.compiled, "desk/note", inputs, records) for _ in range(3)][-1]

        assert [*differences(Case("desk/note", inputs, records), plain, quick)] == [], patch
