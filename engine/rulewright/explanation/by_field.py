"""The rules about each field, at each place where the field stands or could stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.evaluation import MASK, Judged
from rulewright.evaluation.judging import applies_to
from rulewright.evaluation.masking import mask_value, to_json
from rulewright.evaluation.views import View
from rulewright.explanation.edits import MISSING, value_at
from rulewright.explanation.evidence import Evidence, ruling
from rulewright.explanation.model import FieldNode, Ruling, Status
from rulewright.formula import Formula
from rulewright.model import Constants
from rulewright.pointers import escape_pointer
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


@dataclass(frozen=True, slots=True)
class _Spot:
    """A field at one place of the payload; `given`: there is a value; `held`: in an object that is given."""

    evidence: Evidence
    field: CompiledField
    pointer: str
    given: bool
    held: bool = True

    def judged(self) -> _Spot:
        """The same for a rule that is judged without a value, too, where what holds it is given."""
        return replace(self, given=self.given or self.held)


def field_node(evidence: Evidence, field: CompiledField, pointer: str, holder: object) -> FieldNode:
    """Explain a top-level field; `holder` is the map that it stands in."""
    value = _value_in(holder, field.name)
    return node_of(evidence, field, pointer, field.name, value, sensitive=False)


def node_of(
    evidence: Evidence,
    field: CompiledField,
    pointer: str,
    name: str,
    value: object,
    *,
    sensitive: bool,
    held: bool = True,
) -> FieldNode:
    """Explain a field whose value is known.

    `sensitive`: what holds the field is, so its value is masked, too. `held`: what holds the field was given.
    """
    hidden = sensitive or field.rule.sensitive
    value = _or_sent(evidence, field, pointer, value)
    spot = _Spot(evidence, field, pointer, value is not None, held)
    return FieldNode(
        path=pointer,
        name=name,
        value=None if value is None else MASK if hidden else _shown(field, value),
        origin=None,
        rules=tuple(_rules(spot)),
        children=tuple(_children(spot, value, hidden)),
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


def _children(spot: _Spot, value: object, sensitive: bool) -> Iterator[FieldNode]:
    evidence, pointer, items = spot.evidence, spot.pointer, spot.field.items
    for child in spot.field.children:
        place = f"{pointer}/{escape_pointer(child.name)}"
        below = _value_in(value, child.name)
        held = value is not None
        yield node_of(evidence, child, place, child.name, below, sensitive=sensitive, held=held)
    if items is None:
        return
    if isinstance(value, list) and value:
        positions = evidence.run.positions.get(pointer, range(len(value)))
        for index, item in zip(positions, value, strict=False):
            node = node_of(evidence, items, f"{pointer}/{index}", f"[{index}]", item, sensitive=sensitive)
            yield _with_reference(spot, node, given=item is not None)
    elif isinstance(value, Mapping) and value:
        for name, item in value.items():
            place = f"{pointer}/{escape_pointer(name)}"
            yield node_of(evidence, items, place, f"[{name}]", item, sensitive=sensitive)
    else:
        node = node_of(evidence, items, f"{pointer}/0", "items", None, sensitive=sensitive, held=False)
        yield _with_reference(spot, node, given=False)


def _with_reference(whole: _Spot, node: FieldNode, *, given: bool) -> FieldNode:
    """An item of a list, and what the list's `references` comes to there."""
    if _is_told_whole(whole):
        return node
    return replace(node, rules=(*node.rules, *_reference(replace(whole, pointer=node.path, given=given))))


def _is_told_whole(spot: _Spot) -> bool:
    """Whether `references` is told where the field stands: of a list, it is where it can't be decided."""
    is_list = spot.field.items is not None
    return not is_list or spot.evidence.problem(f"{spot.field.id}.references", spot.pointer) is not None


def _reference(spot: _Spot) -> Iterator[Ruling]:
    """What a field, or each item of it, names."""
    reference = spot.field.reference
    if reference is not None:
        yield _plain(spot, "references", f"references: {reference.resource} by {reference.by}")


def _rules(spot: _Spot) -> Iterator[Ruling]:
    told: set[str] = set()
    for one in _declared_rules(spot):
        told.add(one.rule)
        yield one
    # What a type itself asks for (a UUID's form, no null) has no keyword of its own.
    for problem in spot.evidence.outcome.problems:
        keyword = problem.rule.removeprefix(f"{spot.field.id}.")
        own = keyword != problem.rule and "." not in keyword
        if own and problem.path == spot.pointer and problem.rule not in told and problem.severity != "info":
            yield _plain(spot.judged(), keyword, keyword)


def _declared_rules(spot: _Spot) -> Iterator[Ruling]:
    evidence, field = spot.evidence, spot.field
    yield from _presence(spot)
    yield from _conditions(spot)
    yield from _shape(spot)
    if _is_told_whole(spot):
        yield from _reference(spot)
    if field.unique is not None:
        yield _plain(spot, "unique", f"unique: {', '.join(field.unique.fields)}")
    for check in field.checks:
        place = check.rule.path if check.rule.path is not None else spot.pointer
        missing = _why_not_judged(spot)
        if not applies_to(check, evidence.run.inputs.operation):
            missing = f"not judged on {evidence.run.inputs.operation}"
        yield ruling(evidence, check.id, "check", place, check.condition, check.rule.span, missing)


