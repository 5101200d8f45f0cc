"""The stages of a create or an update as generated functions, in the order of `evaluation.decision`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rulewright.compiled import CompiledCheck, CompiledField
from rulewright.evaluation import PART_TYPES
from rulewright.evaluation.judging import applies_to
from rulewright.evaluation.request import PARAMETER, is_early
from rulewright.fieldtypes import INT64_MAX, INT64_MIN
from rulewright.hotpath.intake import may_be_null
from rulewright.hotpath.writing.apart import ApartWriter, has_odd_options
from rulewright.hotpath.writing.cells import Cells, map_of
from rulewright.hotpath.writing.effects import EffectWriter
from rulewright.hotpath.writing.expressions import Writer
from rulewright.hotpath.writing.listed import NO_NAMES, each_item, item_of
from rulewright.hotpath.writing.merging import MergeWriter
from rulewright.hotpath.writing.pieces import differing
from rulewright.hotpath.writing.presence import PresenceWriter
from rulewright.hotpath.writing.stepping import StepWriter
from rulewright.hotpath.writing.touching import Touching, both
from rulewright.hotpath.writing.unit import Code, Unit, attribute_of, kind_of_field

# Tuples, and mappings that are no dict, are for the plain evaluator.
_PART_TYPES = {**PART_TYPES, "list": (list,), "object": (dict,), "map": (dict,)}


class Stages:
    """Writes one function for each stage that has something to judge."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.resource = unit.resource
        self.cells = cells
        self.touching = Touching(unit)
        self.apart = ApartWriter(unit, self.touching, cells)
        self.presence = PresenceWriter(unit, cells, self.touching, self.apart)
        self.called: list[str] = []

    def _stage(self, name: str, title: str, lines: Iterable[str]) -> None:
        body = [*lines]
        if body:
            self.unit.function(name, title, body)
            self.called.append(name)

    # Before the payload

    def write_stored(self, merging: MergeWriter) -> None:
        """The record that an update is about."""
        self._stage("kept", "what is stored, in the form in which it is stored again", merging.kept())

    def write_merge(self, merging: MergeWriter) -> None:
        """What an update comes to."""
        self._stage("merge", "what was sent, merged into what is stored", merging.merged())
        self._stage("sizes", "how many keys maps have by then", merging.counted())

    def write_request(self) -> None:
        """Who calls, may they, and is there what the request names."""
        self._stage("caller", "who calls, may they", self._request())
        early = [one for one in self.resource.lookups.values() if is_early(self.resource, one)]
        lines = [f"{self.cells.look_up(one)}(s)" for one in early]
        self._stage("existence", "what the path names", lines)

    def _request(self) -> Iterator[str]:
        resource = self.resource
        api = resource.api
        operation = resource.operation(self.unit.operation)
        if api is not None and api.auth is not None:
            yield "if s.actor is None: raise Decline"
            for name, declared in api.auth.actor.items():
                if types := _PART_TYPES.get(declared):
                    wrong = " and ".join(f"part.__class__ is not {one.__name__}" for one in types)
                    if declared == "integer":
                        wrong = f"({wrong} or not {INT64_MIN} <= part <= {INT64_MAX})"
                    yield f"part = s.actor.get({name!r})"
                    yield f"if part is not None and {wrong}: raise Decline"
            if operation is not None and operation.permission is not None:
                yield f"if not permitted({self._permissions()}, {operation.permission!r}): raise Decline"
        rule = resource.idempotency
        if rule is not None and self.unit.operation in rule.rule.operations:
            constant = self.unit.constant("idempotency", rule)
            scope = ", ".join(map(self.cells.scoped, rule.scope))
            yield "if s.request.headers:"
            yield f"    key = key_in(s.request.headers, {rule.rule.header!r})"
            claim = f"claimed(s, {constant}, key, [{scope}])"
            yield f"    if key is not None: s.{self.unit.cell('c_claim')} = {claim}"
        if operation is not None and operation.path is not None:
            # The record's key stands in for its name in the path.
            named = (resource.key, "id", "uuid") if self.unit.has_stored else ()
            for name in [one for one in PARAMETER.findall(operation.path) if one not in named]:
                yield f"if s.request.path.get({name!r}) in (None, ''): raise Decline"

    def _permissions(self) -> str:
        if self.resource.permissions is None:
            return "s.actor.get('permissions')"
        return self.cells.writer().valued(self.resource.permissions).text

    # Presence

    def write_presence(self) -> None:
        """`excluded_if`, `forbidden`, `required`, `variants`: first what needs no expression."""
        self._stage("excluded", "fields that do not apply", self.presence.excluded())
        self._stage("presence", "required and forbidden", self.presence.lines())
        if not self.unit.has_stored:
            self._stage("variants", "exactly one alternative", self.presence.variants())

    # Values and checks

    def write_values(self) -> None:
        """Computed options, references, look-ups that must find something."""
        self._stage("values", "options and references", self._values())

    def _values(self) -> Iterator[str]:
        for field in self.unit.intake.values():
            if not self.unit.may_be_there(field):
                continue
            if self.apart.takes_values(field):
                yield from self.apart.all_values(field)
                continue
            yield from self.options(field)
            if field.reference is not None:
                # What an event leaves out names what it named.
                given = f"{self.unit.place(field)} is not None" if self.unit.is_event else ""
                when = self.touching.of_field(field.name) or given
                yield f"{f'if {when}: ' if when else ''}{self.cells.reference(field)}(s)"
            yield from self.apart.values(field)
        for lookup in self.resource.lookups.values():
            if lookup.rule.if_missing == "reject":
                yield f"{self.cells.look_up(lookup)}(s)"

    def options(self, field: CompiledField) -> Iterator[str]:
        """The lines about a field whose options are computed."""
        if field.one_of is not None and not has_odd_options(field):
            options = self.cells.called(field.one_of)
            place = self.unit.place(field)
            given = both(self.touching.of_field(field.name, field.one_of), f"{place} is not None")
            yield f"if {given} and not is_one_of({place}, listed({options})): raise Decline"

    def write_checks(self) -> None:
        """Checks of fields, then of the whole."""
        self._stage("checks", "checks", self._checks())

    def _checks(self) -> Iterator[str]:
        there = [one for one in self.unit.intake.values() if self.unit.may_be_there(one)]
        waiting = [one for one in there if self.waits(one)]
        for field in there:
            yield from self._field_checks(field, self.unit.place(field), field.name, own=field not in waiting)
        for field in reversed(there):
            yield from self.apart.lists(field)
            if field in waiting:
                yield from self._own_checks(field, self.unit.place(field), field.name)
        for check in self.resource.checks:
            if applies_to(check, self.unit.operation):
                touched = self.touching.of_whole(check.condition.reads)
                test = self.cells.writer().condition(check.condition)
                if test != "True":
                    yield f"if {both(touched, f'not {test}')}: raise Decline"

    def waits(self, field: CompiledField) -> bool:
        """Whether a list's own checks come after all others, which tells where they look records up."""
        looks = (self.unit.dependence.may_look_up(check.condition) for check in self._applying(field))
        return field.items is not None and any(looks)

    def _field_checks(self, field: CompiledField, place: str, top: str, *, own: bool = True) -> Iterator[str]:
        if own:
            yield from self._own_checks(field, place, top)
        yield from self._inner_checks(field, place, top)

    def _own_checks(
        self, field: CompiledField, place: str, top: str, local: Mapping[str, Code] = NO_NAMES
    ) -> Iterator[str]:
        value = Code(place, kind_of_field(field), sure=True, steady=True, field=field)
        tests = [self._check(check, {"value": value, **local}, top) for check in self._applying(field)]
        if tests:
            yield f"if {place} is not None and not ({' and '.join(tests)}): raise Decline"

    def inner_checks(self, field: CompiledField) -> list[str]:
        """The lines about the items and the parts of a field that have checks."""
        return [*self._inner_checks(field, self.unit.place(field), field.name)]

    def _inner_checks(self, field: CompiledField, place: str, top: str) -> Iterator[str]:
        if field.name == top and self.apart.judges(field):
            yield from self.apart.checks(field)
            return
        items = field.items
        if items is not None and items.checks:
            item = Code("item", kind_of_field(items), sure=True, steady=True, field=items)
            judged = {"value": item, "item": item}
            tests = [self._check(check, judged, top) for check in self._applying(items)]
            # A null is not given.
            given = " if item is not None" if may_be_null(items) else ""
            if tests:
                each = f"all([{' and '.join(tests)} for item in {place}{given}])"
                yield f"if {place} is not None and not ({each}): raise Decline"
        yield from each_item(field, place, lambda child, part: self._item_checks(child, part, top, field))
        for child in field.children:
            below = [*self._field_checks(child, f"{place}.get({child.name!r})", top)]
            if below:
                yield f"if {place} is not None:"
                yield from (f"    {line}" for line in below)

    def _item_checks(
        self, child: CompiledField, place: str, top: str, listed: CompiledField
    ) -> Iterator[str]:
        """The lines about the checks of a part of every object in a list."""
        yield from self._own_checks(child, place, top, item_of(listed))

    def _applying(self, field: CompiledField) -> Iterator[CompiledCheck]:
        # A field that an event brings inherits the field's rules, so checks without `on` are among them.
        return (
            check
            for check in field.checks
            if (self.unit.is_event and check.rule.on is None) or applies_to(check, self.unit.operation)
        )

    def _check(self, check: CompiledCheck, local: dict[str, Code], top: str) -> str:
        writer: Writer = self.cells.writer(local)
        test = writer.condition(check.condition)
        touched = self.touching.of_field(top, check.condition)
        return f"(not ({touched}) or {test})" if touched else test

    # The record

    def write_record(self) -> None:
        """Every field in the order of the file, in stored form."""
        has_stored = self.unit.has_stored
        lines = [f"record = s.record = {'{**s.merged}' if has_stored else self._sent_record()}"]
        overruled: list[str] = []
        for field in self.resource.fields.values():
            if self.cells.is_as_sent(field):
                continue
            text = self.cells.record(field)
            if text == "None" and not has_stored and not self.unit.is_sent(field):
                continue
            if self.cells.is_derived(field) and self.unit.is_sent(field):
                place = f"s.p.{attribute_of(field.name)}"
                overruled.append(f"if {place} is not None and {differing(field, place, text)}: raise Decline")
            lines.append(f"record[{field.name!r}] = {text}")
        lines.append(f"s.key = record[{self.resource.key!r}]")
        if has_stored:
            lines.append(f"if differs(s.key, s.kept[{self.resource.key!r}]): raise Decline")
        elif self.resource.fields[self.resource.key].rule.generate is None:
            # A key that the caller gives must be there, and new.
            find = f"s.store.find({self.resource.name!r}, {{{self.resource.key!r}: s.key}}, 1)"
            lines.append(f"if s.store is not None and (s.key is None or {find}): raise Decline")
        self._stage("complete", "the record", lines)
        self._stage("overruled", "what was sent and is set by the rules", overruled)

    def _sent_record(self) -> str:
        """The text of what was sent, as a record."""
        names = {name: f"s.p.{attribute_of(name)}" for name in self.resource.fields}
        is_plain = all(text == f"s.p.{name}" for name, text in names.items())
        return "asdict(s.p)" if is_plain else map_of(names)

    def write_step(self, stepping: StepWriter) -> None:
        """The step of an event."""
        self._stage("take", "the step of the event", stepping.lines())

    def write_consequences(self, effects: EffectWriter, stepping: StepWriter | None) -> None:
        """What the record leads to: effects, values that are taken by now, reactions, what must hold then."""
        if effects.is_needed:
            self._stage("plan", "the own record, then the effects", effects.lines())
        if stepping is not None:
            self._stage("verify", "the state that the step led to", stepping.verified())
        # Without a store nothing is taken.
        if self.unit.has_store:
            self._stage("uniques", "values that no other record may have", effects.unique_lines())
        self._stage("reactions", "other records that react", self._reactions())
        self._write_invariants()

    def _reactions(self) -> Iterator[str]:
        """Look for who reacts; no line where nobody ever does."""
        if reactions := self.unit.rules.reactions.get((self.resource.name, self.unit.operation)):
            yield f"require_nobody(s, {self.unit.constant('reactions', reactions)})"

    def _write_invariants(self) -> None:
        """What must hold after the effects, on look-ups read anew."""
        tests = [
            f"if not {self.cells.writer().condition(check.condition)}: raise Decline"
            for check in self.resource.invariants
            if applies_to(check, self.unit.operation)
        ]
        self._stage("invariants", "what must hold after the effects", ["reread(s)", *tests] if tests else [])
