"""Rule files on which generated programs once said something else than the plain evaluator."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from agreement import differences
from payloads import NOW, Case, DictRecords

from rulewright import load
from rulewright.evaluation import Inputs
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.deciding import decide_quickly

PERSON = (
    "rulewright: 1\nresource: desk/person\nkey: id\nfields: {id: {type: integer}, name: {type: string}}\n"
)
PERSONS = {"desk/person": [{"id": 1, "name": "Ann"}]}
HEAD = "rulewright: 1\nresource: desk/note\nkey: id\n"
ID = "  id: {type: integer, readonly: ignore, generate: sequence}\n"
CASES = {
    # A default is a Python condition, which binds less than the comparison around it.
    "default_in_a_comparison": (
        """
fields:
  low: {type: integer, default_from: payload.high}
  high: {type: integer}
  size: {type: integer, checks: [{id: below, check: value < record.low}]}
""",
        ({"size": 5, "high": 3, "low": 4}, {"size": 5, "high": 3}, {"size": 5, "low": 7}),
    ),
    # What a report shows of a default, or of a value that rules set, is not what was sent.
    "shown_default": (
        """
fields:
  flag: {type: boolean, nullable: true, default: true}
  name: {type: string, compute: payload.other}
  other: {type: string}
  size: {type: integer, required_if: record.flag}
  list: {type: list, items: {type: string}, checks: [{id: c, check: 'value.exists(t, t == record.name)'}]}
""",
        ({}, {"size": 1, "list": ["a"], "name": "a", "other": "b"}, {"list": ["b"], "other": "b"}),
    ),
    # What was sent and is wrong can't be relied on, also where the rules have a constant for it.
    "wrong_constant": (
        """
fields:
  kind: {type: string, nullable: true, one_of: [a, b], compute: "'k'"}
  size: {type: integer, required_unless: '(given(record.kind) ? record.kind : payload.kind) in ["a"]'}
""",
        ({"kind": "x"}, {"kind": "a"}, {}, {"kind": "x", "size": 1}),
    ),
    # A part without any field may decide what rests on a field that is missing.
    "decided_by_constants": (
        """
fields:
  size: {type: integer, required: true}
  name: {type: string, required_if: 1 > 2 || payload.size == 1}
checks:
  - {id: never, check: 1 >= 6 && payload.size == null}
  - {id: ever, check: 6 >= 1 || payload.size == null}
""",
        ({}, {"size": 1}, {"size": "x"}),
    ),
    # What is wrong with a value that is forbidden, or inside it, is not told; what else is wrong is.
    "forbidden_and_wrong": (
        """
fields:
  kind: {type: string}
  size: {type: integer, forbidden_if: payload.kind == 'a'}
  box:
    type: object
    forbidden_if: payload.kind == 'a'
    fields:
      lid: {type: integer, required_if: payload.kind == 'b'}
""",
        (
            {"kind": "a", "size": "x"},
            {"kind": "a", "box": {"lid": "x", "top": 1}},
            {"kind": "b", "box": {"top": 1}, "size": "x"},
            {"kind": 5, "box": {"top": 1}, "size": "x"},
            {"kind": "a", "box": {"top": 1}, "size": "x"},
        ),
    ),
    # Rules about fields that go together, and about what is inside a value, are told by the evaluator; of
    # payloads that keep them all other problems are told quickly.
    "what_goes_together": (
        """
fields:
  kind: {type: string, one_of: [a, b]}
  size: {type: integer, required_with: [kind], excluded_if: payload.kind == 'b'}
  name: {type: string, forbidden_without: [size]}
  tags: {type: list, items: {type: string, checks: [{id: long, check: size(value) > 1}]}}
  box:
    type: object
    fields:
      lid: {type: integer, checks: [{id: big, check: value > 3}]}
      top: {type: integer, forbidden_with: [lid]}
  other: {type: integer, checks: [{id: even, check: value % 2 == 0, path: /size}]}
  twice: {type: integer, required_if: payload.kind == 'a', required_unless: given(payload.size)}
""",
        (
            {"kind": "a"},
            {"kind": "a", "size": 1},
            {"kind": "b", "size": 1, "name": "x", "twice": 1},
            {"kind": "x", "size": 1},
            {"name": "x", "twice": 1},
            {"tags": ["ab"], "other": "x", "twice": 1},
            {"tags": ["a"], "twice": 1},
            {"tags": ["ab", 5], "other": 2, "twice": 1},
            {"box": {"lid": 5}, "other": "x", "twice": 1},
            {"box": {"lid": 1}, "twice": 1},
            {"box": {"lid": 5, "top": 1}, "twice": 1},
            {"box": {"lid": "x"}, "other": 3, "twice": 1},
            {"other": 3, "twice": 1, "size": 1},
        ),
    ),
    # Parts of parts and objects in lists are left to the evaluator where they are sent.
    "parts_of_parts": (
        """
