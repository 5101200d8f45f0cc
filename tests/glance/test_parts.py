"""The parts of an object are judged as closely at a glance as in full."""

from __future__ import annotations

from pathlib import Path

import pytest
from at_a_glance import is_clean

from rulewright import load
from rulewright.evaluation import Request
from rulewright.glance.verdicts import make_verdicts
from rulewright.inputs import parse_json

THING = """
rulewright: 1
resource: shop/thing
key: id
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  f: {type: object, fields: {x: {PART}}}
"""


@pytest.mark.parametrize("more", ["", ", required: true", ", nullable: true", ", blank: absent"])
@pytest.mark.parametrize(
    ("part", "good", "others"),
    [
        ("map", "{}", ("{'a': 1}", "[]", "5")),
        ("map, items: {type: integer}", "{}", ("{'a': 1}", "{'a': null}", "{'a': 'b'}")),
        ("any", "5", ("{}", "'x'", "[null]")),
        ("list, items: {type: string}", "['a']", ("[]", "[null]", "[5]", "{}")),
        ("object, fields: {y: {type: string}}", "{}", ("{'y': 'a'}", "{'y': null}", "{'z': 1}", "[]")),
        ("string", "'a'", ("''", "' '", "5")),
        ("date", "'2026-01-15'", ("'2026-02-30'", "''", "5")),
        ("number", "1.5", ("1", "true", "'1'", "-0.0")),
        ("uuid", "'3f2504e0-4f89-11d3-9a0c-0305e82c3301'", ("'x'", "''", "5")),
        ("money", "'1.50'", ("1.5", "'x'", "true")),
    ],
)
def test_sure_is_never_wrong_of_a_part(
    tmp_path: Path, part: str, good: str, others: tuple[str, ...], more: str
) -> None:
    """Null, nothing, values of its type and of others, once a right one is known."""
    if "blank" in more and part not in ("string", "date", "uuid"):
        more = ""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "thing.yaml").write_text(THING.replace("PART", f"type: {part}{more}"))
    program = load(tmp_path, audit=False)
    rules = program.compiled
    verdicts = make_verdicts(rules, rules.resources["shop/thing"], Request(), None)
    assert verdicts is not None
    texts = ["{}", "{'f': {}}", *(f"{{'f': {{'x': {one}}}}}" for one in (good, "null", *others))]
    lines = [text.replace("'", '"').encode() for text in texts]
    clean = [is_clean(program, "shop/thing", parse_json(line.decode())) for line in lines]
    for line, accepted in zip(lines, clean, strict=True):
        if accepted:
            verdicts.learn(line)
    unsure = {at for at, line in verdicts.scan(lines) if line is not None}

    assert [line for at, line in enumerate(lines) if at not in unsure and not clean[at]] == []
