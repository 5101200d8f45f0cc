"""The conformance suite on compiled code, where the suite is at hand; and the formulas of rule files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from test_cel_conformance import CASE, DATA

from rulewright import cel
from rulewright.cel.conformance import command, run_file
from rulewright.formula import Formula
from rulewright.problem import Span


@pytest.mark.skipif(
    not DATA.exists(),
    reason="the suite is not part of the project: name its file in RULEWRIGHT_CEL_CONFORMANCE",
)
@pytest.mark.parametrize("engine", ["compiled", "absorbing"])
def test_the_suite_passes(engine: str) -> None:
    """Each version by itself passes all the tree-walker passes."""
    verdicts = list(run_file(DATA, engine))

    assert [verdict for verdict in verdicts if verdict.outcome == "failed"] == []
    assert verdicts


def test_the_engine_is_chosen_on_the_command_line(tmp_path: Path) -> None:
    """One of those there are."""
    path = tmp_path / "suite.json"
    path.write_text(json.dumps([CASE]))

    assert command(["--engine", "compiled", str(path)]) == 0
    assert command(["--engine", "steam", str(path)]) == 2


def formula(text: str) -> Formula:
    """A formula of a rule file."""
    node = cel.parse(text)
    return Formula(text, node, cel.references(node), Span("rules.yaml", 1, 1, 1, 2))


def test_a_formula_gives_the_same_cold_and_hot() -> None:
    """It is compiled after some evaluations, and the tree-walker stays at hand."""
    checked = formula("payload.age >= 18 && payload.tags.exists(t, t == 'a')")
    bindings = {"payload": {"age": 20, "tags": ["b", "a"]}}

    assert [checked.value(bindings) for _ in range(40)] == [True] * 40
    assert checked.program.walk(bindings) is True


def test_a_formulas_errors_keep_their_words_and_place() -> None:
    """Whichever version met them."""
    checked = formula("payload.age >= 18 && payload.missing == 1")
    found = set()
    for _ in range(40):
        with pytest.raises(cel.EvaluationError) as caught:
            checked.value({"payload": {"age": 20}})
        found.add((caught.value.message, caught.value.start, caught.value.end))

    assert found == {('no such field "missing"', 21, 36)}