fields:
  name: {type: string, required: true}
  size: {type: integer, required_if: given(payload.lines)}
  lines: {type: list, items: {type: object, fields: {sku: {type: string, required: true}}}}
  box:
    type: object
    fields:
      tags: {type: list, items: {type: string}}
      inner: {type: object, fields: {a: {type: string}}}
""",
        (
            {"name": "x"},
            {"name": 5, "size": "x"},
            {"name": "x", "lines": [{"sku": "y"}]},
            {"name": "x", "lines": [{"sku": 5}], "other": 1},
            {"box": {"tags": ["a"], "inner": {"a": "b", "c": "d"}}, "other": 1},
            {"box": None, "lines": 5},
        ),
    ),
    # A state rests on what initial_from reads, even where one was sent.
    "sent_state": (
        """
fields:
  name: {type: string, one_of: [a, b]}
  state: {type: string, one_of: [new, old]}
workflow:
  field: state
  states: {new: {}, old: {final: true}}
  events: {close: {}}
  transitions: [{event: close, from: new, to: old}]
  initial_from: "given(payload.name) || given(payload.name) ? 'new' : 'old'"
""",
        ({"name": "x", "state": "new"}, {"name": "x", "state": "old"}, {"name": "a", "state": "old"}),
    ),
    # An object with an unsound part can't be shown as a whole.
    "unsound_part": (
        """
fields:
  part:
    type: object
    fields: {a: {type: string}, b: {type: string}}
  size: {type: integer, required_if: given(payload.part)}
  flag: {type: boolean, checks: [{id: c, check: value || payload.part == null}]}
""",
        ({"part": {"a": 1}}, {"part": {"a": "a\0"}, "flag": False}, {"part": {"a": "x"}, "flag": False}),
    ),
    # What was sent needs no default, so it is sound where the default would not be.
    "sent_beside_an_unsound_default": (
        """
fields:
  name: {type: string}
  low: {type: integer, default_from: size(payload.name)}
  size: {type: integer, checks: [{id: below, check: value < record.low}]}
""",
        ({"name": 1, "low": 4, "size": 7}, {"name": 1, "size": 7}, {"name": "x", "size": 7}),
    ),
    # A part that must not be there leaves the checks of its object to be judged.
    "forbidden_part": (
        """
fields:
  part:
    type: object
    fields: {a: {type: string, forbidden_if: given(payload.size)}, b: {type: integer}}
    checks: [{id: c, check: given(payload.flag)}]
  size: {type: integer}
  flag: {type: boolean}
""",
        ({"part": {"a": "x"}, "size": 1}, {"part": {"a": "x"}}, {"part": {"b": 1}, "size": 1}),
    ),
    # A secret object is told of at its own path, and that is taken back where the object is forbidden.
    "forbidden_secret": (
        """
fields:
  part:
    type: object
    sensitive: true
    forbidden_if: payload.part.b > 3
    fields: {a: {type: string}, b: {type: integer}}
""",
        ({"part": {"b": 4, "A": 1}}, {"part": {"b": 2, "A": 1}}, {"part": {"b": 4}}),
    ),
    # A look-up without a key finds nothing, although one that finds nothing is refused.
    "no_key": (
        """
lookups:
  owner: {find: desk/person, by: {id: payload.owner}, if_missing: reject}
fields:
  owner: {type: integer}
response:
  body: {owner: owner.name}
""",
        ({}, {"owner": 1}, {"owner": 2}),
    ),
    # A part is missing: the others can be relied on. Checks of the whole are told of, too.
    "checked_beside_a_missing_part": (
        """
fields:
  part: {type: object, fields: {a: {type: string, required_if: payload.size == 1}, b: {type: integer}}}
  size: {type: integer, checks: [{id: small, check: value < 9}]}
  low: {type: integer, nullable: true, checks: [{id: c, check: "payload.part.b > 3"}]}
checks:
  - {id: b_is_low, check: "!given(payload.part.b) || payload.part.b < 7", path: /part/b}
  - {id: sizes, check: "!given(payload.size) || payload.size != payload.low", severity: warning}
  - {id: never, check: payload.size != 8, message: eight is taken}
""",
        (
            {"part": {"b": 2}, "size": 1, "low": 5},
            {"part": {"a": "x", "b": 8}, "size": 8, "low": 8},
            {"size": 3, "low": 3},
            {"size": 9, "low": 9},
            {"size": "x", "part": {"b": 9}},
        ),
    ),
    # What is required is surely given in what is accepted, and may be what is wrong in what is refused.
    "given_and_required": (
        """
