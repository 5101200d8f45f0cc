"""The rules about each field, at each place where the field stands or could stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.evaluation import MASK
from rulewright.evaluation.judging import applies_to
from rulewright.evaluation.log import escape_pointer
from rulewright.evaluation.masking import mask_value, to_json
from rulewright.evaluation.views import View
from rulewright.explanation.edits import MISSING, value_at
from rulewright.explanation.evidence import Evidence, ruling
from rulewright.explanation.model import FieldNode, Ruling, Status
from rulewright.formula import Formula
from rulewright.model import Constants
from rulewright.schema.unsound import UNSOUND

_SHAPE: Final = (
    "format",
    "min",
    "max",
    "min_length",
    "max_length",
    "pattern",
    "one_of",
    "unique_items",
)
_SIBLINGS: Final = ("required_with", "required_without", "forbidden_with", "forbidden_without")


# language.md "One problem per field": the first of these reports and ends the field. Checks come last.
_ORDER: Final[tuple[tuple[str, ...], ...]] = (
    ("readonly",),
    ("forbidden", "excluded"),
    ("required",),
    ("type", "nullable"),
    ("format",),
    ("min", "max", "pattern", "one_of", "unique_items"),
    ("references",),
)


def field_node(evidence: Evidence, field: CompiledField, pointer: str, holder: object) -> FieldNode:
    """Explain a top-level field; `holder` is the map that it stands in."""
    value = _value_in(holder, field.name)
    return node_of(evidence, field, pointer, field.name, value, sensitive=False)


def node_of(
    evidence: Evidence, field: CompiledField, pointer: str, name: str, value: object, *, sensitive: bool
) -> FieldNode:
    """Explain a field whose value is known; `sensitive` where what holds it is."""
    hidden = sensitive or field.rule.sensitive
    value = _or_sent(evidence, field, pointer, value)
    return FieldNode(
        path=pointer,
        name=name,
        value=None if value is None else MASK if hidden else _shown(field, value),
        origin=None,
        rules=tuple(_rules(evidence, field, pointer, value is not None)),
        children=tuple(_children(evidence, field, pointer, value, hidden)),
    )


def _or_sent(evidence: Evidence, field: CompiledField, pointer: str, value: object) -> object:
    """What was sent and is wrong is no value to the rules; it is one to the reader."""
    payload = evidence.run.inputs.payload
    if isinstance(value, list):
        positions = evidence.run.positions.get(pointer, range(len(value)))
        return [
            value_at(payload, f"{pointer}/{index}") if item is UNSOUND else item
            for index, item in zip(positions, value, strict=False)
        ]
    ignored = field.rule.readonly is not None and field.name not in evidence.run.settable
    if value is not None or ignored:
        return value
    sent = value_at(payload, pointer)
    return None if sent is MISSING else sent


def _value_in(holder: object, name: str) -> object:
    if isinstance(holder, View):
        return holder.partial.get(name) if name in holder.unsound else holder.get(name)
    return holder.get(name) if isinstance(holder, Mapping) else None


def _shown(field: CompiledField, value: object) -> object:
    # What is inside an object or a list is shown with its own field.
    inside = field.children or (field.items is not None and field.items.children)
    return to_json(mask_value(field, value)) if not inside else "..."


def _children(
    evidence: Evidence, field: CompiledField, pointer: str, value: object, sensitive: bool
) -> Iterator[FieldNode]:
    for child in field.children:
        place = f"{pointer}/{escape_pointer(child.name)}"
        below = _value_in(value, child.name)
        yield node_of(evidence, child, place, child.name, below, sensitive=sensitive)
    if field.items is None:
        return
    if isinstance(value, list) and value:
        positions = evidence.run.positions.get(pointer, range(len(value)))
        for index, item in zip(positions, value, strict=False):
            place = f"{pointer}/{index}"
            node = node_of(evidence, field.items, place, f"[{index}]", item, sensitive=sensitive)
            yield _with_reference(evidence, field, node, pointer, given=item is not None)
    elif isinstance(value, Mapping) and value:
        for name, item in value.items():
            place = f"{pointer}/{escape_pointer(name)}"
            yield node_of(evidence, field.items, place, f"[{name}]", item, sensitive=sensitive)
    else:
        node = node_of(evidence, field.items, f"{pointer}/0", "items", None, sensitive=sensitive)
        yield _with_reference(evidence, field, node, pointer, given=False)


def _with_reference(
    evidence: Evidence, field: CompiledField, node: FieldNode, pointer: str, given: bool
) -> FieldNode:
    """An item of the list at `pointer`, and what the list's `references` comes to there."""
    if _is_told_whole(evidence, field, pointer):
        return node
    return replace(node, rules=(*node.rules, *_reference(evidence, field, node.path, given)))


