"""How resources hang together: by references, look-ups, effects and reactions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.export.diagrams.drawing import Box, End, Link, Relations, Row
from rulewright.export.diagrams.keys import Placed, key_rows, placed_fields
from rulewright.export.diagrams.wording import one_line, only_api, short_name
from rulewright.model import Effect, LookUp, Target

_VERBS: Final = ("looks {} up", "creates {}", "updates {}", "sends to {}", "reacts to {}")
_WIDTH: Final[Mapping[End, int]] = {"one": 0, "maybe": 1, "many": 2}


class _Tie(Struct, frozen=True):
    """One thing that a resource has to do with another: a field that names it, or else what is done."""

    target: str
    far: End
    verb: str | None = None
    field: str | None = None
    near: End = "many"


def relations_of(rules: CompiledRules, names: Sequence[str]) -> Relations:
    """Draw these resources, and all that they have to do with, or that has to do with them."""
    about = set(names)
    ties: dict[tuple[str, str], list[_Tie]] = {}
    targets: dict[str, Target] = {}
    for source, resource in rules.resources.items():
        for tie in _ties(resource):
            if source in about or tie.target in about:
                ties.setdefault((source, tie.target), []).append(tie)
        if source in about:
            targets |= _targets(resource)
    ends = about.union(*ties)
    shown = [one for one in rules.resources if one in ends]
    home = only_api(shown)
    boxes = [_box(rules.resources[one], ties.get((one, one), ()), home) for one in shown]
    boxes += [_target_box(short_name(name, home), one) for name, one in targets.items()]
    links = (
        _link(source, target, found, home)
        for (source, target), found in ties.items()
        if source != target or _fields(found)
    )
    return Relations(tuple(boxes), tuple(links))


def _box(resource: CompiledResource, own: Sequence[_Tie], home: str | None) -> Box:
    # A line from a box to itself would only hide others.
    note = _done(own, "others", "them") if own and not _fields(own) else None
    return Box(short_name(resource.name, home), tuple(key_rows(resource)), note)


def _link(source: str, target: str, ties: Sequence[_Tie], home: str | None) -> Link:
    shown, fields = short_name(source, home), _fields(ties)
    done = _done(ties, "others", "them") if source == target else _done(ties, "it", "it")
    # Where fields name records, they say how many there may be.
    telling = [one for one in ties if one.field is not None] or ties
    return Link(
        source=shown,
        target=short_name(target, home),
        labels=(*([", ".join(fields)] if fields else []), *([f"{shown} {done}"] if done else [])),
        near=max((one.near for one in telling), key=_WIDTH.__getitem__),
        far=max((one.far for one in telling), key=_WIDTH.__getitem__),
        is_reference=bool(fields),
    )


def _fields(ties: Sequence[_Tie]) -> list[str]:
    """The fields that name records of the other."""
    return list(dict.fromkeys(one.field for one in ties if one.field is not None))


def _done(ties: Sequence[_Tie], whom: str, again: str) -> str:
    """What else is done, in words: "looks it up, creates it and updates it"."""
    verbs = [verb for verb in _VERBS if any(one.verb == verb for one in ties)]
    *first, last = [verb.format(again if place else whom) for place, verb in enumerate(verbs)] or [""]
    return f"{', '.join(first)} and {last}" if first else last


# What a resource has to do with others


def _ties(resource: CompiledResource) -> Iterator[_Tie]:
    yield from (tie for _, tie in _references(resource))
    for lookup in resource.file.lookups:
        yield _Tie(lookup.resource, _found(lookup), "looks {} up")
    for effect in _effects(resource):
        yield from _effect(resource, effect)
    for reaction in resource.file.workflow.reactions if resource.file.workflow else ():
        yield _Tie(reaction.after_resource, "many", "reacts to {}")


def _references(resource: CompiledResource) -> Iterator[tuple[str, _Tie]]:
    """Each reference, with the name that expressions have for what it finds."""
    fields = list(resource.fields.values())
    for event in resource.workflow.events.values() if resource.workflow is not None else ():
        fields += [one for name, one in event.items() if name not in resource.fields]
    for place in placed_fields(fields):
        if (found := place.field.reference) is not None:
            yield found.bind or "", _reference(place, found.resource)


def _reference(place: Placed, resource: str) -> _Tie:
    rule = place.field.rule
    is_there = rule.required and place.field is place.top
    is_unique = rule.unique is not None and rule.unique.where is None and not rule.unique.within
    return _Tie(
        resource,
        far="many" if place.is_repeated else "one" if is_there else "maybe",
        field=place.path,
        near="maybe" if is_unique else "many",
    )


def _found(lookup: LookUp) -> End:
    if lookup.kind != "find":
        return "many"
    return "maybe" if lookup.if_missing == "null" else "one"


def _effects(resource: CompiledResource) -> Iterator[Effect]:
    workflow = resource.file.workflow
    yield from resource.file.effects
    for transition in workflow.transitions if workflow is not None else ():
        yield from transition.effects


def _effect(resource: CompiledResource, effect: Effect) -> Iterator[_Tie]:
    target = effect.target
    if target is None:
        return
    if effect.verb == "send":
        yield _Tie(_target_name(resource, target), "one", "sends to {}")
    elif effect.verb == "create":
        yield _Tie(target, "one" if effect.when is None else "maybe", "creates {}")
    elif "/" in target:
        several: Mapping[str, End] = {"one": "one", "at_most_one": "maybe", "any": "many"}
        yield _Tie(target, several[effect.expect], "updates {}")
    else:
        yield from (_Tie(one, far, "updates {}") for one, far in _records(resource, target))


def _records(resource: CompiledResource, name: str) -> Iterator[tuple[str, End]]:
    """The resource that a name in expressions stands for, and how many of its records."""
    for lookup in resource.file.lookups:
        if lookup.name == name:
            yield lookup.resource, _found(lookup)
    yield from ((tie.target, tie.far) for bound, tie in _references(resource) if bound == name)
    for effect in _effects(resource):
        if effect.bind == name and effect.target is not None:
            yield effect.target, "maybe"


# Where messages go


def _targets(resource: CompiledResource) -> Mapping[str, Target]:
    """Where the effects of a resource send messages, under the names of boxes."""
    named = (one.target for one in _effects(resource) if one.verb == "send" and one.target is not None)
    return {_target_name(resource, one): resource.targets[one].rule for one in named}


def _target_name(resource: CompiledResource, target: str) -> str:
    return f"{resource.file.api}/{target} (target)"


def _target_box(shown: str, target: Target) -> Box:
    return Box(shown, (Row(target.method, "url", path=one_line(target.url)),), is_target=True)
