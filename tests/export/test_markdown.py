"""`export docs`: a page about a resource."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from rulewright import load
from rulewright.cli import main
from rulewright.errors import EvaluationError
from rulewright.export import diagram, markdown
from rulewright.plugins import CelFunction

PROGRAM = load()


@pytest.mark.parametrize("resource", PROGRAM.resources)
def test_the_page_names_everything_that_the_rule_file_has(resource: str) -> None:
    """Every call, field, look-up, check, inference and effect stands in it; rows have all their cells."""
    page = markdown(PROGRAM.compiled, resource)
    compiled = PROGRAM.compiled.resources[resource]
    names = [
        *(one.name for one in compiled.file.operations),
        *(one.label for one in compiled.every_field()),
        *compiled.lookups,
        *(one.rule.id for one in compiled.checks),
        *(one.id for one in compiled.file.inferences),
        *(one.rule.id for one in compiled.effects),
        *(one.rule.event for one in (compiled.workflow.transitions if compiled.workflow else ())),
    ]

    assert [name for name in names if f"`{name}`" not in page] == []
    for table in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_the_page_says_who_may_send_and_reach_what() -> None:
    """What an update may set is not only "made by the system"; a status is one of the firm."""
    page = markdown(PROGRAM.compiled, "plannr/case")

    assert "Callers reach those only where `firm`: `actor.firm`." in page
    assert (
        "| `PUT /api/v1/cases/{uuid}` | `account_of_a_firm` | 200 | `status_position`, `completed_at` |"
        in page
    )
    assert "| `participants` | `list` | made by the system; if `settings.participants_required`" in page
    assert "names a `plannr/case_type` where `firm`: `actor.firm`" in page


def test_the_page_says_where_a_condition_reports_and_an_effect_runs() -> None:
    """The field of a check of the whole, the operations of an effect, and where a value is unique."""
    page = markdown(PROGRAM.compiled, "ct_oi/case")

    assert "| `head_may_step_down` | `head_of_household` |" in page
    assert "| `promote_successor` | `update` | always |" in page
    assert "unique where `head_of_household`: `true`" in page


def test_the_page_shows_the_workflow() -> None:
    """As a diagram, above the table that has its guards whole."""
    name = "goodstack/eligibility_subscription"
    page = markdown(PROGRAM.compiled, name)

    status = page.partition("## Status")[2]

    assert status.startswith(
        f"\n\n```mermaid\n{diagram(PROGRAM.compiled, [name], 'workflow')}```\n\n| event |"
    )


def test_the_page_shows_what_events_bring_along() -> None:
    """Whoever fires an event must know which fields its payload has; without any, nothing is said."""
    page = markdown(PROGRAM.compiled, "goodstack/validation_request")

    assert "| event | field | type | given | bounds | about |" in page
    assert "| `accept` | `organisationId` | `string` | always |" in page
    assert "bring along" not in markdown(PROGRAM.compiled, "ct_oi/case")


def test_the_page_says_when_a_check_and_a_compute_are_for() -> None:
    """What names operations and events is for those; what is immutable is computed on create alone."""
    page = markdown(PROGRAM.compiled, "goodstack/eligibility_subscription")

    assert "| on `update`: `size(record.metadata) <= 20` |" in page
    assert "; on `create`, `validation_accepted`: `given(organisation.name)" in page
    assert "; on `create`: `now` |" in page


MOVING = """
rulewright: 1
resource: a/b
key: id
operations: {create: {}, end: {event: end, method: POST}, drop: {event: drop, status: 204}}
lookups: {others: {count: a/b, by: {note: record.note}}, all: {find_all: a/b, by: {note: record.note}}}
fields: {id: {type: integer}, note: {type: string}, status: {type: string, readonly: ignore}}
workflow:
  field: status
  initial: open
  states: {open: {}, done: {final: true}}
  events: {end: {}, drop: {}}
  transitions:
    - event: end
      from: open
      to: done
      set: {note: "'ended'"}
      effects:
        - {id: follow, when: others > 1, update: a/b, where: {note: "'next'"}, set: {note: "'now'"}}
        - {id: mark, set: {note: shout(record.note)}}
    - {event: drop, from: open, to: done}
"""


@pytest.fixture
def moving(tmp_path: Path) -> str:
    """The page of a resource whose moves change something, with a function of a plug-in."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(MOVING)
    shout = CelFunction("shout", ["string"], "string", str.upper, ["shout('a') == 'A'"], "in capitals")
    plugin = SimpleNamespace(__name__="loud", rulewright_functions=lambda: [shout])
    return markdown(load(tmp_path, plugins=[plugin], installed=False).compiled, "a/b")


