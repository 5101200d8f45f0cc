"""The rules of a create once more, as a generated function that goes on after a problem and keeps them all.

It starts where the shape was judged: `unsound` are the fields that have an error. A rule that rests on one
of them is left out where it surely says nothing without it; else the plain evaluator decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from rulewright.compiled import CompiledCheck, CompiledField
from rulewright.evaluation.log import Stage
from rulewright.formula import Formula, Valued
from rulewright.hotpath.cells import Cells
from rulewright.hotpath.dependence import Dependence, Rests
from rulewright.hotpath.finding import kind_of_field
from rulewright.hotpath.refusals import Refusal
from rulewright.hotpath.shape import is_scalar, is_sent
from rulewright.hotpath.stages import applies
from rulewright.hotpath.unit import Code, NotGenerated, Unit
from rulewright.problem import Because, Problem

TITLE: Final = "every problem after the shape's"
GIVEN: Final = "s, unsound, entries"


class Collector:
    """Writes `collect`."""

    def __init__(self, unit: Unit, cells: Cells) -> None:
        self.unit = unit
        self.cells = cells
        self.resource = unit.resource
        self.rests = Dependence(unit.resource)
        self._told: set[tuple[object, ...]] = set()

    def function(self) -> str:
        """The function's text; NotGenerated where the plain evaluator must tell every refusal."""
        lines = [*self._presence(), *self._variants(), *self._values(), *self._checks(), *self._record()]
        # Fields that are missing, and those that a check refused.
        lines = [*_without_idle(["required = []", "checked = []", *lines])] or ["pass"]
        return "\n".join([f"def collect({GIVEN}):  # {TITLE}", *(f"    {line}" for line in lines), ""])

    def _guarded(self, rests: Rests, lines: Iterable[str]) -> Iterator[str]:
        """Lines that are run only where the fields they rest on are sound."""
        # What nobody may send is never unsound.
        fields = sorted(name for name in rests[0] if is_sent(self.resource, self.resource.fields[name]))
        self.unit.rested.update(fields)
        strict = rests[1]
        if not fields:
            yield from lines
            return
        one = repr(fields[0])
        several = f"unsound.isdisjoint({self.unit.constant('rests', frozenset(fields))})"
        if strict:
            yield from _under(f"if {f'{one} not in unsound' if len(fields) == 1 else several}:", lines)
        else:
            yield f"if {f'{one} in unsound' if len(fields) == 1 else f'not {several}'}: raise Decline"
            yield from lines

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
        for field in self.resource.every_field():
            rule = field.rule
            if any((rule.forbidden_with, rule.forbidden_without, rule.required_with, rule.required_without)):
                raise NotGenerated("siblings")
            if field.excluded_if is not None:
                raise NotGenerated("excluded_if")
        for field in self.resource.fields.values():
            if field.rule.required and is_sent(self.resource, field):
                entry = self._absence(field, "required", "required", "is required", None)
                yield f"if s.p.{field.name} is None and {field.name!r} not in unsound:"
                yield f"    entries.append({entry})"
                yield f"    unsound.add({field.name!r})"
                yield f"    required.append({field.name!r})"
            if any(child.rule.required for child in field.children):
                raise NotGenerated("required parts")
        conditional: list[str] = []
        for field in self.resource.fields.values():
            if is_sent(self.resource, field):
                conditional += self._conditional(field)
        if conditional:
            yield "ended = []"
            yield from conditional
            yield "unsound.update(ended)"

    def _conditional(self, field: CompiledField) -> Iterator[str]:
        place = f"s.p.{field.name}"
        name = repr(field.name)
        own = [*self._conditions(field, place)]
        if "presence" in field.concerns:
            self.unit.rested.add(field.name)
        if own and field.forbidden_if is not None:
            # An unsound value is there, so it is not required; but it may be forbidden.
            yield f"if {name} in unsound:"
            yield f"    if {name} not in required: raise Decline"
            yield from _under("else:", own)
        else:
            yield from _under(f"if {name} not in unsound:", own)
        parts: list[str] = []
        for child in field.children:
            parts += self._conditions(child, f"d.get({child.name!r})")
        if parts:
            yield f"d = {place}"
            yield f"if d is not None and {name} not in ended:"
            yield from (f"    {line}" for line in parts)
            yield f"elif {name} in unsound and {name} not in required: raise Decline"

    def _conditions(self, field: CompiledField, place: str) -> Iterator[str]:
        rules: list[tuple[str, str, str, Formula]] = []
        if field.required_if is not None:
            rules.append(("required_if", "required", "is required", field.required_if))
        if field.required_unless is not None:
            rules.append(("required_unless", "required", "is required", field.required_unless))
        if len(rules) > 1:
            raise NotGenerated("two conditions of one field")
        if field.forbidden_if is not None:
            lines = self._condition(
                field, "forbidden_if", "forbidden", "must not be given", field.forbidden_if
            )
            yield from _under(f"if {place} is not None:", lines)
        for keyword, code, text, formula in rules:
            lines = self._condition(field, keyword, code, text, formula)
            yield from _under(f"if {place} is None:", lines)

    def _condition(
        self, field: CompiledField, keyword: str, code: str, text: str, formula: Formula
    ) -> Iterator[str]:
        test = self.cells.writer().condition(formula)
        if keyword == "required_unless":
            test = "False" if test == "True" else f"not {test}"
        if test == "False":
            return
        told = f"(s, entries, {self._absence(field, keyword, code, text, formula)})"
        reading = self._waiting(formula)
        lines = [f"note{told}"] if reading is None else [*reading, f"tell{told}"]
        lines.append(f"ended.append({field.label.split('.', 1)[0]!r})")
        if keyword == "forbidden_if" and field.children:
            # What was told of its parts would have to be taken back.
            lines.insert(0, f"require_untold(entries, {f'/{field.label}/'!r})")
        yield from self._guarded(
            self._rests_of(formula, test), _under("" if test == "True" else f"if {test}:", lines)
        )

    def _rests_of(self, formula: Formula, test: str) -> Rests:
        """What a condition rests on, of which no more may be left than was written."""
        read = set(re.findall(r"\bs\b(?:\.p\.\w+)?", test))
        names = frozenset(one.removeprefix("s.p.") for one in read)
        if "s" in read or len(names) > 1 or (re.search(r"\b(True|False)\b", test) and test != "True"):
            return self.rests.of(formula)
        # With nothing but one unsound field to go by, nobody knows.
        return names, True

    def _variants(self) -> Iterator[str]:
        if self.resource.variants:
            names = {name for one in self.resource.variants for name in (*one.required, *one.forbidden)}
            lines = ["variants(s)"]
            yield from self._guarded((frozenset(names), False), lines)

    # Values and checks

    def _values(self) -> Iterator[str]:
        dangling: list[str] = []
        for field in self.resource.fields.values():
            if not is_sent(self.resource, field):
                continue
            if field.one_of is not None:
                raise NotGenerated("computed options")
            if field.reference is None:
                continue
            dangling += self._reference(field)
        if dangling:
            yield "missing = []"
            yield from dangling
            yield "unsound.update(missing)"
        for lookup in self.resource.lookups.values():
            if lookup.rule.if_missing == "reject":
                name = lookup.rule.name
                yield from self._guarded(self.rests._look_up(name), [f"{self.cells.look_up(lookup)}(s)"])

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
        yield f"if {place} is not None and {field.name!r} not in unsound and {cell} is UNREAD:"
        # What was read early by a condition would have been left out there.
        yield f"    k = {place}"
        yield from (f"    {line}" for line in self.cells.finding(field))
        yield f"    v = match(found, {reference.by!r}, k)"
        yield "    if v is None:"
        yield f"        {told}"
        yield f"        missing.append({field.name!r})"
        yield f"    else: {cell} = v"

    def _checks(self) -> Iterator[str]:
        for field in self.resource.fields.values():
            if field.items is not None and field.items.checks:
                raise NotGenerated("checks of items")
            if any("checks" in part.concerns for part in field.children):
                raise NotGenerated("checks of parts")
            if is_sent(self.resource, field):
                for check in field.checks:
                    if applies(check):
                        yield from self._field_check(field, check)
        if self.resource.checks and any(applies(check) for check in self.resource.checks):
            raise NotGenerated("checks of the whole")

    def _field_check(self, field: CompiledField, check: CompiledCheck) -> Iterator[str]:
        place = f"s.p.{field.name}"
        value = Code(place, kind_of_field(field), sure=True, steady=True, field=field)
        test = self.cells.writer({"value": value}).condition(check.condition)
        label = field.label
        text = check.condition.text.strip()
        path = check.rule.path if check.rule.path is not None else f"/{field.name}"
        if path != f"/{field.name}":
            raise NotGenerated("a check that reports elsewhere")
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
        noted = f"s, entries, {name}, {self.unit.constant('field', field)}, {place}, {sensitive!r}"
        told = [f"note_value({noted})"] if reading is None else [*reading, f"tell_value({noted})"]
        if check.rule.severity == "error":
            told.append(f"checked.append({field.name!r})")
        lines = [*_under(f"if not {test}:", told)]
        yield f"if {place} is not None and {field.name!r} not in unsound:"
        yield from (f"    {line}" for line in self._guarded(self.rests.of(check.condition), lines))

    # The record

    def _record(self) -> Iterator[str]:
        yield "unsound.update(checked)"
        for field in self.resource.fields.values():
            if self.cells.is_as_sent(field):
                continue
            text = self.cells.record(field)
            lines = [text]
            overruled = self.cells.is_derived(field) and field.rule.readonly is None
            if not overruled and (field.rule.generate is not None or "(" not in text):
                # Nothing is read for it, and it can't fail.
                continue
            if not overruled and field.default_from is not None and is_sent(self.resource, field):
                # What was sent needs no default.
                lines = [*self._guarded(self.rests.of(field.default_from), lines)]
                self.unit.rested.add(field.name)
                yield f"if {field.name!r} not in unsound and s.p.{field.name} is None:"
                yield from (f"    {line}" for line in lines)
                continue
            if overruled:
                lines = [
                    f"v = {text}",
                    f"if s.p.{field.name} is not None and differs(s.p.{field.name}, v): raise Decline",
                ]
            yield from self._guarded(self.rests._field(field), lines)
        yield from self._uniques()

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
            self.unit.rested.update(field.unique.fields)
            names = [repr(name) for name in field.unique.fields]
            texts = [self.cells.record(self.resource.fields[name]) for name in field.unique.fields]
            tests = " and ".join(f"{text} is not None" for text in texts)
            sound = f"unsound.isdisjoint(({', '.join(names)},))"
            where = ", ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
            yield f"if {sound} and s.store is not None and {tests}:"
            yield f"    if s.store.find({self.resource.name!r}, {{{where}}}, 1): raise Decline"


def is_copied(field: CompiledField) -> bool:
    """Whether what is judged of a field's value is a copy of its own, which no caller can change."""
    if field.rule.type == "object":
        return bool(field.children) and all(is_copied(child) for child in field.children)
    if field.rule.type == "list":
        return field.items is not None and is_copied(field.items)
    return is_scalar(field)


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
