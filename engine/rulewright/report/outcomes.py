"""Outcomes as JSON: the shapes of design.md section 4, which callers rely on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulewright.report.text import dump_json

if TYPE_CHECKING:
    # A warm start reports without importing these.
    from collections.abc import Iterable, Iterator

    from rulewright.outcome import Change, Message, Outcome, Read
    from rulewright.problem import Problem
    from rulewright.report.entry import Entry


def outcome_json(outcome: Outcome) -> dict[str, object]:
    """One outcome as plain JSON data. It shows what it is given: see `mask_outcome`."""
    shown: dict[str, object] = {
        "version": outcome.version,
        "resource": outcome.resource,
        "operation": outcome.operation,
        "verdict": outcome.verdict,
        "problems": [problem_json(problem) for problem in outcome.problems],
        "record": dict(outcome.record) if outcome.record is not None else None,
        "changes": [_change_json(change) for change in outcome.changes],
        "messages": [_message_json(message) for message in outcome.messages],
        "reads": [_read_json(read) for read in outcome.reads],
        "ruleset": outcome.ruleset,
        "as_of": outcome.as_of,
    }
    if outcome.response is not None:
        shown["response"] = {"status": outcome.response.status, "body": outcome.response.body}
    if outcome.replayed:
        shown["replayed"] = True
    return shown


def problem_json(problem: Problem) -> dict[str, object]:
    """One problem as plain JSON data."""
    because = problem.because
    shown: dict[str, object] = {
        "rule": problem.rule,
        "code": problem.code,
        "severity": problem.severity,
        "path": problem.path,
        "message": problem.message,
        "because": {
            **(because.extra if because is not None else {}),
            "expression": because.expression if because is not None else None,
            "values": dict(because.values) if because is not None else {},
        },
        "rule_at": problem.rule_at,
        "payload_at": problem.payload_at,
        "fix": problem.fix,
    }
    if problem.vendor is not None:
        shown["vendor_code"] = problem.vendor.code
    return shown


def report_jsonl(entries: Iterable[Entry]) -> Iterator[str]:
    """One outcome a line."""
    for entry in entries:
        yield dump_json(entry_json(entry)) + "\n"


def report_json(entries: Iterable[Entry]) -> Iterator[str]:
    """A JSON array of outcomes; for one payload that was the whole of the only input, its outcome alone."""
    before = "["
    for entry in entries:
        if entry.alone:
            yield dump_json(entry_json(entry), indent=2) + "\n"
            # There is no other entry, but whoever makes them has something to do at the end.
            before = ""
            continue
        yield f"{before}\n{dump_json(entry_json(entry), indent=2)}"
        before = ","
    if before:
        yield "[]\n" if before == "[" else "\n]\n"


def entry_json(entry: Entry) -> dict[str, object]:
    """An outcome; in a plan also which payload it is about."""
    shown = outcome_json(entry.outcome)
    if entry.planned is not None:
        shown["payload"] = dict(entry.planned)
    return shown


def _change_json(change: Change) -> dict[str, object]:
    return {
        "op": change.op,
        "resource": change.resource,
        "key": change.key,
        "set": dict(change.set),
        "before": dict(change.before) if change.before is not None else None,
        "rule": change.rule,
    }


def _message_json(message: Message) -> dict[str, object]:
    return {
        "target": message.target,
        "method": message.method,
        "url": message.url,
        "body": message.body,
        "idempotency_key": message.idempotency_key,
    }


def _read_json(read: Read) -> dict[str, object]:
    return {"lookup": read.lookup, "resource": read.resource, "by": dict(read.by), "found": read.found}
