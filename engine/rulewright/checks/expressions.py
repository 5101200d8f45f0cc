"""All expressions of a resource, from every part of its rule file and of api.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from msgspec.structs import replace

from rulewright.cel import CelError, Path, Type, parse
from rulewright.cel.checker import Expected
from rulewright.cel.checker.facts import facts_of
from rulewright.checks.field_types import DYN, TEXT, accepted, of_field, size_of
from rulewright.checks.inferred_names import FACT_VALUE, fact_sizes, fact_types
from rulewright.checks.names import (
    CREATE,
    WRITES,
    Lasting,
    Names,
    base_names,
    bound_names,
    every_operation,
    resource_type,
)
from rulewright.checks.sites import Place, Site, Wanted, reference_owner
from rulewright.checks.subject import Subject
from rulewright.model import (
    Check,
    Effect,
    Expression,
    Field,
    Inference,
    LookUp,
    Reaction,
    Target,
    Transition,
    Workflow,
)
from rulewright.plugins import Registry

_PERMISSIONS = Expected((Type("list", (TEXT,)),), "the list of permissions")
_STATE = Expected((TEXT,), "a state")


def sites(subject: Subject) -> Iterator[Site]:
    """All expressions of one resource."""
    return _Finder(subject).all()


def value_of_field(fields: Mapping[str, Field] | None, registry: Registry) -> Wanted:
    """What `set` and its like put into a field."""

    def wanted(name: str) -> Expected | None:
        field = (fields or {}).get(name)
        return None if field is None else Expected(accepted(field, registry), f"the field {name}")

    return wanted


def match_of_field(fields: Mapping[str, Field] | None, registry: Registry) -> Wanted:
    """What `where` and `by` compare a field with: one value, or a list of which any will do."""

    def wanted(name: str) -> Expected | None:
        field = (fields or {}).get(name)
        if field is None:
            return None
        kinds = accepted(field, registry)
        return Expected((*kinds, *(Type("list", (kind,)) for kind in kinds)), f"the field {name}")

    return wanted


def _in_record(path: str) -> Path:
    """Where a field's value is stored; the fields of an event go into the record, too."""
    steps = path.split(".")
    return ("record", *steps[2:]) if steps[0] == "workflow" else tuple(steps)


def _told_by(condition: Expression | None) -> frozenset[Path]:
    """What can't be null where a condition holds."""
    if condition is None:
        return frozenset()
    try:
        return facts_of(parse(condition.text), True, lambda _: False)
    except CelError:
        return frozenset()


