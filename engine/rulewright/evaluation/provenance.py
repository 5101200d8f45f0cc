"""Which parts of responses and messages hold values of sensitive fields, by the expressions that make them.

Known from the rules alone, so it is worked out once; and no value is too short, or too much changed, to be
known for what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from msgspec import Struct

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.copying import (
    Behind,
    Held,
    any_of,
    either,
    held,
    held_by_field,
    held_by_fields,
    without_held,
)
from rulewright.evaluation.masking import MASK
from rulewright.evaluation.reasons import OWN_VIEWS
from rulewright.formula import Formula, FormulaList, FormulaMap, Valued
from rulewright.model import LookUp


class Provenance(Struct, frozen=True):
    """What the response of a resource holds of sensitive fields, and what each effect's message does.

    `body` is the response's before the envelope.
    """

    body: Held
    response: Held
    messages: Mapping[str, Held]


def provenance_of(rules: CompiledRules, resource: CompiledResource) -> Provenance:
    """What is known of a resource's responses and messages; the same object each time."""
    kept: dict[str, Provenance] = vars(rules).setdefault("_provenance", {})
    found = kept.get(resource.name)
    if found is None:
        found = kept[resource.name] = _work_out(rules, resource)
    return found


def holds_secret(rules: CompiledRules, resource: CompiledResource, formula: Valued) -> bool:
    """Whether what an expression gives holds a value of a sensitive field."""
    return bool(any_of(_of(formula, lambda name: _behind(rules, resource, name))))


def mask_held(whole: Held, value: object) -> object:
    """A value, with what it holds of sensitive fields masked."""
    return without_held(whole, value, MASK)


def _work_out(rules: CompiledRules, resource: CompiledResource) -> Provenance:
    if not any(one.hides for one in rules.resources.values()):
        return Provenance("", "", {})

    def behind(name: str) -> Held:
        return _behind(rules, resource, name)

    body = _of_body(resource, behind)
    return Provenance(
        body,
        _of_response(resource, body, behind),
        {one.id: _of(one.body, behind) for one in resource.every_effect() if one.body is not None},
    )


def body_holds_secret(rules: CompiledRules, resource: CompiledResource) -> bool:
    """Whether what the envelope of a response reads as `body` holds a value of a sensitive field."""
    return bool(any_of(provenance_of(rules, resource).body))


def _of_body(resource: CompiledResource, behind: Behind) -> Held:
    shape = resource.response
    body = _of(shape.body, behind) if shape.body is not None else behind("record")
    if not isinstance(body, str) or not body:
        parts = body if not isinstance(body, str) else {}
        body = {**parts, **{name: _of(part, behind) for name, part in shape.include.items()}}
    return body


def _of_response(resource: CompiledResource, body: Held, behind: Behind) -> Held:
    envelope = resource.response.envelope
    if envelope is None:
        return body
    return _of(envelope, lambda name: body if name == "body" else behind(name))


def _of(valued: Valued, behind: Behind) -> Held:
    match valued:
        case Formula():
            return held(valued.node, {}, behind)
        case FormulaMap():
            return {name: _of(entry, behind) for name, entry in valued.entries.items()}
        case FormulaList():
            nothing: Held = ""
            return reduce(either, (_of(item, behind) for item in valued.items), nothing)
        case _:
            return ""


def _behind(rules: CompiledRules, resource: CompiledResource, name: str) -> Held:
    """What a name stands for."""
    if name in OWN_VIEWS:
        fields = resource.sendable if name == "payload" else resource.fields
        return held_by_fields((one.rule for one in fields.values()), name)
    if name in ("item", "value"):
        # What it stands for in a field's rule depends on the field.
        return name if any(one.hides for one in resource.sendable.values()) else ""
    if name in resource.lookups:
        lookup = resource.lookups[name].rule
        if lookup.kind == "count":
            return ""
        if lookup.kind in ("max", "min"):
            return _of_extreme(rules, lookup)
    other = rules.resources.get(resource.resource_behind(name) or "")
    return held_by_fields((one.rule for one in other.fields.values()), name) if other is not None else ""


def _of_extreme(rules: CompiledRules, lookup: LookUp) -> Held:
    other = rules.resources[lookup.resource]
    name = lookup.of or other.key
    return held_by_field(other.fields[name].rule, f"{lookup.resource}.{name}")