fields:
  day: {type: date, required: true}
  size: {type: integer, forbidden_if: given(payload.day)}
  low: {type: integer, forbidden_if: given(payload.day) && given(payload.flag)}
  flag: {type: boolean}
""",
        (
            {"day": "x", "size": 1},
            {"size": 1, "low": 1},
            {"day": "2025-01-31", "size": 1},
            {"day": "x", "low": 1, "flag": True},
            {"low": 1, "flag": True},
        ),
    ),
    # Null is no number, which is found out before what comes after it has a problem.
    "error_before_the_unsound": (
        """
fields:
  low: {type: integer}
  high: {type: integer, checks: [{id: c, check: value < 9}]}
  size: {type: integer, nullable: true, compute: payload.low + record.high}
  name: {type: string, required_if: payload.low > payload.high}
  other: {type: integer}
""",
        (
            {"high": 10},
            {"high": 10, "low": 1},
            {"high": "x"},
            {"low": "x", "other": "y"},
            {"low": 1, "high": "x"},
        ),
    ),
    # A look-up waits for the record that its key names, and that for what its scope rests on.
    "scope_that_is_wrong": (
        """
lookups:
  person: {find: desk/person, by: {id: payload.owner}}
fields:
  owner: {type: integer, references: {resource: desk/person, where: {name: payload.name}}}
  name: {type: string, max_length: 3}
  size: {type: integer, nullable: true, checks: [{id: c, check: "given(person.name) && value < 3"}]}
""",
        (
            {"owner": 1, "name": "Anna", "size": 5},
            {"owner": 1, "name": "Ann", "size": 5},
            {"name": "Anna", "size": 5},
            {"owner": 1, "name": 4, "size": 5},
        ),
    ),
    # What names nothing is looked for nowhere, so it is no matter that its scope rests on a missing record.
    "scope_of_nothing": (
        """
lookups:
  person: {find: desk/person, by: {id: payload.owner}}
fields:
  owner: {type: integer, references: {resource: desk/person}}
  other: {type: integer, references: {resource: desk/person, where: {name: person.name}, as: third}}
  size: {type: integer, checks: [{id: third, check: given(third.name)}]}
""",
        ({"size": 1, "owner": 9}, {"size": 1, "owner": 1}, {"size": 1, "owner": 1, "other": 1}, {"owner": 9}),
    ),
    # A sent object is completed inside: by defaults, and by what is worked out from them.
    "completed_parts": (
        """
fields:
  part:
    type: object
    default: {b: z}
    fields: {a: {type: string}, b: {type: string, default: x}, c: {type: integer, nullable: true, default: 0}}
  made: {type: object, fields: {a: {type: string}, b: {type: string, compute: payload.made.a}}}
  name: {type: string, compute: "given(payload.part) ? record.part.b : 'none'"}
""",
        ({}, {"part": {"a": "y"}}, {"part": {"c": None, "b": "y"}}, {"made": {"a": "y"}}, {"part": {"b": 1}}),
    ),
    # Whether a field applies is judged before what is required is found to be missing.
    "excluded_beside_a_missing_field": (
        """
fields:
  list: {type: list, items: {type: integer}, required: true}
  size: {type: integer, excluded_if: '!given(payload.list)', references: {resource: desk/person}}
""",
        ({"size": 1}, {"size": 9}, {"size": "x"}, {"list": [1], "size": 1}, {"list": [1], "size": 9}),
    ),
    # What is dropped of objects in maps is told, and what only the system sets there is refused.
    "objects_in_maps": (
        """
fields:
  size: {type: integer}
  boxes: {type: map, items: {type: object, unknown: ignore, fields: {a: {type: string}}}}
  crates: {type: map, items: {type: object, fields: {a: {type: string}, b: {type: string, readonly: ignore}}}}
""",
        (
            {"boxes": {"k": {"a": "x", "zz": 1}}},
            {"crates": {"k": {"a": "x", "b": "y"}}},
            {"boxes": {"k": {"zz": 1}}, "size": "x"},
            {"crates": {"k": {"a": "x"}}},
            {"size": 1},
        ),
    ),
    # A record that an effect makes has a key, and no other has it.
    "made_without_a_new_key": (
        """
fields:
  size: {type: integer, nullable: true}
effects: [{id: make, create: desk/person, bind: made, set: {id: payload.size}}]
""",
        ({"size": 5}, {"size": 1}, {"size": None}, {}, {"size": "x"}),
    ),
    # A null that is no value is there, so it may be forbidden; that ends a field before it is required.
    "forbidden_null": (
        """