def test_the_page_says_what_a_move_changes_beside_the_status(moving: str) -> None:
    """What a transition sets and its effects stand at it; functions that they call have their page."""
    row = next(line for line in moving.splitlines() if line.startswith("| `end` | `open`"))

    assert row.endswith(
        "|  | set `note`: `'ended'`; `follow`: update `a/b` where `note`: `'next'` to `note`: `'now'`, "
        "if `others > 1`; `mark`: set to `note`: `shout(record.note)` |"
    )
    assert "`shout(string)` gives string: in capitals" in moving


def test_the_page_says_what_is_answered_and_found_where_nothing_else_is_said(moving: str) -> None:
    """201 for a create, else 200; a count of nothing is 0, and a list of nothing is empty."""
    rows = [line for line in moving.splitlines() if line.startswith("|")]

    assert [row for row in rows if "| 201 |" in row or "| 200 |" in row or "| 204 |" in row] == [
        "| `create` |  |  | 201 |  |",
        "| `end` | `POST` |  | 200 |  |",
        "| `drop` |  |  | 204 |  |",
    ]
    assert [row.rpartition(" | ")[2] for row in rows if "`note`: `record.note`" in row] == [
        "0 |",
        "an empty list |",
    ]


def test_a_page_of_no_resource_is_an_error_that_says_so() -> None:
    """In a program as in the command; the one that was meant is named."""
    with pytest.raises(EvaluationError, match=r"no rule file for ct_oi/cse; did you mean ct_oi/case\?"):
        markdown(PROGRAM.compiled, "ct_oi/cse")


def test_types_and_functions_that_are_not_basic_have_their_pages(tmp_path: Path) -> None:
    """What is only a name in the rule file is explained."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer, readonly: ignore}\n"
        "  ssn: {type: us_ssn}\n  name: {type: string, compute: shout('a')}\n"
    )
    shout = CelFunction("shout", ["string"], "string", str.upper, ["shout('a') == 'A'"], "Louder.")
    plugin = SimpleNamespace(rulewright_functions=lambda: [shout])

    page = markdown(load(tmp_path, plugins=[plugin]).compiled, "a/b")

    assert '### us_ssn\n\nMust be a US social security number, like `"111223333"`' in page
    assert "| `ssn` | `us_ssn` |  |  | sensitive: never shown |" in page
    assert "`shout(string)` gives string: Louder." in page


@pytest.mark.parametrize(
    "part",
    [
        "lookups: {twins: {count: a/b, by: {name: shout(record.name)}}}",
        "infer: [{id: same, facts: {own: $record}, when: shout(own.name) == 'A', set: {name: \"'a'\"}}]",
        "scope: {name: shout('a')}",
        "response: {body: {name: shout(record.name)}}",
    ],
)
def test_a_function_is_explained_wherever_it_is_called(tmp_path: Path, part: str) -> None:
    """Look-ups, rules of infer, the scope and the response are as good as a field."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer}\n  name: {type: string}\n"
        + part
    )
    shout = CelFunction("shout", ["string"], "string", str.upper, ["shout('a') == 'A'"], "Louder.")

    page = markdown(
        load(tmp_path, plugins=[SimpleNamespace(rulewright_functions=lambda: [shout])]).compiled, "a/b"
    )

    assert "`shout(string)` gives string: Louder." in page


def test_no_page_steers_a_terminal(tmp_path: Path) -> None:
    """Titles and sentences of a rule file may be somebody else's."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        'rulewright: 1\nresource: a/b\ntitle: "\\e[31mred"\nkey: id\nfields:\n'
        '  id: {type: integer, title: "a\\u009b31mb\\u202e"}\n'
    )

    page = markdown(load(tmp_path).compiled, "a/b")

    assert page.startswith("# \\u001b[31mred\n")
    assert not set(page) & set("\x1b\x9b\u202e")


def test_the_command_prints_it() -> None:
    """`rulewright export docs RESOURCE`, and a misspelt resource is a message."""
    done = CliRunner().invoke(main, ["export", "docs", "rubixx/engagement"])
    failed = CliRunner().invoke(main, ["export", "docs", "rubixx/engagment"])

    assert done.exit_code == 0
    assert done.stdout.startswith("# Scheme engagement\n")
    assert (failed.exit_code, failed.stdout) == (2, "")