class _Finder:
    """Goes through one resource; the names of each set of operations are worked out once."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.file = subject.file
        self.every = every_operation(subject)
        self.lasting = Lasting.of(subject)
        self._names: dict[frozenset[str], Names] = {}
        registry = subject.universe.registry
        self.kind_of = partial(of_field, registry=registry)
        self.into = partial(value_of_field, registry=registry)
        self.match = partial(match_of_field, registry=registry)

    def all(self) -> Iterator[Site]:
        """Every expression of the file, then those of api.yaml as they read for it."""
        readers = list(self.readers())
        yield from self.lookups(readers)
        yield from readers

    def readers(self) -> Iterator[Site]:
        """All but the look-ups."""
        yield from self.fields(self.file.fields, self.place("a field", WRITES), "record")
        yield from self.rules(self.file.checks, "a check", WRITES, {})
        bound = bound_names(self.subject, self.file.effects)
        yield from self.rules(self.file.invariants, "an invariant", self.every, bound)
        yield from self.effects(self.file.effects, CREATE)
        if self.file.workflow is not None:
            yield from self.workflow(self.file.workflow)
        yield from self.rest(bound)
        yield from self.api()

    def names(self, on: frozenset[str]) -> Names:
        """The names there are on these operations."""
        on = on & self.every or on
        if on not in self._names:
            self._names[on] = base_names(self.subject, on, self.lasting)
        return self._names[on]

    def place(self, words: str, on: frozenset[str], owner: str | None = None) -> Place:
        """A place where those names are in sight."""
        return Place(self.names(on), words, on, owner)

    def when(self, on: tuple[str, ...] | None, default: frozenset[str]) -> frozenset[str]:
        """The operations that an `on` names."""
        if on is None:
            return default
        return self.every if "*" in on else frozenset(on)

    def lookups(self, readers: Iterable[Site]) -> Iterator[Site]:
        """The keys of look-ups; each runs on the operations of what reads it, and on no other."""
        runs = self._runs(readers)
        for lookup in self.file.lookups:
            target = self.subject.universe.fields_of(lookup.resource)
            place = self.place("a look-up", runs[lookup.name] or self.every, lookup.name)
            names = place.names.having(self._source_of(lookup))
            seen = Place(names, place.words, place.on, lookup.name)
            yield from seen.entries(self.match(target), lookup.by)

    def _source_of(self, lookup: LookUp) -> Mapping[str, Type]:
        """A look-up that a reaction names may read the record that the reaction is to."""
        workflow = self.file.workflow
        named = [one for one in (workflow.reactions if workflow else ()) if one.for_each.name == lookup.name]
        return {"source": resource_type(self.subject, named[0].after_resource)} if named else {}

    def _runs(self, readers: Iterable[Site]) -> Mapping[str, frozenset[str]]:
        runs = {lookup.name: self._asked_by_effects(lookup) for lookup in self.file.lookups}
        for site in readers:
            for name in {reading.names[0] for reading in site.readings} & runs.keys():
                runs[name] |= site.on
        keys = {
            lookup.name: {
                reading.names[0]
                for site in self.place("a look-up", WRITES).values(None, lookup.by)
                for reading in site.readings
            }
            for lookup in self.file.lookups
        }
        # A look-up may be read by another, and that by a third.
        for _ in keys:
            for reader, names in keys.items():
                for name in names & runs.keys():
                    runs[name] |= runs[reader]
        return runs

    def _asked_by_effects(self, lookup: LookUp) -> frozenset[str]:
        if lookup.if_missing != "null":
            return self.every
        named = [effect for effect in self.subject.all_effects() if effect.target == lookup.name]
        return frozenset(name for effect in named for name in self.when(effect.on, CREATE))

    def fields(self, fields: Iterable[Field], around: Place, path: str) -> Iterator[Site]:
        """The expressions of fields, inner ones too."""
        for field in fields:
            yield from self.field(field, around, f"{path}.{field.name}")

    def field(self, field: Field, around: Place, path: str) -> Iterator[Site]:
        """The expressions of one field; `around` has the `item` of a list around it."""
        asked = Place(around.names, "a field's condition", around.on)
        yield from asked.conditions(
            field.required_if, field.required_unless, field.forbidden_if, field.excluded_if
        )
        yield from self.derived(field, around, path)
        yield from self.own(field, around, path)
        if field.unique is not None:
            unique = Place(around.names, "unique", around.on)
            yield from unique.entries(self.match(self.subject.fields), field.unique.where)
        yield from self.fields(field.fields or (), around, path)
        if field.items is not None:
            item = around.names.having(
                {"item": self.kind_of(field.items)},
                {"item": size_of(field.items, self.subject.universe.registry)},
            )
            yield from self.field(field.items, Place(item, around.words, around.on), f"{path}.items")

    def derived(self, field: Field, around: Place, path: str) -> Iterator[Site]:
        """What gives a field its value."""
        into = Expected(accepted(field, self.subject.universe.registry), f"the field {field.name}")
        yield from Place(around.names, "a field's value", around.on, path).values(into, field.default_from)
        if field.compute is not None:
            on = self.when(field.compute.on, CREATE if field.immutable else self.every)
            computed = Place(self.within(on, around), "a field's value", on, path)
            yield from computed.values(into, field.compute.value)

    def within(self, on: frozenset[str], around: Place) -> Names:
        """The names there are on these operations, with the `item` of a list around them."""
        names, item = self.names(on), around.names.declarations.variables.get("item")
        return names if item is None else names.having({"item": item}, {"item": around.names.sizes["item"]})

    def own(self, field: Field, around: Place, path: str) -> Iterator[Site]:
        """What is about a field's own value, and asked only when that is given."""
        kind = self.kind_of(field)
        own: dict[str, Type] = {"value": kind, **({"item": kind} if field.name == "items" else {})}
        given = [_in_record(path)] if field.name != "items" else []
        names = around.names.having(own, {"value": size_of(field, self.subject.universe.registry)}, given)
        if isinstance(field.one_of, Expression):
            options = Expected((Type("list", (kind,)),), "one_of")
            yield from Place(names, "one_of", around.on).values(options, field.one_of)
        for check in field.checks:
            on = self.when(check.on, around.on)
            here = self.within(on, around)
            # An item's own checks read it by both names.
            here = here.having(own, {"value": size_of(field, self.subject.universe.registry)}, given)
            yield from Place(here, "a field's check", on).conditions(check.check)
        if field.references is not None:
            target = self.subject.universe.fields_of(field.references.resource)
            reference = Place(names, "a reference", around.on, reference_owner(field))
            yield from reference.entries(self.match(target), field.references.where)

    def rules(
        self, checks: Iterable[Check], words: str, default: frozenset[str], bound: Mapping[str, Type]
    ) -> Iterator[Site]:
        """Checks and invariants."""
        for check in checks:
            on = self.when(check.on, default)
            place = Place(self.names(on).having(bound), words, on)
            changed = self._changed(place, check)
            names = place.names.having({}, given=changed) if changed else place.names
            yield from Place(names, words, on).conditions(check.check)

    def _changed(self, place: Place, check: Check) -> frozenset[Path]:
        """On an update a check is judged when what it reads has changed; one field alone is then given."""
        if place.on & self.every != {"update"}:
            return frozenset()
        read = {
            reading.names[:2]
            for site in place.conditions(check.check)
            for reading in site.readings
            if len(reading.names) > 1 and reading.names[0] in ("record", "payload")
        }
        fields = [self.subject.fields.get(path[1]) for path in read]
        sent = all(field is not None and not (field.nullable or field.compute) for field in fields)
        return frozenset(read) if len(read) == 1 and sent else frozenset()

    def effects(self, effects: tuple[Effect, ...], default: frozenset[str]) -> Iterator[Site]:
        """An effect may name what earlier ones have created, and in `set` and `body` itself."""
        for effect in effects:
            on = self.when(effect.on, default)
            # The keys of what later effects create exist before the first effect.
            others = [one for one in effects if one is not effect]
            bound = bound_names(self.subject, others, effect)
            before = Place(self.names(on).having(bound), "an effect", on)
            target = self.subject.target_of(effect)
            fields = None if target is None else self.subject.universe.fields_of(target)
            yield from before.conditions(effect.when)
            # The rest of an effect is read only where its condition holds.
            held = Place(before.names.having({}, given=_told_by(effect.when)), "an effect", on)
            yield from held.entries(self.match(fields), effect.where)
            itself = bound_names(self.subject, (effect,), effect)
            within = Place(held.names.having(itself), "an effect", on)
            yield from within.entries(self.into(fields), effect.set)
            yield from within.values(None, effect.body)

    def workflow(self, workflow: Workflow) -> Iterator[Site]:
        """Events, transitions and reactions."""
        state = f"record.{workflow.field}" if workflow.field is not None else None
        yield from self.place("the workflow", CREATE, state).values(_STATE, workflow.initial_from)
        moved = self.subject.events or self.every
        yield from self.place("the workflow", moved).values(_STATE, workflow.state_from)
        for event in workflow.events:
            here = self.place("a field", frozenset({event.name}))
            yield from self.fields(event.fields, here, f"workflow.{event.name}")
        for transition in workflow.transitions:
            yield from self.transition(transition)
        for reaction in workflow.reactions:
            yield from self.reaction(reaction, workflow)

    def transition(self, transition: Transition) -> Iterator[Site]:
        """One move: its guard, what it sets, its effects."""
        on = frozenset({transition.event})
        place = self.place("a transition", on)
        yield from place.conditions(transition.guard)
        yield from place.entries(self.into(self.subject.fields), transition.set)
        yield from self.effects(transition.effects, on)

    def reaction(self, reaction: Reaction, workflow: Workflow) -> Iterator[Site]:
        """The look-up over the other record, and the payload made of it."""
        source = {"source": resource_type(self.subject, reaction.after_resource)}
        place = Place(self.names(self.every).having(source), "a reaction", self.every)
        target = self.subject.universe.fields_of(reaction.for_each.resource)
        yield from place.entries(self.match(target), reaction.for_each.by)
        events = {event.name: {field.name: field for field in event.fields} for event in workflow.events}
        yield from place.entries(self.into(events.get(reaction.fire)), reaction.with_)

    def rest(self, bound: Mapping[str, Type]) -> Iterator[Site]:
        """Scope, inferences and the response."""
        yield from self.place("scope", self.every).entries(self.match(self.subject.fields), self.file.scope)
        for inference in self.file.inferences:
            # Without one of its facts, names that it gives would be told as unknown.
            if not self.subject.is_flawed(inference, "facts"):
                yield from self.inference(inference)
        if self.file.response is not None:
            shown = self.names(self.every).having({**bound, "resource": DYN, "body": DYN})
            place = Place(shown, "the response", self.every)
            yield from place.values(None, self.file.response.body, *self.file.response.include.values())

    def inference(self, inference: Inference) -> Iterator[Site]:
        """One rule of `infer`: what it asks of its facts, and what it makes of them."""
        names = self.names(WRITES)
        names = names.having(fact_types(self.subject, inference, names), fact_sizes(self.subject, inference))
        yield from Place(names, "an inference", WRITES).conditions(inference.when)
        # The rest is read only where the condition holds.
        held = Place(names.having({}, given=_told_by(inference.when)), "an inference", WRITES)
        for values in inference.asserts.values():
            yield from held.entries(lambda _: FACT_VALUE, values)
        if inference.problem is not None:
            yield from held.values(None, inference.problem.with_)
        yield from held.entries(self.into(self.subject.fields), inference.set)

    def api(self) -> Iterator[Site]:
        """The expressions of api.yaml."""
        api = self.subject.api
        if api.auth is not None:
            yield from self.place("auth", self.every).values(_PERMISSIONS, api.auth.permissions)
        if api.idempotency is not None:
            yield from self.place("idempotency", self.every).values(None, *api.idempotency.scope)
        # Fields differ between the resources that share an envelope.
        wrapped = dict.fromkeys(("resource", "body", "record", "payload", "current"), DYN)
        names = self.names(self.every).having(wrapped)
        yield from Place(names, "the envelope", self.every).values(None, api.envelope)
        for target in api.targets:
            yield from self.target(target)

    def target(self, target: Target) -> Iterator[Site]:
        """How a target orders messages and what its replies are for; there a record and a reply are all."""
        # A target that no effect of this file sends to may be for records of another shape.
        known = self.subject.sends_to(target.name)
        record = resource_type(self.subject, self.file.resource) if known else DYN
        place = Place(self.names(self.every).only({"record": record}), "the order of messages", self.every)
        yield from place.values(None, target.ordered_by)
        place = replace(place, names=place.names.having({"reply": DYN}), words="what is written back")
        yield from place.entries(self.into(self.subject.fields if known else None), target.write_back)
