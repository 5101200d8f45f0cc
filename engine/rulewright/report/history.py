"""What was done to a record, in words or as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, replace

from rulewright.compiled import CompiledRules
from rulewright.evaluation import mask_key
from rulewright.history import Decision
from rulewright.report.pretty import Paint
from rulewright.report.text import show_text, show_value


def without_secret_keys(decision: Decision, rules: CompiledRules) -> Decision:
    """A kept decision as it is told: it is kept with the keys by which records are found."""
    return replace(
        decision,
        key=mask_key(rules, decision.resource, decision.key),
        changes=tuple(
            {**change, "key": mask_key(rules, change["resource"], change["key"])}
            for change in decision.changes
        ),
    )


def decision_json(decision: Decision, rules: CompiledRules) -> dict[str, object]:
    """A kept decision as JSON data."""
    return asdict(without_secret_keys(decision, rules))


def decision_in_words(
    decision: Decision, resource: str, key: object, rules: CompiledRules, paint: Paint
) -> Iterator[str]:
    """A decision as far as one record is concerned: who and when, then a line for each field."""
    own = decision.resource == resource and decision.key == key
    about = f"{decision.resource} {mask_key(rules, decision.resource, decision.key)}"
    what = decision.operation if own else f"{decision.operation} of {about}"
    who = show_value(decision.actor) if decision.actor is not None else "the system, or nobody"
    yield f"#{decision.id}  {decision.as_of}  {show_text(what)}  by {who}"
    yield paint(f"    rules {decision.ruleset}", "quiet")
    for change in decision.changes_of(resource, key):
        before = change["before"] or {}
        yield paint(f"    {show_text(change['rule'])}", "quiet")
        for name, value in change["set"].items():
            if change["op"] == "create":
                yield f"    {show_text(name)}: {show_value(value)}"
            else:
                yield f"    {show_text(name)}: {show_value(before.get(name))} -> {show_value(value)}"
    for problem in decision.problems:
        yield f"    {problem['severity']}[{problem['code']}] {show_text(problem['path'])}: " + show_text(
            problem["message"]
        )
    for message in decision.messages:
        yield f"    message {message['id']} to {show_text(message['target'])}"
