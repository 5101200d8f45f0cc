"""Which keywords fit together: by the type of a field, the verb of an effect or a look-up.

Each case has all keywords that it takes, so that an editor offers these and no others, and says of every
other one that it does not belong there. The tables are those of the checks.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from rulewright.checks import contradiction, effect_shape, inference_shape, look_up_shape, workflow_shape
from rulewright.checks.keyword_for_type import SHAPE_KEYWORDS
from rulewright.plugins import Registry
from rulewright.plugins.verifying import BESIDE_EFFECTS
from rulewright.reader.behaviour_shape import EffectShape, LookUpShape, WorkflowShape
from rulewright.reader.field_shape import FieldShape
from rulewright.reader.file_shape import InferenceShape
from rulewright.reader.kinds import JsonSchema
from rulewright.reader.shapes import Shape


class Case(Struct, frozen=True):
    """What holds under a condition: the keywords that are taken and those that are needed.

    `told` is said of any other keyword of the shape.
    """

    name: str
    condition: JsonSchema
    takes: frozenset[str]
    told: str
    needs: tuple[str, ...] = ()


def field_cases(registry: Registry, shared: Collection[str], keywords: Collection[str]) -> Iterator[Case]:
    """The types of fields, those that take the same keywords together.

    A shared type of api.yaml goes before a type of its name, so nothing is known of that.
    """
    alike: dict[tuple[frozenset[str], bool], list[str]] = {}
    for name, kind in registry.types.items():
        if name not in shared:
            # A list has rules of its own.
            alike.setdefault((kind.keywords, name == "list"), []).append(name)
    for (own, _), names in alike.items():
        # No `enum`, or editors would show these as the only types that there are.
        condition = {"required": ["type"], "properties": {"type": {"pattern": f"^(?:{'|'.join(names)})$"}}}
        takes = frozenset(one for one in keywords if one not in SHAPE_KEYWORDS or one in own)
        listed = ", ".join(one for one in SHAPE_KEYWORDS if one in own) or "none"
        yield Case(
            names[0], condition, takes, f"says nothing about a field of this type, which takes {listed}"
        )


def cases_of(shape: type[Shape], registry: Registry) -> tuple[Case, ...]:
    """The verbs of a shape; none where it has none."""
    if shape is EffectShape:
        return (*_effects(), *(_plug_in(name) for name in registry.effects))
    return tuple(_lookups()) if shape is LookUpShape else ()


def without_verb(shape: type[Shape], registry: Registry) -> Case:
    """Where no case holds: the verbs, among which one may choose, are taken too."""
    if shape is not EffectShape:
        return Case("any", {}, frozenset(shape.keywords), "")
    own = effect_shape.OWN
    verbs = (*EffectShape.verbs, *registry.effects)
    return Case("own", {}, own.may | {*verbs}, f"needs one of {', '.join(verbs)}", own.needs)


def _effects() -> Iterator[Case]:
    def case(form: effect_shape.Form, verb: str, **more: object) -> Case:
        told = f"{form.name} takes {_listed(form.may - {verb})} only"
        return Case(form.name, {"required": [verb], **more}, form.may, told, form.needs)

    yield case(effect_shape.CREATE, "create")
    yield case(effect_shape.SEND, "send")
    yield case(effect_shape.UPDATE_ALL, "update", properties={"update": {"pattern": "/"}})
    yield case(effect_shape.UPDATE_ONE, "update", properties={"update": {"pattern": "^[^/]*$"}})


def _plug_in(name: str) -> Case:
    told = f"can't stand beside {name}, which stands for whole effects"
    return Case(name, {"required": [name]}, frozenset({*BESIDE_EFFECTS, name}), told)


def _lookups() -> Iterator[Case]:
    common = frozenset(LookUpShape.keywords) - {*LookUpShape.verbs, "of"}
    for verb in LookUpShape.verbs:
        takes, needs = common | {verb}, [verb]
        if verb in look_up_shape.BY:
            needs.append("by")
        if verb in look_up_shape.OF:
            takes, needs = takes | {"of"}, [*needs, "of"]
        told = f"{verb} takes {_listed(takes - {verb})} only"
        yield Case(verb, {"required": [verb]}, takes, told, tuple(needs))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def combinations_of(shape: type[Shape]) -> Iterator[JsonSchema]:
    """What is asked of some keywords together, whatever the others are."""
    if shape is FieldShape:
        for pair in contradiction.PAIRS:
            if pair.is_always_wrong:
                yield _not_both(pair.other, pair.one, pair.message)
    elif shape is WorkflowShape:
        (place, instead), (start, worked_out) = workflow_shape.ALTERNATIVES
        for one, other in workflow_shape.ALTERNATIVES:
            yield _not_both(one, other, f"a workflow has {one} or {other}, not both")
        yield _one_of((place, instead), f"a workflow needs {place} or {instead}")
        yield _one_of((start, worked_out, instead), f"a workflow needs {start} or {worked_out}")
    elif shape is InferenceShape:
        listed = ", ".join(inference_shape.FOLLOWS)
        yield _one_of(inference_shape.FOLLOWS, f"nothing follows: write one of {listed}")
    elif shape.verb_needed:
        yield _one_of(shape.verbs, f"{shape.called} needs one of {', '.join(shape.verbs)}")


def _not_both(one: str, other: str, told: str) -> JsonSchema:
    """`told` at the other."""
    return {"if": {"required": [one]}, "then": {"properties": {other: False}, "errorMessage": told}}


def _one_of(keywords: tuple[str, ...], told: str) -> JsonSchema:
    """An editor that finds none asks for the first."""
    there = {"type": "object", "not": {"anyOf": [{"required": [keyword]} for keyword in keywords]}}
    return {"if": there, "then": {"required": [keywords[0]], "errorMessage": told}}


def overrides(shape: type[Shape], case: str) -> Mapping[str, JsonSchema]:
    """Values that a keyword may have in one case only."""
    if shape is LookUpShape and case not in look_up_shape.IF_MISSING:
        told = f"{case} always gives something, so if_missing says nothing"
        return {"if_missing": {"enum": ["null", None], "errorMessage": told, "doNotSuggest": True}}
    return {}
