"""A duplicate within one file: found when the file is applied, and its number is masked wherever it shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rulewright.cli import main

NUMBER = "987654321"
ACTOR = '{"agent": 3, "group": 9}'
FORMATS = ("pretty", "text", "json", "jsonl", "github", "junit", "sarif")


@pytest.fixture
def batch(tmp_path: Path) -> Path:
    """Sixty cases; the fifth and the last are one person."""
    cases = [{"first_name": f"P{number}", "ss_number": f"5556677{number:02d}"} for number in range(60)]
    cases[4]["ss_number"] = cases[59]["ss_number"] = NUMBER
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(case) + "\n" for case in cases))
    return file


def run(*arguments: str) -> str:
    result = CliRunner().invoke(main, [*arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.parametrize("format_", FORMATS)
def test_a_duplicate_in_the_same_file_is_found(batch: Path, format_: str) -> None:
    """In every format, with the other record named; no number is shown, its own or another's."""
    store = f"sqlite:///{batch.with_suffix('.db')}"

    said = run("apply", "ct_oi/case", str(batch), "--store", store, "--actor", ACTOR, "--format", format_)
    told = run("history", "ct_oi/case", "60", "--store", store)

    for text in (said, told):
        assert text.count("case 5 has the same social security number") >= 1
        assert NUMBER not in text
        assert "5556677" not in text


def test_files_that_were_split_off_name_the_number_to_nobody_else(batch: Path) -> None:
    """--accepted holds what was sent, for whoever sent it; the report beside it masks."""
    accepted = batch.with_name("accepted.jsonl")
    store = f"sqlite:///{batch.with_suffix('.db')}"

    said = run(
        "apply", "ct_oi/case", str(batch), "--store", store, "--actor", ACTOR, "--accepted", str(accepted)
    )

    assert "case 5 has the same social security number" in said
    assert NUMBER not in said
    assert len(accepted.read_text().splitlines()) == 60


def test_explain_masks_the_number(batch: Path) -> None:
    """Which facts fired which rule, without what they hold."""
    store = f"sqlite:///{batch.with_suffix('.db')}"
    run("apply", "ct_oi/case", str(batch), "--store", store, "--actor", ACTOR)
    again = batch.with_name("again.json")
    again.write_text(json.dumps({"ss_number": NUMBER, "household": 60}))

    for format_ in ("text", "json"):
        said = run(
            "explain", "ct_oi/case", str(again), "--store", store, "--actor", ACTOR, "--format", format_
        )
        assert "same_ss_number" in said
        assert "possible_duplicate" in said
        assert NUMBER not in said
