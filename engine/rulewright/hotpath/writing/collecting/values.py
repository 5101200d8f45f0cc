"""Refusals: what is wrong with values that are given, and with the whole."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.compiled import CompiledCheck, CompiledField, CompiledLookUp
from rulewright.evaluation.judging import applies_to
from rulewright.evaluation.log import Stage
from rulewright.evaluation.lookups import missing_text, place_of_key, reader_of
from rulewright.evaluation.overlay import needs_store
from rulewright.evaluation.request import is_early
from rulewright.hotpath.writing.collecting.guarding import GuardedWriter
from rulewright.hotpath.writing.dependence import joined
from rulewright.hotpath.writing.shape import is_list_of_objects
from rulewright.hotpath.writing.touching import both
from rulewright.hotpath.writing.unit import Code, NotGenerated, attribute_of, kind_of_field, under
from rulewright.problem import Problem


class ValueCollector(GuardedWriter):
    """Writes the lines about look-ups, options, references and checks."""

    def existence(self) -> Iterator[str]:
        """Look-ups of what the path names: without a store each is told of."""
        if not self.unit.has_store:
            for lookup in self.resource.lookups.values():
                if is_early(self.resource, lookup):
                    yield from self._unless_undecided(lookup, Stage.REQUEST, "")

    def lines(self) -> Iterator[str]:
        """Options and references, field by field; then look-ups that must find something."""
        dangling: list[str] = []
        needed = self._required_lookups()
        for field in self.resource.fields.values():
            if not self.unit.may_be_there(field):
                continue
            if field.one_of is not None and not self.is_left(field):
                options = self.guard.guarded(self.guard.rests.of(field.one_of), self.stages.options(field))
                dangling += under(f"if {field.name!r} not in unsound:", options)
            if field.reference is not None:
                dangling += self._reference(field)
            if not self.is_left(field):
                dangling += self.judged_apart(field, self.stages.apart.values(field))
        if not self.unit.has_store:
            # What can't be looked up for want of a store is told before anything is unsound for it.
            dangling += needed
        if dangling:
            yield "missing = []"
            yield from dangling
            yield "if missing: unsound.update(missing)"
        if self.unit.has_store:
            yield from needed

    def _required_lookups(self) -> list[str]:
        """The lines for look-ups that must find something, whether or not a rule reads them."""
        lines: list[str] = []
        for lookup in self.resource.lookups.values():
            if lookup.rule.if_missing == "reject":
                path = place_of_key(self.resource, lookup)
                read = self._unless_undecided(lookup, Stage.REFERENCE, path)
                lines += self.guard.guarded(self.guard.rests.look_up(lookup.rule.name), read)
        return lines

    def _unless_undecided(self, lookup: CompiledLookUp, stage: Stage, path: str) -> list[str]:
        """The lines that run a look-up, or tell that it can't be run."""
        lines = [f"{self.cells.look_up(lookup)}(s)"]
        if self.unit.has_store:
            return lines
        problem = Problem(lookup.id, "undecided", path, "", rule_at=str(lookup.rule.span))
        refusal = self.guard.refusal(stage, lookup.order, problem, lookup.by)
        told = [f"tell_undecided(s, entries, {self.guard.undecided(refusal)}, error)"]
        if "/" in path[1:]:
            # One part is unknown then, and the others are not.
            told = ["raise Decline"]
        elif path:
            told.append(f"missing.append({path[1:]!r})")
        return self.guard.unless_missing(lines, (), told)

    def _reference(self, field: CompiledField) -> Iterator[str]:
        reference = field.reference
        assert reference is not None
        if not self.cells.is_found_here(field):
            yield from self._odd_reference(field)
            return
        place, touched = self.unit.place(field), self.touching.of_field(field.name)
        call = f"{self.cells.reference(field)}(s)"
        self.unit.rested.add(field.name)
        label = field.label
        problem = Problem(
            rule=reference.id,
            code="reference",
            path=f"/{field.name}",
            message=missing_text(self.unit.rules, field),
            rule_at=str(reference.span),
            vendor=field.rule.references.error if field.rule.references is not None else None,
        )
        name = self.guard.refusal(Stage.REFERENCE, field.order, problem, reference.where)
        if not self.unit.has_store:
            yield from self._undecided_reference(field, name)
            return
        cell = f"s.c_{call[:-3]}"
        noted = f"s, entries, {name}, {label!r}, {place}, {field.hides!r}"
        given = both(touched, f"{place} is not None")
        if field.rule.type == "list":
            yield from self._listed_reference(field, given, cell, noted)
            return
        told = f"{'tell' if self.guard.waiting(reference.where) == [] else 'note'}_missing({noted})"
        lines = [
            # What was read early by a condition would have been left out there.
            f"k = {place}",
            *self.cells.finding(field),
            f"v = match(found, {reference.by!r}, k)",
            "if v is None:",
            f"    {told}",
            f"    missing.append({field.name!r})",
            f"else: {cell} = v",
        ]
        yield from under(
            f"if {given} and {field.name!r} not in unsound and {cell} is UNREAD:",
            self.guard.guarded(self.guard.rests.of(reference.where), lines),
        )

    def _listed_reference(self, field: CompiledField, given: str, cell: str, noted: str) -> Iterator[str]:
        """Each item names a record of its own."""
        assert field.reference is not None
        by = field.reference.by
        yield f"if {field.name!r} in unsound: raise Decline"
        yield f"if {given} and {cell} is UNREAD:"
        yield "    if s.store is None: raise Decline"
        yield f"    k = {self.unit.place(field)}"
        yield from (f"    {line}" for line in self.cells.finding(field))
        yield f"    if note_missing_items({noted}, s.payload[{field.name!r}], found, {by!r}):"
        yield f"        missing.append({field.name!r})"
        yield f"    else: {cell} = matched_all(found, {by!r}, k)"

    def _odd_reference(self, field: CompiledField) -> Iterator[str]:
        """A reference that the evaluator's function looks for: what it misses is told by the evaluator."""
        assert field.reference is not None
        self.unit.rested.add(field.name)
        if field.rule.type == "list":
            yield f"if {field.name!r} in unsound: raise Decline"
        rests = self.guard.rests.of(field.reference.where)[0]
        looked = self.guard.guarded((rests, False), [f"{self.cells.reference(field)}(s)"])
        given = f"{self.unit.place(field)} is not None and {field.name!r} not in unsound"
        yield from under(f"if {both(self.touching.of_field(field.name), given)}:", looked)

    def _undecided_reference(self, field: CompiledField, refusal: str) -> Iterator[str]:
        """A reference that is given, where there is no store."""
        assert field.reference is not None
        where = field.reference.where
        if self.guard.rests.may_look_up(where):
            raise NotGenerated(f"the reference of {field.id}")
        name = self.guard.undecided(refusal, f"can't be decided: {needs_store(reader_of(field))}")
        given = f"s.p.{attribute_of(field.name)} is not None"
        if field.rule.type == "list":
            yield f"if {field.name!r} in unsound: raise Decline"
            # An empty list is not looked for.
            given = f"s.p.{attribute_of(field.name)}"
        lines = [*self.cells.looking(field), f"note(s, entries, {name})", f"missing.append({field.name!r})"]
        yield from under(
            f"if {given} and {field.name!r} not in unsound:",
            self.guard.guarded(self.guard.rests.of(where), lines),
        )

    def checks(self) -> Iterator[str]:
        """Checks of fields, of what is inside them, and of the whole."""
        there = [
            one
            for one in self.resource.fields.values()
            if self.unit.may_be_there(one) and not self.is_left(one)
        ]
        waiting = [one for one in there if self.stages.waits(one)]
        for field in there:
            if field not in waiting:
                yield from self._own_checks(field)
            yield from self._inner_checks(field)
        for field in reversed(there):
            yield from self.judged_apart(field, self.stages.apart.lists(field))
            if field in waiting:
                yield from self._own_checks(field)
        whole = [check for check in self.resource.checks if applies_to(check, self.unit.operation)]
        if whole:
            # They rest on no value that a check of its own refused.
            yield "if checked: unsound.update(checked)"
        for check in whole:
            touched = self.touching.of_whole(check.condition.reads)
            yield from under(f"if {touched}:" if touched else "", self.whole_check(check))

    def _own_checks(self, field: CompiledField) -> Iterator[str]:
        for check in field.checks:
            if applies_to(check, self.unit.operation):
                touched = self.touching.of_field(field.name, check.condition)
                yield from under(f"if {touched}:" if touched else "", self._field_check(field, check))

    def _inner_checks(self, field: CompiledField) -> Iterator[str]:
        """Which items or parts a check refuses is told by the evaluator; here, that none does."""
        lines = self.stages.inner_checks(field)
        if self.is_apart(field) or is_list_of_objects(field):
            yield from self.judged_apart(field, lines)
        elif lines:
            self.unit.rested.add(field.name)
            rests = joined(
                self.guard.rests.of(check.condition) for part in field.parts for check in _checks_of(part)
            )
            yield f"if {field.name!r} in unsound: raise Decline"
            yield from self.guard.guarded((rests[0], False), lines)

    def whole_check(self, check: CompiledCheck, stage: Stage = Stage.CHECK) -> Iterator[str]:
        """A check of the whole, or an invariant."""
        test = self.cells.writer().condition(check.condition)
        if test == "True":
            return
        problem = Problem(
            rule=check.id,
            code="check",
            path=check.rule.path or "",
            message=check.rule.message or f"{check.rule.id} must hold: {check.condition.text.strip()}",
            severity=check.rule.severity,
            rule_at=str(check.rule.span),
            vendor=check.rule.error,
        )
        reading = self.guard.waiting(check.condition)
        name = self.guard.refusal(stage, check.order, problem, check.condition)
        told = f"(s, entries, {name})"
        lines = [f"note{told}"] if reading is None else [*reading, f"tell{told}"]
        in_doubt = self.guard.told_in_doubt(name, False, ())
        failing = under("" if test == "False" else f"if not {test}:", lines)
        undecided = [f"tell_undecided(s, entries, {self.guard.undecided(name)}, error)"]
        lines = self.guard.unless_missing(failing, in_doubt, undecided)
        needed = self.guard.rests.surely(check.condition)
        yield from self.guard.guarded(self.guard.rests_of(check.condition, test), lines, in_doubt, needed)

    def _field_check(self, field: CompiledField, check: CompiledCheck) -> Iterator[str]:
        place = self.unit.place(field)
        value = Code(place, kind_of_field(field), sure=True, steady=True, field=field)
        test = self.cells.writer({"value": value}).condition(check.condition)
        label = field.label
        text = check.condition.text.strip()
        path = check.rule.path if check.rule.path is not None else f"/{field.name}"
        if path != f"/{field.name}":
            # It ends another field than its own.
            lines = [f"if {place} is not None and not {test}: raise Decline"]
            self.unit.rested.add(field.name)
            guarded = self.guard.guarded((self.guard.rests.of(check.condition)[0], False), lines)
            yield from under(f"if {field.name!r} not in unsound:", guarded)
            return
        problem = Problem(
            rule=check.id,
            code="check",
            path=path,
            message=check.rule.message or f"{label} is not acceptable: {text}",
            severity=check.rule.severity,
            rule_at=str(check.rule.span),
            vendor=check.rule.error,
        )
        reading = self.guard.waiting(check.condition, field)
        self.unit.rested.add(field.name)
        name = self.guard.refusal(Stage.CHECK, check.order, problem, check.condition)
        judged = f"{self.unit.constant('field', field)}, {place}, {field.hides!r}"
        noted = f"s, entries, {name}, {judged}"
        told = [f"note_value({noted})"] if reading is None else [*reading, f"tell_value({noted})"]
        after = [f"checked.append({field.name!r})"] if check.rule.severity == "error" else []
        in_doubt = self.guard.told_in_doubt(name, False, after, f", {judged}")
        if not (self.unit.has_store or after):
            # What is undecided would end the field, though what is found ends nothing.
            in_doubt = ["raise Decline"]
        undecided = [
            f"tell_undecided_value(s, entries, {self.guard.undecided(name)}, error, {judged})",
            f"checked.append({field.name!r})",
        ]
        lines = self.guard.unless_missing(under(f"if not {test}:", [*told, *after]), in_doubt, undecided)
        needed = self.guard.rests.surely(check.condition)
        guarded = self.guard.guarded(self.guard.rests.of(check.condition), lines, in_doubt, needed)
        yield from under(f"if {place} is not None and {field.name!r} not in unsound:", guarded)
        if field.children:
            # A check is judged although a part must not be there; it may read the other parts.
            yield f"elif {place} is not None: raise Decline"


def _checks_of(field: CompiledField) -> Iterator[CompiledCheck]:
    """The checks of a part, and of what is in it."""
    yield from field.checks
    for one in field.parts:
        yield from _checks_of(one)