def _is_told_whole(evidence: Evidence, field: CompiledField, pointer: str) -> bool:
    """Whether `references` is told where the field stands: of a list, it is where it can't be decided."""
    return field.items is None or evidence.problem(f"{field.id}.references", pointer) is not None


def _reference(evidence: Evidence, field: CompiledField, pointer: str, given: bool) -> Iterator[Ruling]:
    """What a field, or each item of it, names."""
    if field.reference is not None:
        text = f"references: {field.reference.resource} by {field.reference.by}"
        yield _plain(evidence, field, "references", text, pointer, given)


def _rules(evidence: Evidence, field: CompiledField, pointer: str, given: bool) -> Iterator[Ruling]:
    told: set[str] = set()
    for one in _declared_rules(evidence, field, pointer, given):
        told.add(one.rule)
        yield one
    # What a type itself asks for (a UUID's form, no null) has no keyword of its own.
    for problem in evidence.outcome.problems:
        keyword = problem.rule.removeprefix(f"{field.id}.")
        own = keyword != problem.rule and "." not in keyword
        if own and problem.path == pointer and problem.rule not in told and problem.severity != "info":
            yield _plain(evidence, field, keyword, keyword, pointer, given=True)


def _declared_rules(evidence: Evidence, field: CompiledField, pointer: str, given: bool) -> Iterator[Ruling]:
    yield from _presence(evidence, field, pointer, given)
    yield from _conditions(evidence, field, pointer, given)
    yield from _shape(evidence, field, pointer, given)
    if _is_told_whole(evidence, field, pointer):
        yield from _reference(evidence, field, pointer, given)
    if field.unique is not None:
        yield _plain(evidence, field, "unique", f"unique: {', '.join(field.unique.fields)}", pointer, given)
    for check in field.checks:
        place = check.rule.path if check.rule.path is not None else pointer
        missing = _why_not_judged(evidence, field, pointer, given)
        if not applies_to(check, evidence.run.inputs.operation):
            missing = f"not judged on {evidence.run.inputs.operation}"
        yield ruling(evidence, check.id, "check", place, check.condition, check.rule.span, missing)


def _presence(evidence: Evidence, field: CompiledField, pointer: str, given: bool) -> Iterator[Ruling]:
    rule = field.rule
    if rule.readonly is not None and field.name not in evidence.run.settable:
        yield _plain(evidence, field, "readonly", f"readonly: {rule.readonly}", pointer, given=True)
    if rule.required:
        yield _plain(evidence, field, "required", "required: true", pointer, given=True)
    for keyword in _SIBLINGS:
        names = getattr(rule, keyword)
        if names:
            yield _plain(evidence, field, keyword, f"{keyword}: {', '.join(names)}", pointer, given=True)
    if rule.immutable and evidence.run.current is not None:
        yield _plain(evidence, field, "immutable", "immutable: true", pointer, given)


def _conditions(evidence: Evidence, field: CompiledField, pointer: str, given: bool) -> Iterator[Ruling]:
    """The keywords whose expression says when they apply."""
    conditions: dict[str, Formula | None] = {
        "required_if": field.required_if,
        "required_unless": field.required_unless,
        "forbidden_if": field.forbidden_if,
        "excluded_if": field.excluded_if,
    }
    for keyword, formula in conditions.items():
        if formula is not None:
            yield _conditional(evidence, field, keyword, formula, pointer, given)