fields:
  size: {type: integer, required: true, forbidden_with: [name]}
  sort: {type: string, required: true, forbidden_if: payload.name == 'a'}
  name: {type: string}
""",
        (
            {"size": None, "sort": None, "name": "a"},
            {"size": None, "sort": "x"},
            {"size": 1, "sort": None},
            {"size": 1},
        ),
    ),
    # Nothing can be selected from null: not from what nobody may send, nor from the record of a create.
    "selected_from_null": (
        """
fields:
  part: {type: object, readonly: ignore, fields: {a: {type: string}}}
  name: {type: string, default_from: "given(payload.size) ? payload.part.a : 'x'"}
  old: {type: string, default_from: "given(payload.flag) ? current.name : 'x'"}
  size: {type: integer}
  flag: {type: boolean}
""",
        ({}, {"size": 1}, {"flag": True}, {"size": "x"}, {"size": 1, "flag": 1}),
    ),
    # What an effect counts first is counted without the own record, which effects do not find.
    "counted_by_an_effect": (
        """
lookups: {alike: {count: desk/note, by: {name: payload.name}}}
fields:
  name: {type: string}
  others: {type: integer, readonly: ignore}
effects: [{id: count, set: {others: alike}}]
""",
        ({"name": "x"}, {}),
    ),
    # A record that an effect has changed is read as it is then, where no expression has read it before.
    "read_after_a_change": (
        """
fields:
  whom: {type: integer, references: {resource: desk/person, as: person}}
  name: {type: string, readonly: ignore}
effects:
  - {id: rename, when: payload.whom == 1, update: desk/person, where: {id: 1}, set: {name: "'Bob'"}}
  - {id: copy, when: given(person), set: {name: person.name}}
""",
        ({"whom": 1}, {}),
    ),
    # Options may read the value that they are for, as checks do.
    "options_that_read_their_value": (
        """
fields:
  name: {type: string, one_of: "value.startsWith('x') ? [value] : ['y']"}
  size: {type: integer}
""",
        ({"name": "xa"}, {"name": "z"}, {"name": "y", "size": 1}, {"size": 1}, {"size": "x"}, {}),
    ),
    # Records are read in the order of the fields: first what options need, then what is named.
    "options_that_are_looked_up": (
        """
lookups: {chosen: {find_all: desk/person, by: {name: payload.name}}}
fields:
  first: {type: integer, references: {resource: desk/person}}
  name: {type: string}
  whom: {type: integer, one_of: 'chosen.map(one, one.id)', references: {resource: desk/person, as: person}}
""",
        (
            {"first": 1, "name": "Ann", "whom": 1},
            {"first": 2, "name": "Ann", "whom": 1},
            {"first": 1, "name": "Bob", "whom": 1},
            {"name": "Ann", "whom": 2},
        ),
    ),
    # What may be chosen from is not known where the options are no list.
    "options_that_are_no_list": (
        """
fields:
  any: {type: any}
  name: {type: string, one_of: payload.any}
  size: {type: integer}
""",
        ({"name": "a"}, {"name": "a", "any": 5}, {"name": "a", "any": ["b"]}, {"name": "b", "any": ["b"]}),
    ),
    # What a created record names must be there without it.
    "a_created_record_that_names_itself": (
        """
effects: [{id: next, when: payload.size == 1, create: desk/note, set: {other: record.id + 1}}]
fields:
  size: {type: integer}
  other: {type: integer, references: {resource: desk/note}}
""",
        ({"size": 1}, {"size": 2}),
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_both_paths_say_the_same(name: str, tmp_path: Path) -> None:
    """Also of payloads that are refused."""
    rules, payloads = CASES[name]
    folder = tmp_path / "desk"
    folder.mkdir()
    (folder / "api.yaml").write_text("rulewright: 1\napi: desk\n")
    (folder / "note.yaml").write_text(HEAD + rules.replace("\nfields:\n", f"\nfields:\n{ID}", 1).lstrip("\n"))
    (folder / "person.yaml").write_text(PERSON)
    program = load(folder)
    keys = dict.fromkeys(program.resources, "id")
    told = 0
    for payload in payloads:
        case = Case("desk/note", _inputs(payload), DictRecords(PERSONS, keys))
        plain = decide_plainly(program.compiled, case.resource, case.inputs, case.records)
        quick = decide_quickly(program.compiled, case.resource, case.inputs, case.records)
        if quick is not None:
            told += 1
            assert [*differences(case, plain, quick)] == []
    assert told


def _inputs(payload: Any) -> Inputs:
    return Inputs(operation="create", payload=payload, now=NOW, seed=1, actor=None)
