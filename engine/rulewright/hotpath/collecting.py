"""The rules of a create once more, as a generated function that goes on after a problem and keeps them all.

It starts where the shape was judged: `unsound` are the fields that have an error. A rule that rests on one
of them is left out where it surely says nothing without it; else the plain evaluator decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import Final

from rulewright import cel
from rulewright.cel.tree import Logic
from rulewright.compiled import EMPTY_MAP, CompiledCheck, CompiledField, CompiledLookUp
from rulewright.evaluation.log import Stage
from rulewright.evaluation.lookups import place_of_key, reader_of
from rulewright.evaluation.overlay import needs_store
from rulewright.evaluation.request import is_early
from rulewright.formula import Formula, Valued
from rulewright.hotpath.cells import Cells, computes
from rulewright.hotpath.dependence import Rests, joined, reads_throughout
from rulewright.hotpath.expressions import is_constant
from rulewright.hotpath.finding import kind_of_field
from rulewright.hotpath.inferring import InferenceWriter
from rulewright.hotpath.refusals import Refusal
from rulewright.hotpath.shape import is_scalar, is_shaped
from rulewright.hotpath.stages import Stages, applies, is_left
from rulewright.hotpath.unit import Code, NotGenerated, Unit, is_sent
from rulewright.problem import Because, Problem

# A call of what may find that a record is missing.
_FINDING: Final = re.compile(r"\b[lrx]_\w+\(s\)|\bnames_of\(s\)")
TITLE: Final = "every problem after the shape's"
GIVEN: Final = "s, unsound, entries"


class Collector:
    """Writes `collect`."""

    def __init__(self, unit: Unit, cells: Cells, stages: Stages) -> None:
        self.unit = unit
        self.cells = cells
        self.stages = stages
        self.resource = unit.resource
        self.rests = unit.dependence
        self._told: set[tuple[object, ...]] = set()
        # The fields that rules rest on, and those that rules after the conditions of presence do.
        self._rested: set[str] = set()
        self._relied_on: frozenset[str] = frozenset()

    def function(self) -> str:
        """The function's text; NotGenerated where the plain evaluator must tell every refusal."""
        after = [*self._variants(), *self._values(), *self._checks(), *self._record()]
        # What conditions of presence rest on is sound still where a later one ends a part.
        self._relied_on = frozenset(self._rested)
        if not self.unit.has_store:
            after += self._inference()
        lines = [*self._existence(), *self._presence(), *after]
        # Fields that are missing, and those that a check refused.
        lines = [*_without_idle(["required = []", "checked = []", *lines])] or ["pass"]
        return "\n".join([f"def collect({GIVEN}):  # {TITLE}", *(f"    {line}" for line in lines), ""])

    def _guarded(
        self,
        rests: Rests,
        lines: Iterable[str],
        in_doubt: Iterable[str] = ("raise Decline",),
        needed: Set[str] = frozenset(),
    ) -> Iterator[str]:
        """Lines that are run only where the fields they rest on are sound.

        `in_doubt` are run where they are not, and where the lines may say something all the same: never
        without the fields `needed`.
        """
        fields = sorted(self._sent(rests[0]))
        self.unit.rested.update(fields)
        self._rested.update(fields)
        strict = rests[1]
        if not fields:
            yield from lines
            return
        guarded = [*lines]
        yield from _under(f"if {self._are_sound(fields)}:", guarded)
        if guarded and not strict:
            known = sorted(self._sent(needed))
            yield from _under(f"elif {self._are_sound(known)}:" if known else "else:", in_doubt)

    def _are_sound(self, fields: Sequence[str]) -> str:
        if len(fields) == 1:
            return f"{fields[0]!r} not in unsound"
        return f"unsound.isdisjoint({self.unit.constant('rests', frozenset(fields))})"

    def _unless_missing(
        self, lines: Iterable[str], in_doubt: Iterable[str], undecided: Iterable[str] = ()
    ) -> list[str]:
        """Lines that may be the first to look for what a reference names; `in_doubt`: it is not there.

        `undecided` are for where there is no store to look in.
        """
        tried = [*lines]
        if not _FINDING.search("\n".join(tried)):
            return tried
        if self.unit.has_store:
            return [*_under("try:", tried), *_under("except Missing:", in_doubt)]
        return [*_under("try:", tried), *_under("except NoStore as error:", undecided)]

    def _refusal(self, stage: Stage, order: tuple[int, ...], problem: Problem, formula: Valued | None) -> str:
        """The name of a refusal, or of its entry; each is told once, so no two may be alike."""
        told = (stage, problem.rule, problem.path, problem.code, problem.message)
        if told in self._told:
            raise NotGenerated(f"{problem.rule} twice")
        self._told.add(told)
        place = (int(stage), *order)
        if formula is None:
            return self.unit.constant("entry", (place, problem))
        return self.unit.constant("refusal", Refusal(place, problem, formula))

    def _absence(
        self, field: CompiledField, keyword: str, code: str, text: str, formula: Formula | None
    ) -> str:
        """The name of the refusal of a field that is, or is not, there."""
        label = field.label
        said = field.rule.messages
        problem = Problem(
            rule=f"{field.id}.{keyword}",
            code=code,
            path=f"/{label.replace('.', '/')}",
            message=said.get(keyword, said.get(code, f"{label} {text}")),
            because=Because() if formula is None else None,
            rule_at=str(field.span_of(keyword)),
        )
        return self._refusal(Stage.PRESENCE, field.order, problem, formula)

    def _waiting(self, formula: Valued, value: CompiledField | None = None) -> list[str] | None:
        """The lines after which what an expression read can be told at any time; None where there are none.

        They read the records that it tells. What a caller may change meanwhile is told at once.
        """
        if not self.unit.has_store:
            return None
        lines: list[str] = []
        for path in formula.reads:
            match path:
                case ("payload" | "record",) | ("settings" | "now" | "today" | "current", *_):
                    pass
                case ("payload", name, *_) if name in self.resource.fields:
                    if not is_copied(self.resource.fields[name]):
                        return None
                case ("record", name, *_) if name in self.resource.fields:
                    field = self.resource.fields[name]
                    if not (self.cells.is_as_sent(field) and is_copied(field)):
                        return None
                case ("value", *_) if value is not None and is_copied(value):
                    pass
                case (name, *_):
                    call = self._reading(name)
                    if call is None:
                        return None
                    lines.append(call)
        return lines

    def _reading(self, name: str) -> str | None:
        resource = self.resource
        try:
            if name in resource.lookups:
                return f"{self.cells.look_up(resource.lookups[name])}(s)"
            if name in resource.bound_references:
                return f"{self.cells.reference(resource.bound_references[name])}(s)"
        except NotGenerated:
            pass
        return None

    # Presence

    def _presence(self) -> Iterator[str]:
        for field in self.resource.fields.values():
            if is_sent(self.resource, field):
                yield from self._left(field)
        for field in self.resource.fields.values():
            yield from self._siblings(field)
        for field in self.resource.fields.values():
            if field.rule.required and is_sent(self.resource, field):
                entry = self._absence(field, "required", "required", "is required", None)
                yield f"if s.p.{field.name} is None and {field.name!r} not in unsound:"
                yield f"    entries.append({entry})"
                yield f"    unsound.add({field.name!r})"
                yield f"    required.append({field.name!r})"
        for field in self.resource.fields.values():
            if is_sent(self.resource, field):
                yield from self._required_parts(field)
        conditional: list[str] = []
        for field in self.resource.fields.values():
            if is_sent(self.resource, field):
                conditional += self._conditional(field)
        if conditional:
            yield "ended = []"
            yield "undecided = []"
            yield from conditional
            yield "unsound.update(ended)"
            yield "unsound.update(undecided)"

    def _left(self, field: CompiledField) -> Iterator[str]:
        """What of a field that is given is left to the evaluator, and whether it applies at all."""
        given = f"s.p.{field.name} is not None or {field.name!r} in unsound"
        if is_left(field) or not is_shaped(field):
            self.unit.rested.add(field.name)
            yield f"if {given}: raise Decline"
        elif field.excluded_if is not None:
            self.unit.rested.add(field.name)
            test = self.cells.writer().condition(field.excluded_if)
            lines = _under("" if test == "True" else f"if {test}:", ["raise Decline"])
            guarded = [*self._guarded(self.rests.of(field.excluded_if), lines)]
            yield from _under(f"if s.p.{field.name} is not None:", guarded)
            if guarded and not is_scalar(field):
                # Some of it may be sound.
                yield f"elif {field.name!r} in unsound: raise Decline"

    def _siblings(self, field: CompiledField) -> Iterator[str]:
        """Which of some fields are given, and must not be, is told by the evaluator."""
        rule = field.rule
        named = (*rule.forbidden_with, *rule.forbidden_without, *rule.required_with, *rule.required_without)
        if named:
            concerned = frozenset((field.name, *named))
            self.unit.rested.update(concerned)
            yield f"if not {self._are_sound(sorted(concerned))}: raise Decline"
            yield from self.stages.sibling_rules(field)

    def _required_parts(self, field: CompiledField) -> Iterator[str]:
        """Which parts of an object are missing is told by the plain evaluator; here, that none is."""
        required = [child.name for child in field.children if child.rule.required]
        if not required:
            return
        name = repr(field.name)
        self.unit.rested.add(field.name)
        yield f"if {name} in unsound and {name} not in required: raise Decline"
        yield f"d = s.p.{field.name}"
        tests = " or ".join(f"d.get({part!r}) is None" for part in required)
        yield f"if d is not None and ({tests}): raise Decline"

    def _conditional(self, field: CompiledField) -> Iterator[str]:
        place = f"s.p.{field.name}"
        name = repr(field.name)
        forbidden = [*self._forbidden(field)]
        own = [*_under(f"if {place} is not None:", forbidden), *self._required(field, place)]
        if "presence" in field.concerns:
            self.unit.rested.add(field.name)
        if forbidden:
            # An unsound value is there, so it is not required; but it may be forbidden.
            unsound = _under(f"if {name} not in required:", forbidden)
            yield from _under(f"if {name} in unsound:", unsound)
            yield from _under("else:", own)
        else:
            yield from _under(f"if {name} not in unsound:", own)
        parts: list[str] = []
        for child in field.children:
            part = f"d.get({child.name!r})"
            parts += _under(f"if {part} is not None:", self._forbidden(child))
            parts += self._required(child, part)
        if parts:
            yield f"d = {place}"
            yield f"if d is not None and {name} not in ended:"
            yield from (f"    {line}" for line in parts)
            yield f"elif {name} in unsound and {name} not in ended and {name} not in required: raise Decline"

    def _forbidden(self, field: CompiledField) -> Iterator[str]:
        if field.forbidden_if is not None:
            said = "must not be given"
            yield from self._condition(field, "forbidden_if", "forbidden", said, field.forbidden_if)

    def _required(self, field: CompiledField, place: str) -> Iterator[str]:
        top = field.label.split(".", 1)[0]
        ways = ("required_if", field.required_if), ("required_unless", field.required_unless)
        written = [(keyword, formula) for keyword, formula in ways if formula is not None]
        if len(written) > 1 and not (self.unit.has_store and top == field.name):
            # What is undecided ends nothing, and a part no other part.
            raise NotGenerated("two conditions of one field")
        for number, (keyword, formula) in enumerate(written):
            lines = self._condition(field, keyword, "required", "is required", formula)
            others = f" and {top!r} not in ended" if number else ""
            yield from _under(f"if {place} is None{others}:", lines)

    def _condition(
        self, field: CompiledField, keyword: str, code: str, text: str, formula: Formula
    ) -> Iterator[str]:
        test = self.cells.writer().condition(formula)
        if keyword == "required_unless":
            test = "False" if test == "True" else f"not {test}"
        if test == "False":
            return
        refusal = self._absence(field, keyword, code, text, formula)
        told = f"(s, entries, {refusal})"
        reading = self._waiting(formula)
        lines = [f"note{told}"] if reading is None else [*reading, f"tell{told}"]
        top = field.label.split(".", 1)[0]
        ended = f"ended.append({top!r})"
        if "." in field.label and top in self._relied_on:
            # Its other parts can be relied on: the evaluator judges what rests on them.
            ended = "raise Decline"
        before: list[str] = []
        if keyword == "forbidden_if":
            # What is wrong with the value, or in it, is no longer told.
            pointer = "/" + field.label.replace(".", "/")
            before.append(f"withdraw(entries, {pointer!r})")
        in_doubt = self._told_in_doubt(refusal, keyword != "required_unless", [ended])
        lines = [*_under("" if test == "True" else f"if {test}:", [*before, *lines, ended])]
        undecided = [f"tell_undecided(s, entries, {refusal}, error)", ended]
        if field.children and not self.unit.has_store:
            # What is undecided ends no object: rules about its parts are judged.
            undecided[1] = f"undecided.append({top!r})"
            found = "undecided if entries[-1][1].code == 'undecided' else ended"
            told_in_doubt = f"({found}).append({top!r})"
            in_doubt = self._told_in_doubt(refusal, keyword != "required_unless", [told_in_doubt])
        rests = self._rests_of(formula, test)
        needed = self.rests.surely(formula)
        yield from self._guarded(rests, self._unless_missing(lines, in_doubt, undecided), in_doubt, needed)

    def _told_in_doubt(self, refusal: str, told: bool, after: Iterable[str], value: str = "") -> list[str]:
        """The lines for a condition that rests on something unsound; it is told of where it gives `told`."""
        told_of = f"tell_in_doubt(s, unsound, entries, {refusal}, {told}{value})"
        return [*_under(f"if {told_of}:", after)] or [told_of]

    def _rests_of(self, formula: Formula, test: str) -> Rests:
        """What a condition rests on, of which no more may be left than was written."""
        rests = self.rests.of(formula)
        is_open = re.search(r"\b(True|False)\b", test) is None and reads_throughout(formula.node)
        if is_open and len(rests[0]) == 1 and rests[0] == self._read_by(test):
            # With nothing but one unsound field to go by, nobody knows.
            return rests[0], True
        return rests

    def _read_by(self, test: str) -> frozenset[str] | None:
        """The fields of the payload that a test reads; None where it reads anything else."""
        read = set(re.findall(r"\bs\b(?:\.p\.\w+)?", test))
        return None if "s" in read else frozenset(one.removeprefix("s.p.") for one in read)

    def _sent(self, names: Iterable[str]) -> frozenset[str]:
        """Those of some fields that may be sent: the others are never unsound."""
        return frozenset(one for one in names if is_sent(self.resource, self.resource.fields[one]))

    def _variants(self) -> Iterator[str]:
        if self.resource.variants:
            names = {name for one in self.resource.variants for name in (*one.required, *one.forbidden)}
            told = ["tell_variants(s, unsound, entries)"]
            lines = [*_under("try:", ["variants(s)"]), *_under("except Decline:", told)]
            yield from self._guarded((frozenset(names), False), lines, told)

    # Values and checks

    def _values(self) -> Iterator[str]:
        dangling: list[str] = []
        needed = self._required_lookups()
        for field in self.resource.fields.values():
            if not is_sent(self.resource, field):
                continue
            if field.one_of is not None and not is_left(field):
                options = self._guarded(self.rests.of(field.one_of), self.stages.options(field))
                dangling += _under(f"if {field.name!r} not in unsound:", options)
            if field.reference is None:
                continue
            dangling += self._reference(field)
        if not self.unit.has_store:
            # What can't be looked up for want of a store is told before anything is unsound for it.
            dangling += needed
        if dangling:
            yield "missing = []"
            yield from dangling
            yield "unsound.update(missing)"
        if self.unit.has_store:
            yield from needed

    def _required_lookups(self) -> list[str]:
        """The lines for look-ups that must find something, whether or not a rule reads them."""
        lines: list[str] = []
        for lookup in self.resource.lookups.values():
            if lookup.rule.if_missing == "reject":
                path = place_of_key(self.resource, lookup)
                read = self._unless_undecided(lookup, Stage.REFERENCE, path)
                lines += self._guarded(self.rests.look_up(lookup.rule.name), read)
        return lines

    def _existence(self) -> Iterator[str]:
        """Look-ups of what the path names: without a store each is told of."""
        if not self.unit.has_store:
            for lookup in self.resource.lookups.values():
                if is_early(self.resource, lookup):
                    yield from self._unless_undecided(lookup, Stage.REQUEST, "")

    def _unless_undecided(self, lookup: CompiledLookUp, stage: Stage, path: str) -> list[str]:
        """The lines that run a look-up, or tell that it can't be run."""
        lines = [f"{self.cells.look_up(lookup)}(s)"]
        if self.unit.has_store:
            return lines
        problem = Problem(lookup.id, "undecided", path, "", rule_at=str(lookup.rule.span))
        refusal = self._refusal(stage, lookup.order, problem, lookup.by)
        told = [f"tell_undecided(s, entries, {refusal}, error)"]
        if path:
            told.append(f"missing.append({path[1:]!r})")
        return self._unless_missing(lines, (), told)

    def _reference(self, field: CompiledField) -> Iterator[str]:
        reference = field.reference
        assert reference is not None
        place = f"s.p.{field.name}"
        call = f"{self.cells.reference(field)}(s)"
        self.unit.rested.add(field.name)
        what = reference.resource.partition("/")[2].replace("_", " ")
        label = field.label
        problem = Problem(
            rule=reference.id,
            code="reference",
            path=f"/{field.name}",
            message=field.rule.messages.get("references", f"{label} names no existing {what}"),
            rule_at=str(reference.span),
            vendor=field.rule.references.error if field.rule.references is not None else None,
        )
        if not self.unit.has_store:
            yield from self._undecided_reference(field, problem)
            return
        name = self._refusal(Stage.REFERENCE, field.order, problem, reference.where)
        cell = f"s.c_{call[:-3]}"
        noted = f"s, entries, {name}, {label!r}, {place}, {field.rule.sensitive!r}"
        if field.rule.type == "list":
            yield f"if {field.name!r} in unsound: raise Decline"
            yield f"if {place} is not None and {cell} is UNREAD:"
            yield "    if s.store is None: raise Decline"
            yield f"    k = {place}"
            yield from (f"    {line}" for line in self.cells.finding(field))
            sent = f"s.payload[{field.name!r}]"
            yield f"    if note_missing_items({noted}, {sent}, found, {reference.by!r}):"
            yield f"        missing.append({field.name!r})"
            yield f"    else: {cell} = matched_all(found, {reference.by!r}, k)"
            return
        told = f"{'tell' if self._waiting(reference.where) == [] else 'note'}_missing({noted})"
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
        yield from _under(
            f"if {place} is not None and {field.name!r} not in unsound and {cell} is UNREAD:",
            self._guarded(self.rests.of(reference.where), lines),
        )

    def _undecided_reference(self, field: CompiledField, problem: Problem) -> Iterator[str]:
        """A reference that is given, where there is no store."""
        assert field.reference is not None
        where = field.reference.where
        if self.rests.may_look_up(where):
            raise NotGenerated(f"the reference of {field.id}")
        text = f"can't be decided: {needs_store(reader_of(field))}"
        problem = replace(problem, code="undecided", message=text, severity="warning", vendor=None)
        name = self._refusal(Stage.REFERENCE, field.order, problem, where)
        if field.rule.type == "list":
            yield f"if {field.name!r} in unsound: raise Decline"
        lines = [*self.cells.looking(field), f"note(s, entries, {name})", f"missing.append({field.name!r})"]
        yield from _under(
            f"if s.p.{field.name} is not None and {field.name!r} not in unsound:",
            self._guarded(self.rests.of(where), lines),
        )

    def _checks(self) -> Iterator[str]:
        for field in self.resource.fields.values():
            if is_sent(self.resource, field) and not is_left(field):
                for check in field.checks:
                    if applies(check):
                        yield from self._field_check(field, check)
                yield from self._inner_checks(field)
        whole = [check for check in self.resource.checks if applies(check)]
        if whole:
            # They rest on no value that a check of its own refused.
            yield "unsound.update(checked)"
        for check in whole:
            yield from self._whole_check(check)

    def _inner_checks(self, field: CompiledField) -> Iterator[str]:
        """Which items or parts a check refuses is told by the evaluator; here, that none does."""
        lines = self.stages.inner_checks(field)
        if lines:
            self.unit.rested.add(field.name)
            within = (*field.children, *((field.items,) if field.items else ()))
            rests = joined(self.rests.of(check.condition) for part in within for check in _checks_of(part))
            yield f"if {field.name!r} in unsound: raise Decline"
            yield from self._guarded((rests[0], False), lines)

    def conclusion(self) -> str:
        """The function that tells of what must hold after the effects, where there is no store."""
        lines: list[str] = []
        for check in self.resource.invariants:
            if applies(check, self.unit.operation):
                lines += self._whole_check(check, Stage.INVARIANT)
        body = ["unsound = set()", "reread(s)", *lines]
        head = "def conclude(s, entries):  # what must hold after the effects"
        return "\n".join([head, *(f"    {line}" for line in body), ""])

    def _whole_check(self, check: CompiledCheck, stage: Stage = Stage.CHECK) -> Iterator[str]:
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
        reading = self._waiting(check.condition)
        name = self._refusal(stage, check.order, problem, check.condition)
        told = f"(s, entries, {name})"
        lines = [f"note{told}"] if reading is None else [*reading, f"tell{told}"]
        in_doubt = self._told_in_doubt(name, False, ())
        failing = _under("" if test == "False" else f"if not {test}:", lines)
        undecided = [f"tell_undecided(s, entries, {name}, error)"]
        lines = self._unless_missing(failing, in_doubt, undecided)
        needed = self.rests.surely(check.condition)
        yield from self._guarded(self._rests_of(check.condition, test), lines, in_doubt, needed)

    def _field_check(self, field: CompiledField, check: CompiledCheck) -> Iterator[str]:
        place = f"s.p.{field.name}"
        value = Code(place, kind_of_field(field), sure=True, steady=True, field=field)
        test = self.cells.writer({"value": value}).condition(check.condition)
        label = field.label
        text = check.condition.text.strip()
        path = check.rule.path if check.rule.path is not None else f"/{field.name}"
        if path != f"/{field.name}":
            # It ends another field than its own.
            lines = [f"if {place} is not None and not {test}: raise Decline"]
            self.unit.rested.add(field.name)
            guarded = self._guarded((self.rests.of(check.condition)[0], False), lines)
            yield from _under(f"if {field.name!r} not in unsound:", guarded)
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
        reading = self._waiting(check.condition, field)
        self.unit.rested.add(field.name)
        name = self._refusal(Stage.CHECK, check.order, problem, check.condition)
        sensitive = any(part.rule.sensitive for part in (field, *field.children))
        judged = f"{self.unit.constant('field', field)}, {place}, {sensitive!r}"
        noted = f"s, entries, {name}, {judged}"
        told = [f"note_value({noted})"] if reading is None else [*reading, f"tell_value({noted})"]
        after = [f"checked.append({field.name!r})"] if check.rule.severity == "error" else []
        in_doubt = self._told_in_doubt(name, False, after, f", {judged}")
        if not (self.unit.has_store or after):
            # What is undecided would end the field, though what is found ends nothing.
            in_doubt = ["raise Decline"]
        undecided = [
            f"tell_undecided_value(s, entries, {name}, error, {judged})",
            f"checked.append({field.name!r})",
        ]
        lines = self._unless_missing(_under(f"if not {test}:", [*told, *after]), in_doubt, undecided)
        needed = self.rests.surely(check.condition)
        guarded = self._guarded(self.rests.of(check.condition), lines, in_doubt, needed)
        yield from _under(f"if {place} is not None and {field.name!r} not in unsound:", guarded)
        if field.children:
            # A check is judged although a part must not be there; it may read the other parts.
            yield f"elif {place} is not None: raise Decline"

    # The record

    def _record(self) -> Iterator[str]:
        yield "unsound.update(checked)"
        for field in self.resource.fields.values():
            if self.cells.is_as_sent(field):
                continue
            text = self.cells.record(field)
            overruled = self.cells.is_derived(field) and field.rule.readonly is None
            if not overruled and (field.rule.generate is not None or "(" not in text.removeprefix("(")):
                # Nothing is read for it, and it can't fail.
                continue
            undecided = self._undecided_value(field)
            more = f", entries, {', '.join(undecided)}" if undecided else ""
            in_doubt = f"value_in_doubt(s, unsound, {self.unit.constant('field', field)}{more})"
            if overruled:
                guarded = self._overruled(field, text, in_doubt, undecided)
            elif field.default_from is not None and is_sent(self.resource, field):
                # What was sent needs no default.
                self.unit.rested.add(field.name)
                guarded = _under(
                    f"if {field.name!r} not in unsound and s.p.{field.name} is None:",
                    self._guarded(
                        self.rests.of(field.default_from),
                        self._worked_out([text], undecided),
                        [in_doubt],
                        self.rests.surely(field.default_from),
                    ),
                )
            else:
                guarded = self._guarded(
                    self.rests.field(field), self._worked_out([text], undecided), [in_doubt]
                )
            yield from guarded
        if self.unit.has_store:
            yield from self._uniques()

    def _undecided_value(self, field: CompiledField) -> tuple[str, str] | None:
        """What is told of a value that can't be worked out without a store: refusal and words; else None."""
        keyword, formula = _maker(field)
        if self.unit.has_store or formula is None or not self.rests.may_read_records(field):
            return None
        at = str(field.span_of(keyword))
        problem = Problem(f"{field.id}.{keyword}", "undecided", f"/{field.name}", "", rule_at=at)
        refusal = self._refusal(Stage.COMPUTE, field.order, problem, formula)
        return refusal, repr(f"{field.name} can't be computed")

    def _worked_out(self, lines: list[str], undecided: tuple[str, str] | None) -> list[str]:
        """The lines that work a value out, or tell what is `undecided` for want of a store."""
        if undecided is None:
            return lines
        refusal, words = undecided
        return self._unless_missing(lines, (), [f"tell_undecided(s, entries, {refusal}, error, {words})"])

    # Inference

    def _inference(self) -> Iterator[str]:
        """What rules of `infer` can't be judged, where nothing else stands against the payload."""
        if self.resource.inferences:
            lines = InferenceWriter(self.unit, self.cells).lines(self._undecided_source)
            yield from _under("if is_clean(entries):", lines)

    def _undecided_source(self, source: str) -> Iterator[str]:
        lookup = self.resource.lookups.get(source)
        formula = lookup.by if lookup is not None else EMPTY_MAP
        for one in self.resource.inferences:
            if source in one.rule.facts.values():
                at = str(one.rule.at.get("facts", one.rule.span))
                problem = Problem(one.id, "undecided", "", "", rule_at=at)
                refusal = self.unit.constant(
                    "refusal", Refusal((int(Stage.INFERENCE), *one.order), problem, formula)
                )
                yield f"tell_undecided(s, entries, {refusal}, error)"

    def _decided_in_part(self, field: CompiledField) -> list[str]:
        """The lines that work out `a || b`, or `a && b`, into `v` where a part rests on something unsound.

        Such a part is unknown, and another may decide all the same; else `v` is UNREAD. No lines where a part
        may have a value without what it rests on.
        """
        formula = field.compute
        node = formula.node if isinstance(formula, Formula) else None
        if not isinstance(formula, Formula) or not isinstance(node, Logic) or field.rule.type != "boolean":
            return []
        if not self.unit.has_store and self.rests.may_look_up(formula):
            return []
        decision = node.operator == "||"
        lines: list[str] = []
        fields = frozenset([field.name])
        for operand in node.operands:
            part = replace(formula, node=operand, reads=cel.references(operand))
            test = self.cells.writer().condition(part)
            read = self._read_by(test)
            rests = self._sent(self.rests.of(part)[0] if read is None else read)
            if "names_of" in test or not rests <= self.rests.surely(part):
                return []
            decides = f"if v is UNREAD and {test if decision else f'not {test}'}: v = {decision}"
            lines += self._guarded((rests - {field.name}, True), [decides])
            fields |= rests
        if fields != self._sent(self.rests.field(field)[0]):
            # It could be that no part is unknown.
            return []
        return ["v = UNREAD", *_under(f"if {field.name!r} not in unsound:", lines)]

    def _overruled(
        self, field: CompiledField, text: str, in_doubt: str, undecided: tuple[str, str] | None
    ) -> Iterable[str]:
        """A value that was sent for a field that the rules set. `in_doubt` gives it in doubt."""
        place, formula = f"s.p.{field.name}", field.compute
        keyword = "compute" if field.rule.compute else "generate" if field.rule.generate else "workflow"
        problem = Problem(
            rule=f"{field.id}.{keyword}",
            code="overruled",
            path=f"/{field.name}",
            message=field.rule.messages.get(
                "overruled", f"{field.name} is set by the rules; the sent value is not used"
            ),
            severity="info",
            rule_at=str(field.span_of(keyword)),
        )
        name = self._refusal(Stage.COMPUTE, field.order, problem, formula)
        told = in_doubt_told = [f"entries.append({name})"]
        if formula is not None:
            reading = self._waiting(formula)
            told = [f"note(s, entries, {name})"]
            if reading is not None:
                told = [*reading, f"tell(s, entries, {name})"]
            in_doubt_told = [f"note_in_doubt(s, unsound, entries, {name})"]
        test = f"{place} is not None and differs({place}, v)"
        lines = [f"v = {text}", *_under(f"if {test}:", told)]
        told_in_doubt = [*_under(f"if v is not UNREAD and {test}:", in_doubt_told)]
        worked_out = self._decided_in_part(field) or [f"v = {in_doubt}"]
        lines = self._worked_out(lines, undecided)
        return self._guarded(self.rests.field(field), lines, [*worked_out, *told_in_doubt])

    def _uniques(self) -> Iterator[str]:
        """A refused payload is still told of a taken value: by the plain evaluator, where one is judged."""
        key = self.resource.fields[self.resource.key]
        if key.rule.generate is None:
            find = f"s.store.find({self.resource.name!r}, {{{key.name!r}: k}}, 1)"
            self.unit.rested.add(key.name)
            yield f"if s.store is not None and {key.name!r} not in unsound:"
            yield f"    k = {self.cells.record(key)}"
            yield f"    if k is not None and {find}: raise Decline"
        if any(effect.rule.target == self.resource.name for effect in self.resource.effects):
            return
        for field in self.resource.fields.values():
            if field.unique is None:
                continue
            fields = [self.resource.fields[name] for name in field.unique.fields]
            texts = [self.cells.record(one) for one in fields]
            asked = ["s.store", *(text for text in texts if not is_constant(text))]
            tests = " and ".join(f"{text} is not None" for text in asked)
            where = ", ".join(f"{one.name!r}: {text}" for one, text in zip(fields, texts, strict=True))
            find = f"s.store.find({self.resource.name!r}, {{{where}}}, 1)"
            lines = _under(f"if {tests}:", [f"if {find}: raise Decline"])
            yield from self._guarded(joined(map(self.rests.field, fields)), lines)


