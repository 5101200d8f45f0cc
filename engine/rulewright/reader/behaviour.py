"""Nodes to look-ups, effects and workflows of the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, cast

from rulewright.model import Effect, Event, LookUp, Reaction, State, Timeout, Transition, Workflow
from rulewright.problem import Span
from rulewright.reader.behaviour_shape import EFFECT_VERBS, LOOKUP_VERBS
from rulewright.reader.fields import read_field
from rulewright.reader.parts import Part
from rulewright.reader.types import Merging, merged, without
from rulewright.source import MapNode, Scalar

# What the system supplies on its own account is not what the caller of an event may not send.
_NOT_INHERITED = frozenset(
    {"readonly", "immutable", "generate", "compute", "default", "default_from", "unique"}
)

_PRESENCE = ("required", "forbidden", "prohibited", "excluded")


def read_lookup(name: str, part: Part, span: Span) -> LookUp | None:
    """One declared read."""
    kind = next((verb for verb in LOOKUP_VERBS if verb in part), None)
    resource = part.text(kind) if kind else None
    if kind is None or resource is None:
        return None
    missing = part.text("if_missing") or "null"
    return LookUp(
        name=name,
        kind=cast("Literal['find', 'find_all', 'count', 'max', 'min']", kind),
        resource=resource,
        span=span,
        at=part.at,
        by=part.template_map("by") or part.empty_map(),
        of=part.text("of"),
        if_missing=cast("Literal['null', 'reject', 'not_found']", missing),
        error=part.error(),
    )


def read_lookups(part: Part) -> tuple[LookUp, ...]:
    """The look-ups of a resource."""
    found = (read_lookup(name.text, below, name.span) for name, below in part.named("lookups"))
    return tuple(lookup for lookup in found if lookup is not None)


def read_effects(part: Part) -> tuple[Effect, ...]:
    """A list of effects."""
    return tuple(_effect(below) for below in part.parts("effects"))


def _effect(part: Part) -> Effect:
    verb = next((verb for verb in EFFECT_VERBS if verb in part), None)
    return Effect(
        id=part.text("id") or "",
        span=part.span,
        at=part.at,
        verb=cast("Literal['create', 'update', 'send'] | None", verb),
        target=part.text(verb) if verb else None,
        when=part.expression("when"),
        on=part.occasions(),
        where=part.template_map("where"),
        set=part.template_map("set"),
        bind=part.text("bind"),
        body=part.template("body"),
        expect=cast("Literal['one', 'at_most_one', 'any']", part.text("expect") or "any"),
    )


def read_workflow(resource: Part, lookups: Mapping[str, LookUp], merging: Merging) -> Workflow | None:
    """The workflow of a resource."""
    part = resource.part("workflow")
    if part is None:
        return None
    return Workflow(
        span=part.span,
        at=part.at,
        field=part.text("field"),
        state_from=part.expression("state_from"),
        initial=part.text("initial"),
        initial_from=part.expression("initial_from"),
        states=tuple(_state(name, below) for name, below in part.named("states")),
        events=tuple(_events(part, resource, merging)),
        transitions=tuple(_transition(below) for below in part.parts("transitions")),
        reactions=tuple(_reactions(part, lookups, merging)),
        timeouts=tuple(_timeout(below) for below in part.parts("timeouts")),
    )


def _state(name: Scalar, part: Part) -> State:
    return State(name=name.text, span=name.span, title=part.text("title"), final=part.flag("final"))


def _events(part: Part, resource: Part, merging: Merging) -> Iterator[Event]:
    """Events; a field that the resource has too inherits its rules (language.md "Workflow")."""
    own = {name.text: below.node for name, below in resource.named("fields")}
    for name, below in part.named("events"):
        fields = []
        for field_name, keywords in below.named("fields"):
            node = keywords.node
            if field_name.text in own:
                node = _inheriting(node, own[field_name.text])
            fields.append(read_field(field_name, node, merging))
        yield Event(
            name=name.text, span=name.span, fields=tuple(field for field in fields if field is not None)
        )


def _inheriting(node: MapNode, own: MapNode) -> MapNode:
    """An event's field with the resource's rules; when it is given is the event's to say, if it does."""
    dropped = _NOT_INHERITED
    if any(keyword.startswith(_PRESENCE) for keyword in Part(node).at):
        dropped |= {keyword for keyword in Part(own).at if keyword.startswith(_PRESENCE)}
    return merged(node, without(own, dropped))


def _transition(part: Part) -> Transition:
    return Transition(
        event=part.text("event") or "",
        from_states=part.texts("from"),
        to=part.text("to") or "",
        span=part.span,
        at=part.at,
        guard=part.expression("guard"),
        set=part.template_map("set"),
        effects=read_effects(part),
        error=part.error(),
    )


def _reactions(workflow: Part, lookups: Mapping[str, LookUp], merging: Merging) -> Iterator[Reaction]:
    for part in workflow.parts("reactions"):
        for_each = _for_each(part, lookups, merging)
        if for_each is None:
            continue
        resource, _, event = (part.text("after") or "").rpartition(".")
        yield Reaction(
            after_resource=resource,
            after_event=event,
            for_each=for_each,
            fire=part.text("fire") or "",
            span=part.span,
            at=part.at,
            with_=part.template_map("with"),
            otherwise=cast("Literal['skip', 'reject']", part.text("otherwise") or "skip"),
        )


def _for_each(part: Part, lookups: Mapping[str, LookUp], merging: Merging) -> LookUp | None:
    found = part.node.entry("for_each")
    if found is None:
        return None
    if isinstance(found.value, MapNode):
        return read_lookup("for_each", Part(found.value), found.key.span)
    name = part.text("for_each") or ""
    if name not in lookups:
        merging.problems.append(found.value.problem("unknown-name", f"{name} is no look-up of this file"))
    return lookups.get(name)


def _timeout(part: Part) -> Timeout:
    return Timeout(
        state=part.text("state") or "",
        after_seconds=part.seconds("after") or 0,
        fire=part.text("fire") or "",
        span=part.span,
    )
