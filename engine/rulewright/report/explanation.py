"""An explanation as a tree for people and as JSON for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Final, TypeVar

from rulewright.explanation import (
    EffectNode,
    Explanation,
    FieldNode,
    InferenceNode,
    LookUpNode,
    Ruling,
)
from rulewright.problem import Problem
from rulewright.report.outcomes import outcome_json
from rulewright.report.pretty import Paint, plain
from rulewright.report.text import show_text, show_value

_SYMBOLS: Final = {"held": "✓", "failed": "✗", "skipped": "-", "undecided": "?"}
_LOOKS: Final = {"held": "accepted", "failed": "rejected", "skipped": "quiet", "undecided": "undecided"}
_VERDICTS: Final = {"accepted": "✓", "rejected": "✗", "undecided": "?"}
# Rules whose expression says nothing of what it is for: their id's last part goes before it.
_NAMED: Final = ("check", "invariant", "when", "guard")
_WIDTH: Final = 110
_Part = TypeVar("_Part")


def explanation_lines(explanation: Explanation, at: str, paint: Paint = plain) -> Iterator[str]:
    """Yield the lines of an explanation: fields, look-ups, rules of the whole, inference, effects, the fix.

    Of a text that is no payload they say why it is none. The outcome must have been masked; `at` is where
    the payload stands.
    """
    outcome = explanation.outcome
    verdict = paint(f"{_VERDICTS[outcome.verdict]} {outcome.verdict}", outcome.verdict)
    yield f"{verdict}  {show_text(at)}  {outcome.operation} {show_text(outcome.resource)}"
    if not explanation.fields and not explanation.whole:
        yield from _section("problems", outcome.problems, lambda one: _problem(one, paint))
    yield from _section("fields", explanation.fields, lambda node: _field(node, paint, ""))
    yield from _section("look-ups", explanation.lookups, lambda node: _lookup(node, paint))
    yield from _section("whole", explanation.whole, lambda one: _ruling(one, paint, "  "))
    yield from _section("inference", explanation.inferences, lambda node: _inference(node, paint))
    yield from _section("effects", explanation.effects, lambda node: _effect(node, paint))
    yield from _fix(explanation, paint)


def _section(title: str, parts: tuple[_Part, ...], lines: Callable[[_Part], Iterator[str]]) -> Iterator[str]:
    if parts:
        yield ""
        yield title
        for part in parts:
            yield from lines(part)


def _problem(problem: Problem, paint: Paint) -> Iterator[str]:
    yield f"  {paint(_SYMBOLS['failed'], _LOOKS['failed'])} {problem.code}  {show_text(problem.message)}"


def _field(node: FieldNode, paint: Paint, indent: str) -> Iterator[str]:
    value = "(nothing)" if node.value is None else show_value(node.value)
    origin = node.origin
    source = f"  {origin.source.replace('_', ' ')}" if origin is not None and node.value is not None else ""
    rule = f" by {origin.rule} {origin.at}" if source and origin is not None and origin.rule else ""
    yield f"{indent}  {show_text(node.name)} = {value}{paint(source + rule, 'quiet')}"
    for one in node.rules:
        yield from _ruling(one, paint, f"{indent}    ")
    for child in node.children:
        yield from _field(child, paint, f"{indent}  ")


def _ruling(one: Ruling, paint: Paint, indent: str) -> Iterator[str]:
    symbol = paint(_SYMBOLS[one.status], _LOOKS[one.status])
    text = show_text(one.text)
    shown = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
    label = f"{one.rule.rpartition('.')[2]}: " if one.keyword in _NAMED else ""
    why = f"  {show_text(one.why)}" if one.why else ""
    at = f"  {one.at}" if one.at and one.status in ("failed", "undecided") else ""
    yield f"{indent}{symbol} {label}{shown}{paint(why + at, 'quiet')}"
    yield from (paint(f"{indent}  {line}", "quiet") for line in _condition(one))


def _condition(one: Ruling) -> Iterator[str]:
    """The tree of a condition; of one without parts, the values it read."""
    parts = [part for part in one.parts if part.depth]
    if not parts:
        yield from (f"  {show_text(name)} = {show_value(value)}" for name, value in one.values.items())
    for part in parts:
        came_to = f"= {show_value(part.value)}" if part.state in ("value", "hidden") else part.state
        yield f"{'  ' * part.depth}{show_text(part.text)} {came_to}"


def _lookup(node: LookUpNode, paint: Paint) -> Iterator[str]:
    by = ", ".join(f"{name} {show_value(value)}" for name, value in node.by.items())
    if node.found is None:
        yield f"  - {node.name}: {node.resource}{paint(f'  not read: {node.why}', 'quiet')}"
    else:
        found = f"{node.found} found" if node.found else "none found"
        yield f"  {'✓' if node.found else '∅'} {node.name}: {node.resource} by {by}: {found}"


def _inference(node: InferenceNode, paint: Paint) -> Iterator[str]:
    yield from _ruling(node.condition, paint, "  ")
    for firing in node.firings:
        facts = ", ".join(f"{show_text(name)} = {_fact(fact)}" for name, fact in firing.facts.items())
        made = "".join(f" => {_fact(fact)}" for fact in firing.made)
        yield f"      {facts}{made}"


def _fact(fact: Mapping[str, object]) -> str:
    """A record by its key, an inferred fact by its values."""
    if "kind" in fact:
        return f"{show_text(str(fact['kind']))} {show_value(fact['values'])}"
    key = f" {show_value(fact['key'])}" if "key" in fact else ""
    return f"{show_text(str(fact.get('resource', fact['source'])))}{key}"


def _effect(node: EffectNode, paint: Paint) -> Iterator[str]:
    yield from _ruling(node.condition, paint, "  ")
    yield f"      {show_text(node.what)}"
    for change in node.changes:
        key = show_value(change.key)
        yield f"      {change.op} {change.resource} {key}: {show_value(dict(change.set))}"


def _fix(explanation: Explanation, paint: Paint) -> Iterator[str]:
    if explanation.outcome.accepted:
        return
    yield ""
    if explanation.suggestion is None:
        yield paint("fix  no change of the payload was found that would be accepted", "quiet")
        return
    yield f"fix  {show_text(explanation.suggestion.text)}"
    for operation in explanation.suggestion.patch:
        yield paint(f"       {show_value(operation)}", "quiet")


def explanation_data(explanation: Explanation, at: str) -> dict[str, object]:
    """An explanation as plain data for JSON; `fix` holds the words and the JSON Patch."""
    suggestion = explanation.suggestion
    fix = {"text": suggestion.text, "patch": suggestion.patch} if suggestion is not None else None
    return {
        "version": 1,
        "at": at,
        "outcome": outcome_json(explanation.outcome),
        "fields": [asdict(node) for node in explanation.fields],
        "lookups": [asdict(node) for node in explanation.lookups],
        "whole": [asdict(one) for one in explanation.whole],
        "inference": [asdict(node) for node in explanation.inferences],
        "effects": [asdict(node) for node in explanation.effects],
        "fix": fix,
    }
