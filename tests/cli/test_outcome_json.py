"""`rulewright.outcome_json`: what the library gives is what the command prints."""

from __future__ import annotations

import json

from workplace import RULES, Run, Write

from rulewright import load, outcome_json

AS_OF = "2025-01-15T00:00:00Z"


def test_it_is_what_the_command_prints(run: Run, write: Write) -> None:
    """The shape of design.md section 4, without secrets; only the library knows no file."""
    payload = {"name": "Ann", "pin": "1234", "bogus": 1}
    program = load(RULES)

    given = outcome_json(
        program.evaluate("desk/person", payload, actor={"name": "Ann"}, as_of=AS_OF), program
    )
    ran = run("validate", "desk/person", write("p.json", payload), "--as-of", AS_OF, "--format", "jsonl")

    assert "1234" not in json.dumps(given)
    (printed,) = ran.outcomes
    assert [problem.pop("payload_at") for problem in printed["problems"]] == ["p.json:1:41"]
    assert [problem.pop("payload_at") for problem in given["problems"]] == [None]  # type: ignore[attr-defined]
    assert printed == given


def test_an_accepted_record_shows_no_secret() -> None:
    """The outcome itself holds the value, for the store; its JSON does not."""
    program = load(RULES)
    outcome = program.evaluate("desk/person", {"name": "Ann", "pin": "1234"}, actor={"name": "Ann"})

    given = outcome_json(outcome, program)

    assert outcome.record is not None
    assert outcome.record["pin"] == "1234"
    assert given["record"] == {"id": 1, "name": "Ann", "pin": "***", "busy": None}
