"""Effects as generated lines: conditions, keys and values in place, the planning by `runtime.plan`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from rulewright.compiled import CompiledEffect, CompiledField, CompiledResource
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.stored_form import encode_value
from rulewright.hotpath.runtime.plan import Uniques
from rulewright.hotpath.writing.cells import Cells, map_of
from rulewright.hotpath.writing.unit import NotGenerated, Unit, under


class EffectWriter:
    """Writes the function that plans what a create or an update leads to."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.cells = cells
        self.resource = unit.resource
        self.effects = unit.effects
        # Effect -> the transitions that bring it along.
        self.steps = {
            effect.order: index for index, one in enumerate(unit.transitions) for effect in one.effects
        }

    @property
    def is_needed(self) -> bool:
        """Whether anything is to be planned, or read back, beside the own record."""
        resource = self.resource
        reads_own = any(one.rule.resource == resource.name for one in resource.lookups.values()) or any(
            one.reference is not None and one.reference.resource == resource.name
            for one in resource.fields.values()
        )
        return bool(self.effects) or reads_own

    def lines(self) -> Iterator[str]:
        """Yield the body of `plan`."""
        yield f"{'begin_update' if self.unit.has_stored else 'begin'}(s, {self.resource.name!r})"
        updated: set[str] = set()
        for effect in self.effects:
            yield f"# {'.'.join(effect.id.split('.')[1:])}"
            lines = [*self._conditional(effect)]
            if lines and (own := self._maybe_own(effect)):
                yield f"require_others(s, {own!r})"
            if lines and (changed := updated & self._referenced(effect)):
                yield f"require_unchanged(s, {sorted(changed)!r})"
            yield from lines
            if lines and effect.rule.verb == "update":
                with suppress(NotGenerated):
                    updated.add(self._target(effect))
        yield "s.hidden = None"

    def _maybe_own(self, effect: CompiledEffect) -> list[tuple[str, str]]:
        """The references by which an effect may read the own record, which is stored as it was before."""
        if not self.unit.has_stored:
            return []
        named = [(one.name, one.reference) for one in self._references_read(effect) if one.reference]
        return [(name, reference.by) for name, reference in named if reference.resource == self.resource.name]

    def _referenced(self, effect: CompiledEffect) -> set[str]:
        """The resources of the records that an effect may read by the `as` of a reference."""
        named = (field.reference for field in self._references_read(effect))
        return {reference.resource for reference in named if reference is not None}

    def _references_read(self, effect: CompiledEffect) -> list[CompiledField]:
        """The fields of which an effect may read the records that they name."""
        parts = (effect.when, effect.where, effect.set, effect.body)
        roots = [path[0] for part in parts if part is not None for path in part.reads]
        roots.append(effect.rule.target or "")
        seen: set[str] = set()
        while roots:
            name = roots.pop()
            if name not in seen and name in self.resource.lookups:
                roots += [path[0] for path in self.resource.lookups[name].by.reads]
            seen.add(name)
        return [field for name, field in self.resource.bound_references.items() if name in seen]

    def _conditional(self, effect: CompiledEffect) -> Iterator[str]:
        """An effect where it applies; one that can't be written is left to the evaluator there."""
        try:
            body = [*self._effect(effect)]
        except NotGenerated:
            body = ["raise Decline"]
        if effect.when is not None:
            test = self.cells.writer().condition(effect.when)
            body = [*under(f"if {test}:", body)] if test != "False" else []
        step = f"if s.step == {self.steps[effect.order]}:" if effect.order in self.steps else ""
        yield from under(step, body)

    def _effect(self, effect: CompiledEffect) -> Iterator[str]:
        match effect.rule.verb:
            case "create":
                yield from self._create(effect)
            case "update":
                yield from self._update(effect)
            case "send":
                if effect.body is not None:
                    self.cells.reach(effect.body.reads)
                yield f"send(s, {self.unit.constant('effect', effect)}, {self._receiver(effect)})"
            case _:
                yield from self._set(effect)

    def _receiver(self, effect: CompiledEffect) -> str:
        """The constant for where a message goes."""
        target = self.resource.targets.get(effect.rule.target or "")
        if target is None:
            raise NotGenerated(f"{effect.id} sends to {effect.rule.target}")
        return self.unit.constant("target", target.rule)

    def _values(self, target: CompiledResource, effect: CompiledEffect) -> str:
        texts = [
            f"{name!r}: {self.cells.stored(target.fields[name], entry)}"
            for name, entry in effect.set.entries.items()
        ]
        return f"{{{', '.join(texts)}}}"

    def _set(self, effect: CompiledEffect) -> Iterator[str]:
        name = self.resource.name
        yield f"d = {self._values(self.resource, effect)}"
        yield f"set_own(s, {name!r}, d)"
        for field_name in effect.set.entries:
            field = self.resource.fields[field_name]
            self.cells.record(field)
            yield f"s.{self.unit.cell(f'c_r_{field_name}')} = d[{field_name!r}]"
            if field_name == self.resource.key:
                raise NotGenerated(f"{effect.id} sets the key")
        yield from self._references(self.resource, effect)

    def _references(self, target: CompiledResource, effect: CompiledEffect) -> Iterator[str]:
        for name in effect.set.entries:
            field = target.fields[name]
            reference = field.reference
            if reference is None:
                continue
            if reference.where.entries or field.rule.type == "list":
                raise NotGenerated(f"{effect.id} sets a reference with a scope")
            if field.hides:
                raise NotGenerated(f"{effect.id} sets a reference that nobody is told of")
            own = repr(reference.bind or field.name) if target is self.resource else "None"
            yield (
                f"require_named(s, {self.resource.name!r}, {reference.resource!r}, {reference.by!r}, "
                f"d[{name!r}], {own})"
            )

    def _update(self, effect: CompiledEffect) -> Iterator[str]:
        target, found = self._found(effect)
        ours = self.unit.constant("effect", effect)
        theirs = self.unit.constant("resource", target)
        yield f"for record in expected({ours}, {found}):"
        yield f"    d = {self._values(target, effect)}"
        references = [*self._references(target, effect)]
        call = f"update_record(s, {ours}, {theirs}, record, d)"
        if references:
            yield f"    if {call}:"
            yield from (f"        {line}" for line in references)
        else:
            yield f"    {call}"

    def _found(self, effect: CompiledEffect) -> tuple[CompiledResource, str]:
        name = effect.rule.target or ""
        rules = self.unit.rules.resources
        if name in rules:
            where = ", ".join(
                f"{key!r}: {self.cells.key(name, key, entry)}" for key, entry in effect.where.entries.items()
            )
            return rules[name], f"s.find({name!r}, {{{where}}})"
        code = self.cells.path((name,))
        if code is None or code.kind not in ("record", "records"):
            raise NotGenerated(f"{effect.id} updates {name}")
        target = rules[self.resource.resource_behind(name) or ""]
        return target, f"stored_again(s, {self.unit.constant('resource', target)}, {code.text})"

    def _create(self, effect: CompiledEffect) -> Iterator[str]:
        target = self.unit.rules.resources[effect.rule.target or ""]
        bind, given = effect.rule.bind, target.key in effect.set.entries
        if bind and bind not in self.resource.binds:
            raise NotGenerated(f"{effect.id} binds a record where others can't read it")
        yield f"d = {self._values(target, effect)}"
        yield from self._drawing(effect, target)
        texts = [f"{name!r}: {self._made(effect, target, field)}" for name, field in target.fields.items()]
        yield f"record = {{{', '.join(texts)}}}"
        ours = self.unit.constant("effect", effect)
        given = given or target.fields[target.key].rule.generate is None
        # Before it is planned: what it names must be there without it.
        yield from self._references(target, effect)
        yield f"create_record(s, {ours}, {self.unit.constant('resource', target)}, record, {given})"
        if bind:
            self.cells.bound.add(bind)

    def _drawing(self, effect: CompiledEffect, target: CompiledResource) -> Iterator[str]:
        """The lines that draw on chance as the evaluator does: a created record has a chance of its own."""
        random = [
            name
            for name, field in target.fields.items()
            if name not in effect.set.entries and _is_random(field)
        ]
        drawing = [one for one in self.effects if one.rule.verb in ("create", "send")]
        if random or len(drawing) > 1:
            yield "chance = chance_within(s)"
        if effect.rule.bind and target.key in random:
            # Other rules may have been promised it.
            yield "key = chance_of(s).uuid()"

    def _made(self, effect: CompiledEffect, target: CompiledResource, field: CompiledField) -> str:
        """What a field of a created record holds: set, generated, a default or null."""
        rule = field.rule
        if field.name in effect.set.entries:
            return f"d[{field.name!r}]"
        workflow = target.workflow
        if workflow is not None and workflow.rule.field == field.name:
            if workflow.initial_from is not None or workflow.rule.initial not in workflow.states:
                raise NotGenerated(f"{effect.id} makes a record whose state is worked out")
            return repr(workflow.rule.initial)
        if rule.compute is not None or (rule.default is None and field.default_from is not None):
            raise NotGenerated(f"{effect.id} makes a record with computed fields")
        if rule.generate is not None:
            if _is_random(field):
                return "key" if effect.rule.bind and field.name == target.key else "chance.uuid()"
            if rule.generate.kind != "sequence":
                raise NotGenerated(f"{effect.id} makes a record with a plug-in's id")
            return self.cells.generated(field, target.name)
        if rule.default is not None:
            return repr(encode_value(field, fit(field, field.type.decode(rule.default.value))))
        return "None"

    def uniques(self) -> dict[str, tuple[str, Uniques]]:
        """The `unique` rules of every resource that may be written, in stored form."""
        found: dict[str, tuple[str, Uniques]] = {}
        for name in {self.resource.name, *self.written()}:
            target = self.unit.rules.resources[name]
            listed = [
                (field.unique.fields, self.cells.where_constant(name, field.unique.where))
                for field in target.fields.values()
                if field.unique is not None
            ]
            if listed:
                found[name] = (target.key, listed)
        return found

    def unique_lines(self) -> Iterator[str]:
        """Yield the body of `uniques`: where nothing else is planned, the own record beside those stored."""
        uniques = self.uniques()
        if not uniques:
            return
        lines = [*self._own_uniques()] if self.resource.name in uniques else []
        if not self.effects:
            yield from lines
            return
        yield f"if s.changes: judge_uniques(s, {self.unit.constant('uniques', uniques)})"
        if lines:
            yield "else:"
            yield from (f"    {line}" for line in lines)

    def early_lines(self) -> Iterator[str]:
        """The same of a payload that is refused: an effect might have freed a value of the own kind."""
        name = self.resource.name
        if name in self.uniques() and not any(one.rule.target == name for one in self.resource.effects):
            yield from self._own_uniques()

    def _own_uniques(self) -> Iterator[str]:
        yield "r = s.record"
        for field in self.resource.fields.values():
            if field.unique is not None:
                tests, where = self.cells.holding(field.unique, "r[{!r}]".format)
                yield f"if s.store is not None and {' and '.join(tests)}:"
                yield f"    for other in s.store.find({self.resource.name!r}, {map_of(where)}):"
                yield f"        if not same(other.get({self.resource.key!r}), s.key): raise Decline"

    def written(self) -> set[str]:
        """The resources whose records the effects may write, beside the own record."""
        found = set()
        for one in self.effects:
            if one.rule.verb in ("create", "update"):
                # What can't be written is left to the evaluator, and writes nothing here.
                with suppress(NotGenerated):
                    found.add(self._target(one))
        return found

    def _target(self, effect: CompiledEffect) -> str:
        name = effect.rule.target or ""
        return name if name in self.unit.rules.resources else self._found(effect)[0].name


def _is_random(field: CompiledField) -> bool:
    return field.rule.generate is not None and field.rule.generate.kind == "uuid" and field.maker is None