def _maker(field: CompiledField) -> tuple[str, Valued | None]:
    """The keyword that a value is worked out by, and what it says."""
    if computes(field):
        return "compute", field.compute
    return "default_from", field.default_from


def is_copied(field: CompiledField) -> bool:
    """Whether what is judged of a field's value is a copy of its own, which no caller can change."""
    if field.rule.type == "object":
        return bool(field.children) and all(is_copied(child) for child in field.children)
    if field.rule.type == "list":
        return field.items is not None and is_copied(field.items)
    return is_scalar(field)


def _checks_of(field: CompiledField) -> Iterator[CompiledCheck]:
    """The checks of a part, and of what is in it."""
    yield from field.checks
    for one in (*field.children, *((field.items,) if field.items else ())):
        yield from _checks_of(one)


def _under(head: str, lines: Iterable[str]) -> Iterator[str]:
    """Lines under a head; nothing where there are none, and bare lines under none."""
    body = [*lines]
    if body and head:
        yield head
        yield from (f"    {line}" for line in body)
    else:
        yield from body


def _without_idle(lines: Iterable[str]) -> Iterator[str]:
    """Leave out lists that nothing is put in or looked for in, and what is done with them."""
    kept = [*lines]
    text = "\n".join(kept)
    for line in kept:
        listed = re.fullmatch(r"(\w+) = \[\]|unsound\.update\((\w+)\)", line)
        name = "" if listed is None else listed[1] or listed[2]
        if not name or f"{name}.append(" in text or f" in {name}" in text:
            yield line