def _presence(spot: _Spot) -> Iterator[Ruling]:
    rule = spot.field.rule
    if rule.readonly is not None and spot.field.name not in spot.evidence.run.settable:
        yield _plain(spot.judged(), "readonly", f"readonly: {rule.readonly}")
    if rule.required:
        yield _plain(spot.judged(), "required", "required: true")
    for keyword in _SIBLINGS:
        names = getattr(rule, keyword)
        if names:
            yield _plain(spot.judged(), keyword, f"{keyword}: {', '.join(names)}")
    if rule.immutable and spot.evidence.run.current is not None:
        yield _plain(spot, "immutable", "immutable: true")


def _conditions(spot: _Spot) -> Iterator[Ruling]:
    """The keywords whose expression says when they apply."""
    field = spot.field
    conditions: dict[str, Formula | None] = {
        "required_if": field.required_if,
        "required_unless": field.required_unless,
        "forbidden_if": field.forbidden_if,
        "excluded_if": field.excluded_if,
    }
    for keyword, formula in conditions.items():
        if formula is not None:
            yield _conditional(spot, keyword, formula)


def _conditional(spot: _Spot, keyword: str, formula: Formula) -> Ruling:
    rule = f"{spot.field.id}.{keyword}"
    judged = spot.evidence.judgement(rule, spot.pointer, formula)
    if judged is None:
        status, why = _not_judged(spot, keyword)
    else:
        status, why = _came_to(spot, keyword, formula, judged)
    return Ruling(
        rule=rule,
        keyword=keyword,
        status=status,
        text=f"{keyword}: {' '.join(formula.text.split())}",
        path=spot.pointer,
        why=why,
        values=judged.values if judged is not None else {},
        at=str(spot.field.span_of(keyword)),
        parts=judged.parts if judged is not None else (),
    )


def _not_judged(spot: _Spot, keyword: str) -> tuple[Status, str]:
    """A value that is there satisfies required, one that is not satisfies forbidden; else why it was left."""
    ended = spot.evidence.ended
    if ended is not None:
        return "skipped", ended
    if spot.given is keyword.startswith("required"):
        return "held", "given" if spot.given else "not given"
    return "skipped", _why_not_judged(spot.judged())


def _came_to(spot: _Spot, keyword: str, formula: Formula, judged: Judged) -> tuple[Status, str]:
    if judged.result in ("true", "false"):
        applies = (judged.result == "true") is (keyword != "required_unless")
        problem = spot.evidence.problem(f"{spot.field.id}.{keyword}", spot.pointer)
        is_broken = problem is not None and problem.severity == "error"
        return "failed" if is_broken else "held", "applies" if applies else "does not apply"
    if judged.result == "undecided":
        return "undecided", "can't be decided"
    return "skipped", spot.evidence.unsound_behind(formula)


def _shape(spot: _Spot) -> Iterator[Ruling]:
    field = spot.field
    yield _plain(spot, "type", f"type: {field.rule.type_name or field.rule.type}")
    for keyword in _SHAPE:
        value = getattr(field.rule, keyword)
        if value is None:
            continue
        if keyword == "one_of" and field.one_of is not None:
            at = field.span_of(keyword)
            missing = _why_not_judged(spot)
            yield ruling(
                spot.evidence, f"{field.id}.one_of", "one_of", spot.pointer, field.one_of, at, missing
            )
            continue
        shown = value.value if isinstance(value, Constants) else value
        text = ", ".join(map(str, shown)) if isinstance(shown, tuple) else str(shown)
        yield _plain(spot, keyword, f"{keyword}: {text}")


def _plain(spot: _Spot, keyword: str, text: str) -> Ruling:
    """A rule without an expression: it failed where it reported, else it held if it was reached at all."""
    evidence, rule = spot.evidence, f"{spot.field.id}.{keyword}"
    problem = evidence.problem(rule, spot.pointer)
    status: Status = "held"
    why: str | None = None
    if problem is not None:
        status = "undecided" if problem.code == "undecided" else "failed"
        why = problem.message
    elif evidence.ended is not None or not spot.given or _comes_after_error(spot, keyword):
        status, why = "skipped", _why_not_judged(spot)
    values = problem.because.values if problem is not None and problem.because is not None else {}
    return Ruling(
        rule=rule,
        keyword=keyword,
        status=status,
        text=text,
        path=spot.pointer,
        why=why,
        values=values,
        at=str(spot.field.span_of(keyword)),
    )


def _comes_after_error(spot: _Spot, keyword: str) -> bool:
    """Whether the field, or what holds it, had ended before this rule (one problem per field)."""
    problem = spot.evidence.error_within(spot.pointer)
    if problem is None or problem.path != spot.pointer:
        return problem is not None
    return _rank(keyword) >= _rank(problem.rule.rpartition(".")[2])


def _rank(keyword: str) -> int:
    return next((rank for rank, names in enumerate(_ORDER) if keyword.startswith(names)), len(_ORDER))


def _why_not_judged(spot: _Spot) -> str:
    evidence = spot.evidence
    if evidence.ended is not None:
        return f"the evaluation ended: {evidence.ended}"
    problem = evidence.error_within(spot.pointer)
    if problem is not None:
        return f"{problem.path} has a problem already ({problem.code})"
    if not spot.given:
        return "not given" if spot.held else "what holds it is not given"
    if evidence.run.is_event and spot.field.name not in evidence.run.intake:
        return "not sent with this event"
    return "nothing that it reads has changed" if evidence.run.current is not None else "not reached"