def _conditional(
    evidence: Evidence, field: CompiledField, keyword: str, formula: Formula, pointer: str, given: bool
) -> Ruling:
    rule, at = f"{field.id}.{keyword}", str(field.span_of(keyword))
    judged, problem = evidence.judgement(rule, pointer, formula), evidence.problem(rule, pointer)
    status: Status = "held"
    if judged is None:
        # A value that is there satisfies required, one that is not satisfies forbidden.
        needless = given if keyword.startswith("required") else not given
        why = evidence.ended or (("given" if given else "not given") if needless else None)
        status = "held" if needless and evidence.ended is None else "skipped"
        why = why or _why_not_judged(evidence, field, pointer, given=True)
    elif judged.result in ("true", "false"):
        applies = (judged.result == "true") is (keyword != "required_unless")
        status = "failed" if problem is not None and problem.severity == "error" else "held"
        why = "applies" if applies else "does not apply"
    else:
        status = "undecided" if judged.result == "undecided" else "skipped"
        why = evidence.unsound_behind(formula) if status == "skipped" else "can't be decided"
    values, parts = (judged.values, judged.parts) if judged is not None else ({}, ())
    text = f"{keyword}: {' '.join(formula.text.split())}"
    return Ruling(
        rule=rule,
        keyword=keyword,
        status=status,
        text=text,
        path=pointer,
        why=why,
        values=values,
        at=at,
        parts=parts,
    )


def _shape(evidence: Evidence, field: CompiledField, pointer: str, given: bool) -> Iterator[Ruling]:
    yield _plain(evidence, field, "type", f"type: {field.rule.type_name or field.rule.type}", pointer, given)
    for keyword in _SHAPE:
        value = getattr(field.rule, keyword)
        if value is None:
            continue
        if keyword == "one_of" and field.one_of is not None:
            missing = _why_not_judged(evidence, field, pointer, given)
            at = field.span_of(keyword)
            yield ruling(evidence, f"{field.id}.one_of", "one_of", pointer, field.one_of, at, missing)
            continue
        shown = value.value if isinstance(value, Constants) else value
        text = ", ".join(map(str, shown)) if isinstance(shown, tuple) else str(shown)
        yield _plain(evidence, field, keyword, f"{keyword}: {text}", pointer, given)


def _plain(
    evidence: Evidence, field: CompiledField, keyword: str, text: str, pointer: str, given: bool
) -> Ruling:
    """A rule without an expression: it failed where it reported, else it held if it was reached at all."""
    rule = f"{field.id}.{keyword}"
    problem = evidence.problem(rule, pointer)
    status: Status = "held"
    why: str | None = None
    if problem is not None:
        status = "undecided" if problem.code == "undecided" else "failed"
        why = problem.message
    elif evidence.ended is not None or not given or _comes_after_error(evidence, keyword, pointer):
        status, why = "skipped", _why_not_judged(evidence, field, pointer, given)
    values = problem.because.values if problem is not None and problem.because is not None else {}
    return Ruling(
        rule=rule,
        keyword=keyword,
        status=status,
        text=text,
        path=pointer,
        why=why,
        values=values,
        at=str(field.span_of(keyword)),
    )


def _comes_after_error(evidence: Evidence, keyword: str, pointer: str) -> bool:
    """Whether the field, or what holds it, had ended before this rule (one problem per field)."""
    problem = evidence.error_within(pointer)
    if problem is None or problem.path != pointer:
        return problem is not None
    return _rank(keyword) >= _rank(problem.rule.rpartition(".")[2])


def _rank(keyword: str) -> int:
    return next((rank for rank, names in enumerate(_ORDER) if keyword.startswith(names)), len(_ORDER))


def _why_not_judged(evidence: Evidence, field: CompiledField, pointer: str, given: bool) -> str:
    if evidence.ended is not None:
        return f"the evaluation ended: {evidence.ended}"
    problem = evidence.error_within(pointer)
    if problem is not None:
        return f"{problem.path} has a problem already ({problem.code})"
    if not given:
        return "not given"
    if evidence.run.is_event and field.name not in evidence.run.intake:
        return "not sent with this event"
    return "nothing that it reads has changed" if evidence.run.current is not None else "not reached"
