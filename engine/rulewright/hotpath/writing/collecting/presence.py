"""Refusals: which fields are given, and must not be, or are not, and must be."""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.compiled import CompiledField
from rulewright.evaluation.log import Stage
from rulewright.formula import Formula
from rulewright.hotpath.writing.collecting.guarding import GuardedWriter
from rulewright.hotpath.writing.shape import is_counted, is_list_of_objects, is_scalar, is_shaped
from rulewright.hotpath.writing.touching import both
from rulewright.hotpath.writing.unit import NotGenerated, attribute_of, under
from rulewright.problem import Because, Problem


class PresenceCollector(GuardedWriter):
    """Writes the lines about presence."""

    def lines(self) -> Iterator[str]:
        """Which fields are left to the evaluator, required, forbidden; then what conditions say."""
        fields = self.resource.fields.values()
        there = [field for field in fields if self.unit.may_be_there(field)]
        for field in there:
            yield from self._left(field)
        for field in fields:
            yield from self._siblings(field)
        for field in fields:
            if self.unit.is_sent(field):
                yield from self._plainly(field)
        for field in there:
            yield from self._required_parts(field)
        conditional: list[str] = []
        for field in there:
            conditional += self._conditional(field)
        if conditional:
            yield "ended = []"
            yield "undecided = []"
            yield from conditional
            yield "if ended: unsound.update(ended)"
            yield "if undecided: unsound.update(undecided)"

    def _plainly(self, field: CompiledField) -> Iterator[str]:
        """What needs no expression: a field is required, or may not be changed."""
        name = repr(field.name)
        if field.rule.required:
            test = f"s.p.{attribute_of(field.name)} is None and {name} not in unsound"
            if self.unit.is_update:
                # A null that is no value is unsound, too, and yet surely not given.
                test = f"s.merged[{name}] is None and {name} in s.changed"
            yield from under(f"if {test}:", self._ended(field, "required", "is required"))
        if self.unit.is_update and field.rule.immutable:
            if is_scalar(field):
                told = self._ended(field, "immutable", "can't be changed once it is set")
                yield from under(f"if {name} in s.changed and {name} not in unsound:", told)
            else:
                self.unit.rested.add(field.name)
                yield f"if {name} in s.changed: raise Decline"

    def _ended(self, field: CompiledField, keyword: str, text: str) -> list[str]:
        """The lines that tell of a field, and let no condition about it be judged."""
        name, entry = repr(field.name), self._absence(field, keyword, keyword, text, None)
        return [f"entries.append({entry})", f"unsound.add({name})", f"required.append({name})"]

    def _left(self, field: CompiledField) -> Iterator[str]:
        """What of a field that is given is left to the evaluator, and whether it applies at all."""
        place = self.unit.place(field)
        given = f"{place} is not None or {field.name!r} in unsound"
        if self.is_left(field):
            self.unit.rested.add(field.name)
            yield f"if {given}: raise Decline"
            return
        if self.unit.is_update and is_counted(field):
            # How many keys it has by then is told by the evaluator.
            self.unit.rested.add(field.name)
            yield f"if {field.name!r} in s.payload: raise Decline"
        yield from self.judged_apart(field, self.stages.presence.excluded_inside(field))
        if not is_shaped(field, self.unit.operation):
            self.unit.rested.add(field.name)
            yield f"if {self.touching.of_field(field.name, field.excluded_if) or given}: raise Decline"
        elif field.excluded_if is not None:
            self.unit.rested.add(field.name)
            test = self.cells.writer().condition(field.excluded_if)
            lines = [*self._lacks(field.excluded_if)]
            lines += under("" if test == "True" else f"if {test}:", ["raise Decline"])
            guarded = [*self.guard.guarded(self.guard.rests.of(field.excluded_if), lines)]
            # What is wrong is dropped, too.
            yield f"if {field.name!r} in unsound: raise Decline"
            touched = self.touching.of_field(field.name, field.excluded_if)
            yield from under(f"if {' and '.join(filter(None, (f'{place} is not None', touched)))}:", guarded)

    def _lacks(self, formula: Formula) -> Iterator[str]:
        """Decline where a required field is missing that a condition was written to rely on."""
        fields = [self.resource.fields[name] for name in sorted(self.guard.rests.of(formula)[0])]
        required = [one for one in fields if one.rule.required and self.unit.is_sent(one)]
        if required and not self.unit.is_update:
            yield f"if {' or '.join(f'{self.unit.place(one)} is None' for one in required)}: raise Decline"

    def _siblings(self, field: CompiledField) -> Iterator[str]:
        """Which of some fields are given, and must not be, is told by the evaluator."""
        if field.rule.siblings:
            concerned = frozenset((field.name, *field.rule.siblings))
            self.unit.rested.update(concerned)
            yield f"if not {self.guard.are_sound(sorted(concerned))}: raise Decline"
            yield from self.stages.presence.sibling_rules(field)

    def _required_parts(self, field: CompiledField) -> Iterator[str]:
        """Which parts of an object are missing is told by the plain evaluator; here, that none is."""
        name, touched = repr(field.name), self.touching.of_field(field.name)
        if self.unit.is_update and any(child.rule.immutable for child in field.children):
            self.unit.rested.add(field.name)
            yield f"if {touched}: raise Decline"
        required = [child.name for child in field.children if child.rule.required]
        if not required or self.is_apart(field):
            return
        self.unit.rested.add(field.name)
        yield f"if {name} in unsound and {name} not in required: raise Decline"
        yield f"d = {self.unit.place(field)}"
        tests = " or ".join(f"d.get({part!r}) is None" for part in required)
        yield f"if {both(touched, 'd is not None')} and ({tests}): raise Decline"

    def _conditional(self, field: CompiledField) -> Iterator[str]:
        place = self.unit.place(field)
        name = repr(field.name)
        forbidden = [*self._forbidden(field)]
        own = [*under(f"if {place} is not None:", forbidden), *self._required(field, place)]
        if "presence" in field.concerns:
            self.unit.rested.add(field.name)
        if forbidden:
            # An unsound value is there, so it is not required; but it may be forbidden.
            unsound = under(f"if {name} not in required:", forbidden)
            yield from under(f"if {name} in unsound:", unsound)
            yield from under("else:", own)
        else:
            yield from under(f"if {name} not in unsound:", own)
        if self.is_apart(field) or is_list_of_objects(field):
            inside = [*self.stages.presence.inside(field)] if not self.is_left(field) else []
            yield from under(f"if {name} in ended:", ["raise Decline"] if inside else [])
            yield from self.judged_apart(field, inside)
            return
        parts: list[str] = []
        for child in field.children:
            part = f"d.get({child.name!r})"
            parts += under(f"if {part} is not None:", self._forbidden(child))
            if child.rule.readonly is None:
                parts += self._required(child, part)
        if parts:
            yield f"d = {place}"
            # In a create what is unsound is null.
            is_sound = f"{name} not in unsound and " if self.unit.is_update else ""
            yield f"if {is_sound}d is not None and {name} not in ended:"
            yield from (f"    {line}" for line in parts)
            yield f"elif {name} in unsound and {name} not in ended and {name} not in required: raise Decline"

    def _forbidden(self, field: CompiledField) -> Iterator[str]:
        if field.forbidden_if is not None:
            said = "must not be given"
            yield from self._condition(field, "forbidden_if", "forbidden", said, field.forbidden_if)

    def _required(self, field: CompiledField, place: str) -> Iterator[str]:
        top = field.label.split(".", 1)[0]
        if not self.unit.is_sent(self.resource.fields[top]):
            return
        ways = ("required_if", field.required_if), ("required_unless", field.required_unless)
        written = [(keyword, formula) for keyword, formula in ways if formula is not None]
        if len(written) > 1 and not (self.unit.has_store and top == field.name):
            # What is undecided ends nothing, and a part no other part.
            raise NotGenerated("two conditions of one field")
        for number, (keyword, formula) in enumerate(written):
            lines = self._condition(field, keyword, "required", "is required", formula)
            others = f" and {top!r} not in ended" if number else ""
            yield from under(f"if {place} is None{others}:", lines)

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
        reading = self.guard.waiting(formula)
        lines = [f"note{told}"] if reading is None else [*reading, f"tell{told}"]
        top = field.label.split(".", 1)[0]
        ended = f"ended.append({top!r})"
        if "." in field.label and top in self.guard.relied_on:
            # Its other parts can be relied on: the evaluator judges what rests on them.
            ended = "raise Decline"
        before: list[str] = []
        if keyword == "forbidden_if":
            # What is wrong with the value, or in it, is no longer told.
            pointer = "/" + field.label.replace(".", "/")
            before.append(f"withdraw(entries, {pointer!r})")
        in_doubt = self.guard.told_in_doubt(refusal, keyword != "required_unless", [ended])
        lines = [*under("" if test == "True" else f"if {test}:", [*before, *lines, ended])]
        undecided = [f"tell_undecided(s, entries, {self.guard.undecided(refusal)}, error)", ended]
        if field.children and not self.unit.has_store:
            # What is undecided ends no object: rules about its parts are judged.
            undecided[1] = f"undecided.append({top!r})"
            found = "undecided if entries[-1][1].code == 'undecided' else ended"
            told_in_doubt = f"({found}).append({top!r})"
            in_doubt = self.guard.told_in_doubt(refusal, keyword != "required_unless", [told_in_doubt])
        rests = self.guard.rests_of(formula, test)
        needed = self.guard.rests.surely(formula)
        judged = self.guard.guarded(
            rests, self.guard.unless_missing(lines, in_doubt, undecided), in_doubt, needed
        )
        touched = self.touching.of_field(top, formula)
        yield from under(f"if {touched}:" if touched else "", judged)

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
            because=Because() if formula is None and keyword == "required" else None,
            rule_at=str(field.span_of(keyword)),
        )
        return self.guard.refusal(Stage.PRESENCE, field.order, problem, formula)

    def variants(self) -> Iterator[str]:
        """Exactly one alternative: told where none, or several, are given; judged on creates alone."""
        if self.resource.variants and not self.unit.is_update:
            names = {name for one in self.resource.variants for name in (*one.required, *one.forbidden)}
            told = ["tell_variants(s, unsound, entries)"]
            if not all(self.unit.is_sent(self.resource.fields[name]) for name in names):
                # What nobody sends is unsound then, which no other rule expects.
                told = ["raise Decline"]
            lines = [*under("try:", ["variants(s)"]), *under("except Decline:", told)]
            yield from self.guard.guarded((frozenset(names), False), lines, told)
