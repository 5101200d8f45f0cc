"""Types of plug-ins, those that ship among them: both paths agree on them, and the hot path is used."""

from __future__ import annotations

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest
from agreement import Tally, compare
from payloads import PayloadMaker, Seed

from rulewright import Program, load
from rulewright.evaluation import Request
from rulewright.fieldtypes import FieldType
from rulewright.hotpath import program_source
from rulewright.plugins import built_in, text_type, whole_number_type
from rulewright.schema.fields import Text

SHIPPED = [kind for kind in built_in().types.values() if kind.base]


class Shouting(Text):
    """Text that is stored in capitals, however it was sent."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > 8:
            raise self.refuse_format(f"{self.label} must be short")
        return text.upper()


FOREIGN = [
    text_type(
        "short", "short", check=lambda text: len(text) < 9, example="Ann", wrong="x" * 10, docs="Less than 9."
    ),
    text_type(
        "shouted",
        "short",
        # Only what is in capitals is stored as it is sent.
        check=lambda text: len(text) < 9 and text.isupper(),
        example="ANN",
        wrong="x" * 10,
        docs="Stored in capitals.",
        field=f"{__name__}:Shouting",
    ),
    whole_number_type("pence", "pence", example=5, wrong="5", docs="Pence."),
]
PLUGIN = SimpleNamespace(rulewright_field_types=lambda: FOREIGN)


def program_of(folder: Path, kind: FieldType, plugin: Any = PLUGIN) -> Program:
    """A resource that has a type in every place where a field may stand."""
    (folder / "a").mkdir()
    more = "min: 1, max: 20000" if kind.base == "integer" else "max_length: 40, blank: absent"
    name = kind.name
    (folder / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n"
        "  id: {type: integer, readonly: ignore, generate: sequence}\n"
        f"  must: {{type: {name}, required: true}}\n"
        f"  may: {{type: {name}}}\n"
        f"  null_too: {{type: {name}, nullable: true}}\n"
        f"  bound: {{type: {name}, {more}}}\n"
        f"  many: {{type: list, items: {{type: {name}}}, unique_items: true}}\n"
        f"  part: {{type: object, fields: {{inner: {{type: {name}, required: true}}, "
        f"outer: {{type: {name}}}, off: {{type: {name}, nullable: true}}}}}}\n"
        "checks:\n  - {id: differ, message: same, "
        "check: '!given(payload.may) || payload.may != payload.must'}\n"
    )
    return load(folder, plugins=[plugin], installed=False)


@pytest.mark.parametrize("kind", [*SHIPPED, *FOREIGN], ids=lambda kind: kind.name)
def test_both_paths_agree_on_each_type(kind: FieldType, tmp_path: Path) -> None:
    """In every place: boundaries, wrong types, null, blank and odd text."""
    program = program_of(tmp_path, kind)
    odd = f"{kind.example}\0" if isinstance(kind.example, str) else 10**30
    payload = {
        "must": kind.example,
        "null_too": kind.example,
        "many": [kind.example],
        "part": {"inner": kind.example, "outer": kind.example, "off": None},
    }
    tally = Tally()
    starts = [
        payload,
        {**payload, "must": odd},
        {**payload, "part": {"inner": None}},
        {**payload, "part": {"inner": odd}},
    ]
    starts += [{**payload, "many": [odd]}, {**payload, "many": [None]}, {**payload, "bound": kind.example}]
    starts += [
        {**payload, "part": {"inner": kind.example, "outer": None}},
        {**payload, "null_too": kind.wrong},
    ]
    seeds = [Seed(start, {}, {}, Request()) for start in starts]
    for case in PayloadMaker(program, "a/b", seeds, Random(5)).cases(400):
        compare(program, case, tally)

    assert tally.differences == []
    assert tally.quickly
    assert tally.refused


def refuse_to_say(text: str) -> bool:
    if text.startswith("?"):
        raise LookupError(text)
    return text.isupper()


class Losing(Text):
    """Text that is looked up where some of it can't be found."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not refuse_to_say(super()._deserialize(value, attr, data, **kwargs)):
            raise self.refuse_format("no")
        return value  # type: ignore[no-any-return]


@pytest.mark.parametrize("field", ["rulewright.schema.patterned:CheckedText", f"{__name__}:Losing"])
def test_what_a_type_fails_on_is_undecided_on_both_paths(field: str, tmp_path: Path) -> None:
    """In every place, beside refusals and not; the same value is no refusal, and others are judged."""
    kind = text_type(
        "unsure", "sure", check=refuse_to_say, example="ANN", wrong="ann", docs="Unsure.", field=field
    )
    plugin = SimpleNamespace(rulewright_field_types=lambda: [kind])
    program = program_of(tmp_path, kind, plugin)
    places = [{"must": "?"}, {"may": "?"}, {"null_too": "?"}, {"bound": "?"}, {"many": ["ANN", "?"]}]
    places += [{"part": {"inner": "?"}}, {"part": {"inner": "ANN", "outer": "?"}}]

    for sent in [{"must": "ANN", **place} for place in places]:
        for more in ({}, {"may": 5}, {"must": "ann"}, {"part": {"inner": 5}}):
            payload = {**sent, **more}
            for _ in range(3):
                quick = program.evaluate("a/b", payload, as_of="2025-01-01T00:00:00Z", seed=1)
                plain = program.evaluate("a/b", payload, as_of="2025-01-01T00:00:00Z", seed=1, referee=True)
                assert quick == plain
            codes = {one.code for one in plain.problems}
            # The value that would be unsure may have been replaced.
            assert ("undecided" in codes) is ("?" in repr(payload))
            assert plain.verdict == ("rejected" if more else "undecided")


@pytest.mark.parametrize("kind", FOREIGN, ids=lambda kind: kind.name)
def test_the_generated_program_asks_the_types_own_check(kind: FieldType, tmp_path: Path) -> None:
    """Without it each value would go the long way, through marshmallow."""
    program = program_of(tmp_path, kind)

    source = program_source(program.compiled, program.compiled.resources["a/b"])

    line = next(line for line in source.splitlines() if line.strip().startswith("p.must = "))
    assert ("check_" in line) is (kind.check is not None)
    assert "__class__ is" in line
