"""Mistakes in a target of api.yaml are found when it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest
from desk import API, ORDER, make_program

from rulewright import RuleFileError, load


@pytest.mark.parametrize(
    ("right", "wrong", "code", "said"),
    [
        ("ordered_by: record.customer", "ordered_by: record.custmer", "unknown-path", "custmer"),
        ("ordered_by: record.customer", "ordered_by: payload.customer", "unknown-name", "payload"),
        ("ordered_by: record.customer", "ordered_by: 'record.('", "expression-syntax", ""),
        ("vendor_id: 'reply.body.id'", "vendr_id: 'reply.body.id'", "unknown-field", "vendr_id"),
        ("vendor_id: 'reply.body.id'", "vendor_id: 'answer.id'", "unknown-name", "answer"),
        ("vendor_id: 'reply.body.id'", "vendor_id: \"'seven'\"", "wrong-result", "vendor_id"),
    ],
)
def test_a_wrong_target_is_refused(right: str, wrong: str, code: str, said: str, tmp_path: Path) -> None:
    """By its code, at its place in api.yaml."""
    make_program(tmp_path)
    (tmp_path / "shop" / "api.yaml").write_text(API.replace(right, wrong))
    (tmp_path / "shop" / "order.yaml").write_text(ORDER)

    with pytest.raises(RuleFileError) as error:
        load(tmp_path)

    (found,) = {(one.code, one.span.file.rpartition("/")[2]) for one in error.value.problems}
    assert found == (code, "api.yaml")
    assert said in str(error.value)
