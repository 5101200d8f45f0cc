"""Every format of a batch's report, against golden files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from workplace import Run, Write, golden, stable

from rulewright.problem import Problem
from rulewright.report.most import most_of
from rulewright.report.pretty import summary
from rulewright.report.tally import Tally

RECORDS = {"desk/person": [{"id": 7, "name": "Joy", "pin": "9931", "busy": False}]}
LINES = """\
{"title": "Printer", "assignee": 7, "secret": "hush-hush"}
{"title": "A title that is much too long", "urgent": true}
{"title": 5,
{"assignee": 8, "colour": "r\\u001b[31med", "secret": "much too long a secret"}
"""


@pytest.mark.parametrize("form", ["pretty", "text", "jsonl", "github", "junit", "sarif"])
def test_report(run: Run, write: Write, form: str) -> None:
    """A batch with an accepted, two rejected and a broken payload reads the same as ever."""
    files = write("tickets.jsonl", LINES), "--records", write("records.json", RECORDS)

    ran = run("plan", "desk/ticket", *files, "--as-of", "2025-01-15", "--seed", "1", "--format", form)

    assert stable(ran.out) == golden(f"plan.{form}.txt", ran.out)
    assert ran.code == 1


@pytest.mark.parametrize("form", ["pretty", "text", "json", "jsonl", "github", "junit", "sarif"])
def test_nothing_sensitive(run: Run, write: Write, form: str) -> None:
    """The value of a sensitive field shows nowhere, and no payload can colour a terminal."""
    files = write("tickets.jsonl", LINES), "--records", write("records.json", RECORDS)

    ran = run("validate", "desk/ticket", *files, "--format", form, "--color", "never")

    assert not {text for text in ("hush-hush", "much too long a secret", "9931", "\x1b") if text in ran.out}


def test_json_of_one_object(run: Run, write: Write) -> None:
    """One file with one object gives one outcome; an array of one gives an array."""
    one = run("validate", "desk/ticket", write("one.json", {}), "--store", "memory://", "--format", "json")
    array = run(
        "validate", "desk/ticket", write("a.json", "[{}]"), "--store", "memory://", "--format", "json"
    )

    assert json.loads(one.out)["verdict"] == "accepted"
    assert [outcome["verdict"] for outcome in json.loads(array.out)] == ["accepted"]


def test_json_shape(run: Run, write: Write) -> None:
    """An outcome has the members of design section 4, a problem too."""
    ran = run("validate", "desk/ticket", write("one.json", {"title": 5}), "--format", "json")

    outcome = json.loads(ran.out)
    members = "version resource operation verdict problems record changes messages reads ruleset as_of"
    assert [*outcome][:11] == members.split()
    of_problem = "rule code severity path message because rule_at payload_at fix"
    assert [*outcome["problems"][0]] == of_problem.split()
    assert outcome["problems"][0]["payload_at"] == "one.json:1:11"


def test_machine_formats_of_hostile_text(run: Run, write: Write) -> None:
    """Whatever a payload holds, XML and JSON stay well-formed and a workflow command one line."""
    hostile = write("bad.json", '{"<a>]]>&\\u0000\\ud800\\n::error::x": 1, "title": "%\\r\\n,:"}')

    junit, sarif, github = (
        run("validate", "desk/ticket", hostile, "--format", form).out for form in ("junit", "sarif", "github")
    )

    assert ElementTree.fromstring(junit).find(".//failure") is not None
    assert json.loads(sarif)["runs"][0]["results"]
    assert len(github.splitlines()) == 1
    assert "\n::error" not in junit + sarif


@pytest.mark.parametrize(
    ("color", "env", "coloured"), [("always", {"NO_COLOR": "1"}, True), ("auto", {}, False)]
)
def test_color(run: Run, write: Write, color: str, env: dict[str, str], coloured: bool) -> None:
    """Colour is for terminals, unless it is asked for."""
    ran = run("validate", "desk/ticket", write("a.json", {}), "--format", "pretty", "--color", color, env=env)

    assert ("\x1b[" in ran.out) is coloured


@pytest.mark.parametrize(("rules", "more"), [(20, []), (21, ["and 1 more rule"]), (22, ["and 2 more rules"])])
def test_summary_names_twenty_rules(rules: int, more: list[str]) -> None:
    """And counts the others."""
    against = Counter({(f"desk/ticket.rule{number}", "check"): 1 for number in range(rules)})

    lines = [line.strip() for line in summary(Tally(read=2, rejected=2, rules=against))]

    assert [line for line in lines if "more" in line] == more


def test_summary_goes_to_stderr(run: Run, write: Write, tmp_path: Path) -> None:
    """Stdout holds outcomes only, and every payload that was read is one of them."""
    ran = run("validate", "desk/ticket", write("t.jsonl", LINES), "--store", "memory://", "--format", "jsonl")

    assert [outcome["verdict"] for outcome in ran.outcomes] == ["rejected"] * 4
    assert ran.err.startswith("4 read: 0 accepted, 4 rejected, 0 undecided\n")


@pytest.mark.parametrize(("name", "content"), [("one.jsonl", [{"title": "a"}]), ("one.csv", "title\na\n")])
@pytest.mark.parametrize("form", ["text", "github"])
def test_one_payload_of_which_nothing_is_told_is_counted(
    run: Run, write: Write, form: str, name: str, content: object
) -> None:
    """A command that says nothing at all leaves open whether it read anything."""
    ran = run("validate", "desk/ticket", write(name, content), "--store", "memory://", "--format", form)

    assert (ran.code, ran.out, ran.err) == (0, "", "1 read: 1 accepted, 0 rejected, 0 undecided\n")


@pytest.mark.parametrize("form", ["text", "pretty"])
@pytest.mark.parametrize("count", [999, 1_000, 1_001, 3_000])
def test_of_very_many_problems_people_are_told_the_first(
    form: str, count: int, run: Run, write: Write
) -> None:
    """A hundred thousand unknown fields gave 12 MB. How many more there are is said, and programs get all."""
    sent = {f"field{number}": 1 for number in range(count)}
    file = write("t.json", sent)

    told = run("validate", "desk/ticket", file, "--format", form).out
    (outcome,) = run("validate", "desk/ticket", file, "--format", "jsonl").outcomes

    more = count - 1_000
    assert told.count("error[unknown_field]") == min(count, 1_000)
    assert (f"and {more:,} more problem" in told) == (more > 0)
    assert len(outcome["problems"]) == count


def test_of_very_many_problems_errors_are_told_before_warnings() -> None:
    """A verdict must not stand there without its reason."""
    problems = tuple(Problem("a/b.c", "check", "", str(one), severity="warning") for one in range(2_000))
    error = Problem("a/b.c", "check", "", "the reason")

    told = most_of((*problems, error))

    assert (len(told), told[0], told[1].message) == (1_000, error, "0")
