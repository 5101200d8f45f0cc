"""`rulewright explain` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rulewright.cli import main

RULES = Path(__file__).parent / "rules"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    (tmp_path / "records.json").write_text('{"shop/customer": [{"id": 1, "name": "Ann", "city": "Ulm"}]}')
    return tmp_path


def call(desk: Path, payload: object, *arguments: str, command: str = "explain") -> Result:
    file = desk / "order.json"
    file.write_text(json.dumps(payload))
    options = ["--rules", str(RULES), "--records", str(desk / "records.json"), *arguments]
    return CliRunner().invoke(main, [command, "shop/order", str(file), *options])


def test_prints_a_tree_and_the_fix(desk: Path) -> None:
    """Fields, look-ups, effects, then what would be accepted."""
    result = call(desk, {"customer": 1, "street": "A", "quantity": "5"})

    assert result.exit_code == 1
    assert "✗ type: integer" in result.stdout
    assert "fix  change quantity to 5" in result.stdout


def test_gives_json(desk: Path) -> None:
    """The same as data, with the change as JSON Patch."""
    result = call(desk, {"customer": 1, "street": "A", "quantity": "5"}, "--format", "json")

    data = json.loads(result.stdout)
    assert data["fix"]["patch"] == [{"op": "replace", "path": "/quantity", "value": 5}]
    assert data["outcome"]["problems"][0]["fix"] == "change quantity to 5"


def test_several_payloads_are_a_json_array(desk: Path) -> None:
    """As `validate` has it."""
    good = {"customer": 1, "street": "A"}

    result = call(desk, [good, {**good, "quantity": 0}], "--format", "json")

    assert [one["outcome"]["verdict"] for one in json.loads(result.stdout)] == ["accepted", "rejected"]
    assert result.exit_code == 1


def test_an_accepted_payload_exits_with_0(desk: Path) -> None:
    """Nothing to find fault with."""
    assert call(desk, {"customer": 1, "street": "A"}).exit_code == 0


def test_text_that_is_no_payload_is_told_like_a_refusal(desk: Path) -> None:
    """There are no rules to explain then, but it says what is wrong."""
    (desk / "broken.json").write_text("{")

    result = CliRunner().invoke(
        main, ["explain", "shop/order", str(desk / "broken.json"), "--rules", str(RULES)]
    )

    assert result.exit_code == 1
    assert "rejected" in result.stdout
    assert "problems\n  ✗ invalid_json  this is no JSON: " in result.stdout


def test_validate_fix_says_what_would_be_accepted(desk: Path) -> None:
    """Only where it is asked for: a search costs time."""
    payload = {"customer": 1, "street": "A", "quantity": "5"}

    assert (
        "fix   change quantity to 5"
        in call(desk, payload, "--fix", "--format", "pretty", command="validate").stdout
    )
    assert "  fix  " not in call(desk, payload, "--format", "pretty", command="validate").stdout


def test_validate_fix_is_told_in_lines_of_text_too(desk: Path) -> None:
    """What pipes get has it behind the problem; without --fix nothing stands there."""
    payload = {"customer": 1, "street": "A", "quantity": "5"}

    asked = call(desk, payload, "--fix", "--format", "text", command="validate").stdout

    assert "(shop/order.quantity.type); fix: change quantity to 5\n" in asked
    assert "fix:" not in call(desk, payload, "--format", "text", command="validate").stdout


@pytest.mark.parametrize("code", ["required", "unknown-field", "yaml-syntax"])
def test_a_code_alone_has_its_page(code: str) -> None:
    """Problems of payloads, mistakes in rule files, and text that is no YAML."""
    result = CliRunner().invoke(main, ["explain", code])

    assert (result.exit_code, result.stdout.startswith(f"{code}: ")) == (0, True)


def test_an_unknown_code_is_wrong_usage() -> None:
    """With the code that may have been meant."""
    result = CliRunner().invoke(main, ["explain", "requird"])

    assert result.exit_code == 2
    assert "did you mean required?" in result.stderr
