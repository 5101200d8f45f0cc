"""sensitive-copied: a field that is not sensitive takes the value of one that is.

    card: {type: string, sensitive: true}
    note: {type: string, compute: "'paid with ' + payload.card"}                   # shows the card's number
    note: {type: string, sensitive: true, compute: "'paid with ' + payload.card"}  # right

What is sensitive is hidden by its field, so the copy shows in reports, traces and the history. So does the
value where a look-up compares a field that is not sensitive with it. Say sensitive: true of that field, too,
or sensitive: false where what it takes may be shown (the last four digits, for example).

Responses and messages give what they are told to give; reports of them mask the sensitive values of what
was sent and of what changes. They do not know those of records that are only looked up. So these are told of,
too: take them through a field of the resource that is sensitive. A warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from msgspec import Struct

from rulewright.cel import CelError, parse
from rulewright.checks.copying import Held, any_of, held, held_by_field, held_by_fields, shown_in
from rulewright.checks.inferred_names import PAYLOAD, RECORD, kinds_of
from rulewright.checks.subject import Subject, problem
from rulewright.model import Expression, Field, Inference, LookUp, Template, TemplateList, TemplateMap
from rulewright.problem import SourceProblem

CODE = "sensitive-copied"
_TAKES = "takes its value"
_COMPARED = "is compared with it"
# Their sensitive values are masked wherever they are told.
_MASKED = ("payload", "record", "current")
_Names = Mapping[str, Held]
_Fields = Mapping[str, Field]


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every value that a rule puts into a field, and every one that records are looked up by."""
    copies = _Copies(subject)
    yield from copies.into_fields(subject.file.fields, {})
    for effect in subject.all_effects():
        target = subject.target_of(effect)
        fields = {} if target is None else subject.universe.fields_of(target) or {}
        yield from copies.into(fields, effect.set, {})
    for look_up in subject.file.lookups:
        yield from copies.looked_up(look_up, {})
    yield from copies.by_the_workflow()
    yield from copies.told()
    for inference in subject.file.inferences:
        yield from copies.into(subject.fields, inference.set, copies.facts_of(inference))


class _Copies(Struct, frozen=True, dict=True):
    """What the names of one resource's expressions hold, worked out as they are met."""

    subject: Subject

    def into_fields(self, fields: Iterable[Field], names: _Names) -> Iterator[SourceProblem]:
        """What gives fields their values, those of inner ones too."""
        for field in fields:
            for template in (field.default_from, field.compute.value if field.compute else None):
                yield from self._shown(template, field, names, _TAKES)
            yield from self.into_fields(field.fields or (), names)
            if field.items is not None:
                item = {"item": held_by_field(field.items, "item")}
                yield from self.into_fields((field.items,), item)

    def by_the_workflow(self) -> Iterator[SourceProblem]:
        """What transitions set, and what reactions send on of the record that they are to."""
        workflow = self.subject.file.workflow
        for transition in workflow.transitions if workflow else ():
            yield from self.into(self.subject.fields, transition.set, {})
        for reaction in workflow.reactions if workflow else ():
            names = {"source": self._record(reaction.after_resource, "source")}
            events = {event.name: event.fields for event in workflow.events} if workflow else {}
            sent = {field.name: field for field in events.get(reaction.fire, ())}
            yield from self.into(sent, reaction.with_, names)
            if reaction.for_each not in self.subject.file.lookups:
                yield from self.looked_up(reaction.for_each, names)

    def told(self) -> Iterator[SourceProblem]:
        """What responses and messages hold of records that are only looked up."""
        shape = self.subject.file.response
        for template in (shape.body, *shape.include.values()) if shape is not None else ():
            yield from self._told(template, "the response")
        for effect in self.subject.all_effects():
            if effect.verb == "send":
                yield from self._told(effect.body, f"the message to {effect.target}")

    def _told(self, template: Template | None, where: str) -> Iterator[SourceProblem]:
        below: Iterable[Template] = ()
        if isinstance(template, TemplateMap):
            below = template.entries.values()
        elif isinstance(template, TemplateList):
            below = template.items
        elif isinstance(template, Expression):
            known = dict.fromkeys((*_MASKED, *self._made), "")
            source = any_of(self._held(template, known))
            if source:
                text = f"{source} is sensitive, and {where} gives it, where reports do not mask it"
                hint = "take it through a field of this resource that says sensitive: true"
                yield problem(CODE, text, template.span, hint=hint, severity="warning")
        for one in below:
            yield from self._told(one, where)

    @property
    def _made(self) -> Iterator[str]:
        """The names of records that effects make: they are among the changes."""
        for effect in self.subject.all_effects():
            if effect.verb == "create" and effect.bind is not None:
                yield effect.bind

    def looked_up(self, look_up: LookUp, names: _Names) -> Iterator[SourceProblem]:
        """What a look-up compares fields with: a trace tells it."""
        fields = self.subject.universe.fields_of(look_up.resource) or {}
        yield from self.into(fields, look_up.by, names, _COMPARED)

    def into(
        self, fields: _Fields, values: TemplateMap | None, names: _Names, how: str = _TAKES
    ) -> Iterator[SourceProblem]:
        """The entries of a map whose keys are fields."""
        for name, entry in values.entries.items() if values is not None else ():
            yield from self._shown(entry, fields.get(name), names, how)

    def _shown(
        self, template: Template | None, field: Field | None, names: _Names, how: str
    ) -> Iterator[SourceProblem]:
        if field is None or field.sensitive:
            return
        if isinstance(template, TemplateMap):
            below = {one.name: one for one in field.fields or ()}
            for name, entry in template.entries.items():
                yield from self._shown(entry, below.get(name) if below else field, names, how)
        elif isinstance(template, TemplateList):
            for item in template.items:
                yield from self._shown(item, field.items or field, names, how)
        elif isinstance(template, Expression):
            source = shown_in(self._held(template, names), field)
            if source:
                text = f"{source} is sensitive, and the field {field.name}, which {how}, is not"
                hint = f"say sensitive: true of {field.name}, or sensitive: false where it may show"
                yield problem(CODE, text, template.span, hint=hint, severity="warning")

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
        for look_up in self.subject.file.lookups:
            if look_up.name == name and look_up.kind in ("max", "min"):
                field = (self.subject.universe.fields_of(look_up.resource) or {}).get(look_up.of or "")
                return held_by_field(field, f"{look_up.resource}.{field.name}") if field is not None else ""
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
