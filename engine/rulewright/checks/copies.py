"""Which values of sensitive fields the rules of a resource put into fields that do not say what they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Final, TypeAlias

from msgspec import Struct

from rulewright.cel import CelError, parse
from rulewright.checks.inferred_names import PAYLOAD, RECORD, kinds_of
from rulewright.checks.subject import Subject
from rulewright.copying import Held, held, held_by_field, held_by_fields, taken
from rulewright.model import Effect, Expression, Field, Inference, LookUp, Template, TemplateList, TemplateMap

TAKES: Final = "takes its value"
COMPARED: Final = "is compared with it"
Place: TypeAlias = tuple[str, ...]
"""A resource, then the names of a field and of those that it stands in; for an event's, WORKFLOW and its name
first."""
WORKFLOW: Final = ""
_Names = Mapping[str, Held]
_Fields = Mapping[str, Field]


class Copy(Struct, frozen=True):
    """At `place` the value of a sensitive field, `source`, is taken, or compared with: `how` says which."""

    place: Place
    source: str
    how: str
    expression: Expression

    @property
    def name(self) -> str:
        """The field, within those that it stands in."""
        _, *names = self.place
        return ".".join(names if names[0] != WORKFLOW else names[2:])


def copies_of(subject: Subject) -> Iterator[Copy]:
    """Every value that a rule puts into a field, and every one that records are looked up by."""
    copies = _Copies(subject)
    yield from copies.into_fields(subject.file.fields, {}, (subject.file.resource,))
    for effect in subject.all_effects():
        yield from copies.by_effect(effect)
    for lookup in subject.file.lookups:
        yield from copies.looked_up(lookup, {})
    yield from copies.referenced()
    yield from copies.by_the_workflow()
    for inference in subject.file.inferences:
        yield from copies.into(subject.file.resource, inference.set, copies.facts_of(inference))


class _Copies(Struct, frozen=True, dict=True):
    """What the names of one resource's expressions hold, worked out as they are met."""

    subject: Subject

    def into_fields(self, fields: Iterable[Field], names: _Names, around: Place) -> Iterator[Copy]:
        """What gives fields their values, those of inner ones too."""
        for field in fields:
            place = (*around, field.name)
            for template in (field.default_from, field.compute.value if field.compute else None):
                yield from self._taken(template, field, names, TAKES, place)
            yield from self.into_fields(field.fields or (), names, place)
            if field.items is not None:
                item = {"item": held_by_field(field.items, "item")}
                yield from self.into_fields((field.items,), item, place)

    def by_effect(self, effect: Effect) -> Iterator[Copy]:
        """What an effect sets, of its own record or of another."""
        target = self.subject.target_of(effect)
        if target is not None:
            yield from self.into(target, effect.set, {})

    def by_the_workflow(self) -> Iterator[Copy]:
        """The first state, what transitions set, and what reactions send on of what they react to."""
        workflow, own = self.subject.file.workflow, self.subject.file.resource
        if workflow is None:
            return
        state = self.subject.fields.get(workflow.field or "")
        if state is not None:
            yield from self._taken(workflow.initial_from, state, {}, TAKES, (own, state.name))
        for transition in workflow.transitions:
            yield from self.into(own, transition.set, {})
        events = {event.name: {field.name: field for field in event.fields} for event in workflow.events}
        for reaction in workflow.reactions:
            names = {"source": self._record(reaction.after_resource, "source")}
            sent, around = events.get(reaction.fire, {}), (own, WORKFLOW, reaction.fire)
            yield from self._into(sent, around, reaction.with_, names, TAKES)
            if reaction.for_each not in self.subject.file.lookups:
                yield from self.looked_up(reaction.for_each, names)

    def looked_up(self, lookup: LookUp, names: _Names) -> Iterator[Copy]:
        """What a look-up compares fields with: a trace tells it."""
        yield from self.into(lookup.resource, lookup.by, names, COMPARED)

    def referenced(self) -> Iterator[Copy]:
        """What the records that fields name are compared with: a trace tells it, too."""
        for _, field in self.subject.all_fields():
            if field.references is not None:
                yield from self.into(field.references.resource, field.references.where, {}, COMPARED)

    def into(
        self, resource: str, values: TemplateMap | None, names: _Names, how: str = TAKES
    ) -> Iterator[Copy]:
        """The entries of a map whose keys are fields of a resource."""
        fields = self.subject.universe.fields_of(resource) or {}
        yield from self._into(fields, (resource,), values, names, how)

    def _into(
        self, fields: _Fields, around: Place, values: TemplateMap | None, names: _Names, how: str
    ) -> Iterator[Copy]:
        for name, entry in values.entries.items() if values is not None else ():
            if name in fields:
                yield from self._taken(entry, fields[name], names, how, (*around, name))

    def _taken(
        self, template: Template | None, field: Field, names: _Names, how: str, place: Place
    ) -> Iterator[Copy]:
        if field.sensitive:
            return
        if isinstance(template, TemplateMap):
            below = {one.name: one for one in field.fields or ()}
            for name, entry in template.entries.items():
                if name in below:
                    yield from self._taken(entry, below[name], names, how, (*place, name))
                elif not below:
                    yield from self._taken(entry, field, names, how, place)
        elif isinstance(template, TemplateList):
            inner, at = (field.items, (*place, field.items.name)) if field.items else (field, place)
            for item in template.items:
                yield from self._taken(item, inner, names, how, at)
        elif isinstance(template, Expression):
            for path, source in taken(self._held(template, names), field):
                yield Copy((*place, *path), source, how, template)

    def _held(self, expression: Expression, names: _Names) -> Held:
        try:
            return held(parse(expression.text), names, self._behind)
        except CelError:
            return ""

    def _behind(self, name: str) -> Held:
        if name in ("payload", "record", "current"):
            events = self.subject.file.workflow.events if self.subject.file.workflow else ()
            sent = [field for event in events for field in event.fields]
            return held_by_fields((*sent, *self.subject.file.fields), name)
        if name in self.subject.records:
            return self._record(self.subject.records[name], name)
        for lookup in self.subject.file.lookups:
            if lookup.name == name and lookup.kind in ("max", "min"):
                field = (self.subject.universe.fields_of(lookup.resource) or {}).get(lookup.of or "")
                return held_by_field(field, f"{lookup.resource}.{field.name}") if field is not None else ""
        return ""

    def _record(self, resource: str, label: str) -> Held:
        return held_by_fields((self.subject.universe.fields_of(resource) or {}).values(), label)

    def facts_of(self, inference: Inference) -> _Names:
        """The names of a rule of `infer`."""
        return self._facts_of(inference, self._kinds)

    def _facts_of(self, inference: Inference, kinds: Mapping[str, Held]) -> _Names:
        return {name: self._source(source, kinds) for name, source in inference.facts.items()}

    def _source(self, source: str, kinds: Mapping[str, Held]) -> Held:
        if source in (PAYLOAD, RECORD):
            return self._behind(source[1:])
        return kinds[source] if source in kinds else self._behind(source)

    @cached_property
    def _kinds(self) -> Mapping[str, Held]:
        """What inferred facts hold: a value may come through the facts of several rules."""
        kinds: dict[str, dict[str, Held]] = {kind: {} for kind in kinds_of(self.subject)}
        while True:
            found = [one for rule in self.subject.file.inferences for one in self._handed_on(rule, kinds)]
            new = [(kind, name, whole) for kind, name, whole in found if name not in kinds[kind]]
            for kind, name, whole in new:
                kinds[kind][name] = whole
            if not new:
                return kinds

    def _handed_on(self, inference: Inference, kinds: Mapping[str, Held]) -> Iterator[tuple[str, str, Held]]:
        names = self._facts_of(inference, kinds)
        for kind, values in inference.asserts.items():
            for name, value in values.entries.items():
                whole = self._held(value, names) if isinstance(value, Expression) else ""
                if whole and isinstance(whole, str):
                    yield kind, name, whole
