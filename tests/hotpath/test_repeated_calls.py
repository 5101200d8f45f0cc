"""Idempotency keys on the hot path: claimed where they are new, left to the plain evaluator where not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from payloads import NOW

from rulewright import Program, load
from rulewright.evaluation import Inputs, Request
from rulewright.evaluation import decide as decide_plainly
from rulewright.hotpath.deciding import decide_quickly
from rulewright_adapters.memory import MemoryStore

API = """
rulewright: 1
api: pay
idempotency: {header: Request-Id, scope: [actor.firm], operations: [create], keep: 1d}
"""
ORDER = """
rulewright: 1
resource: pay/order
key: id
unknown: ignore
fields:
  id: {type: integer, readonly: ignore, generate: sequence}
  size: {type: integer, required: true}
"""


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """Rules whose creates may be repeated."""
    (tmp_path / "pay").mkdir()
    (tmp_path / "pay" / "api.yaml").write_text(API)
    (tmp_path / "pay" / "order.yaml").write_text(ORDER)
    return load(tmp_path)


def inputs_of(payload: Any, key: str = "k1", firm: int = 1) -> Inputs:
    request = Request(headers={"request-ID": key})
    return Inputs(operation="create", payload=payload, now=NOW, seed=1, actor={"firm": firm}, request=request)


@pytest.mark.parametrize("payload", [{"size": 1}, {"size": "x"}, {}, {"size": 1, "colour": "red"}], ids=repr)
def test_a_new_key_is_claimed(payload: Any, program: Program) -> None:
    """What is accepted takes the key; what is refused does not."""
    inputs = inputs_of(payload)
    plain = decide_plainly(program.compiled, "pay/order", inputs, None)

    quick = decide_quickly(program.compiled, "pay/order", inputs, None)

    # A claim is of the whole payload, so where a field is ignored the plain evaluator makes it.
    assert quick == (None if "colour" in payload else plain)
    assert (plain.claim is not None) is plain.accepted


def test_a_key_that_was_used(program: Program) -> None:
    """However often a call comes again, nothing is stored twice; another caller's key is another key."""
    store = MemoryStore()
    store.prepare(program.tables)

    def apply(size: int, key: str, firm: int = 1) -> Any:
        call = {"actor": {"firm": firm}, "request": {"headers": {"Request-Id": key}}, "as_of": NOW}
        return program.apply("pay/order", {"size": size}, store=store, **call).outcome

    first = [apply(size, f"k{size}") for size in range(6)]
    again = [apply(size, f"k{size}") for size in range(6)]
    misused = apply(7, "k1")
    others = apply(1, "k1", firm=2)

    assert [one.record for one in again] == [one.record for one in first]
    assert all(one.replayed for one in again)
    assert [problem.code for problem in misused.problems] == ["idempotency"]
    assert others.accepted
    assert len(store.find("pay/order", {})) == 7
