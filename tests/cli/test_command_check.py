"""`check`: rule files with and without mistakes, in every format."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from workplace import RULES, Run, golden, stable

WRONG = """\
rulewright: 1
resource: desk/note
key: id
fields:
  id: {type: integer}
  text: {type: strng, requird: true}
checks:
  - {id: some, check: payload.txt == 'a', message: no}
"""


@pytest.fixture
def note() -> str:
    """A rule file with mistakes."""
    Path("desk").mkdir()
    Path("desk/note.yaml").write_text(WRONG)
    return "desk"


def test_configured_rules_by_default(run: Run) -> None:
    """Without a path the configured rules are checked."""
    ran = run("check")

    assert (ran.code, ran.out) == (0, "")
    assert ran.err == "3 resources read: 0 errors, 0 warnings\n"


def test_rules_here_that_nobody_named(run: Run) -> None:
    """Who wrote rules/ and named it nowhere is told that the rules that ship were read instead."""
    Path("rulewright.toml").unlink()
    Path("rules/desk").mkdir(parents=True)
    Path("rules/desk/note.yaml").write_text(WRONG)

    warned = [run(*words).err for words in (("check",), ("test", "-k", "nothing so named"))]
    named = [run("check", *words).err for words in (("rules",), ("--rules", "rules"))]
    missed = run("validate", "desk/note", "-", stdin="{}")

    told = "warning: the rules that ship are read, not the folder rules here; yours are named by --rules DIR"
    assert [err.startswith(told) for err in warned] == [True, True]
    assert ["warning: " in err for err in named] == [False, False]
    assert "these are the rules that ship, yours are named by --rules DIR or in rulewright.toml" in missed.err


@pytest.mark.parametrize("form", ["pretty", "text"])
def test_mistakes(run: Run, note: str, form: str) -> None:
    """Every mistake is told with its place and what may have been meant."""
    ran = run("check", note, "--format", form)

    assert stable(ran.out) == golden(f"check.{form}.txt", ran.out)
    assert ran.code == 1


def test_machine_formats(run: Run, note: str) -> None:
    """The other formats hold the same mistakes."""
    out = {
        form: run("check", note, "--format", form).out
        for form in ("json", "jsonl", "github", "sarif", "junit")
    }

    places = [problem["at"] for problem in json.loads(out["json"])]
    assert places
    assert [json.loads(line)["at"] for line in out["jsonl"].splitlines()] == places
    assert out["github"].count("::error file=desk/note.yaml,line=") == len(places)
    assert len(json.loads(out["sarif"])["runs"][0]["results"]) == len(places)
    assert ElementTree.fromstring(out["junit"]).get("failures") == "1"


@pytest.mark.parametrize("name", ["cases.csv", "note.test.yaml", "program"])
def test_a_file_that_is_no_rule_file(run: Run, name: str) -> None:
    """It is told of: reading its neighbours, or nothing at all, would look like a clean result."""
    Path(name).write_bytes(b"\x7fELF\x00")

    ran = run("check", name)

    assert (ran.code, ran.err) == (1, "0 resources read: 1 error, 0 warnings\n")
    assert ran.out.startswith(f"{name}:1:1: error[no-rule-files]: {name} is no rule file (")
    assert ("rulewright test" in ran.out) == name.endswith(".test.yaml")


def test_the_folder_around_the_rules(run: Run, note: str) -> None:
    """Whoever checks `.` of a project is told which folder in it has the rules."""
    Path("project/rules/desk").mkdir(parents=True)
    Path("project/rules/desk/api.yaml").write_text("rulewright: 1\napi: desk\n")

    ran = run("check", "project")

    assert "no rule files here (expected <api>/<name>.yaml; the folder rules in it has some)" in ran.out


def test_a_rule_file_that_is_a_broken_link(run: Run, note: str) -> None:
    """A link to nothing is a rule file that can't be read, not one that nobody wrote."""
    Path("desk/page.yaml").symlink_to("nowhere.yaml")

    ran = run("check", note)

    assert "desk/page.yaml:1:1: error[unreadable-file]" in ran.out


def test_wrong_rules_stop_every_decision(run: Run, note: str) -> None:
    """Deciding with wrong rule files ends with 2, and says what is wrong with them."""
    Path("t.json").write_text("{}")

    ran = run("validate", "desk/note", "t.json", "--rules", note)

    assert (ran.code, ran.out) == (2, "")
    assert "desk/note.yaml:6:" in ran.err


def test_scenarios_beside_their_rules(run: Run) -> None:
    """Where nobody named rules, scenarios are run on the rules that they stand beside."""
    Path("rulewright.toml").unlink()
    Path("mine/desk").mkdir(parents=True)
    Path("mine/desk/note.yaml").write_text("resource: desk/note\nkey: id\nfields: {id: {type: integer}}\n")
    Path("mine/desk/note.test.yaml").write_text(
        "resource: desk/note\nscenarios: [{name: taken, payload: {id: 1}, expect: {verdict: accepted}}]\n"
    )

    shutil.copy("mine/desk/note.test.yaml", "mine/desk/more of note.test.yaml")
    names = ("mine", "mine/desk/note.test.yaml", "mine/desk/more of note.test.yaml")

    ran = [run("test", path) for path in names]

    assert [(one.code, one.err) for one in ran] == [(0, "")] * 3


def test_a_scenario_file_in_a_folder_is_told_by_its_whole_path(run: Run) -> None:
    """What is told can be pasted."""
    Path("mine/desk").mkdir(parents=True)
    Path("mine/desk/note.test.yaml").write_text("resource: desk/note\n")

    ran = run("check", "mine/desk/note.test.yaml")

    assert "scenarios are run by: rulewright test mine/desk/note.test.yaml" in ran.out


def test_scenarios_beside_several_rules(run: Run) -> None:
    """Scenarios of two folders of rules can't be run at once: which rules count has to be said."""
    Path("rulewright.toml").unlink()
    for root in ("mine", "yours"):
        Path(root, "desk").mkdir(parents=True)
        Path(root, "desk/note.yaml").write_text("resource: desk/note\n")
        Path(root, "desk/note.test.yaml").write_text("resource: desk/note\n")

    ran = run("test", "mine", "yours")

    assert ran.code == 2
    assert "name one by --rules" in ran.err


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are texts")
def test_a_folder_whose_name_is_no_utf_8(run: Run) -> None:
    """It is read like any other: what can't be is its API, which has its name."""
    folder = os.fsdecode(b"d\xff")
    shutil.copytree(RULES / "desk", f"{folder}/desk")

    whole, one = run("check", folder), run("check", f"{folder}/desk")
    os.rename(f"{folder}/desk", f"{folder}/{folder}")
    renamed = run("check", folder)

    assert [(ran.code, ran.out) for ran in (whole, one)] == [(0, "")] * 2
    assert (renamed.code, "error[resource-name]" in renamed.out) == (1, True)
