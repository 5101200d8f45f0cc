"""What all lines that tell refusals have in common: they are run only where what they rest on is sound."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence, Set
from typing import Final

from rulewright.compiled import CompiledField
from rulewright.evaluation.log import Stage
from rulewright.formula import Formula, Valued
from rulewright.hotpath.runtime.refusals import Refusal, undecided
from rulewright.hotpath.writing.apart import is_apart
from rulewright.hotpath.writing.cells import Cells
from rulewright.hotpath.writing.dependence import Rests, joined, reads_throughout
from rulewright.hotpath.writing.inside import formulas_within
from rulewright.hotpath.writing.shape import is_scalar
from rulewright.hotpath.writing.stages import Stages
from rulewright.hotpath.writing.unit import NotGenerated, Unit, field_in, under
from rulewright.problem import Problem

# A call of what may find that a record is missing.
_FINDING: Final = re.compile(r"\b[lrx]_\w+\(s\)|\bnames_of\(s\)")


class Guard:
    """Writes the conditions around rules, and names what they tell."""

    def __init__(self, unit: Unit, cells: Cells, stages: Stages) -> None:
        self.unit = unit
        self.cells = cells
        self.stages = stages
        self.resource = unit.resource
        self.rests = unit.dependence
        self.touching = stages.touching
        # The fields that rules rest on, and those that rules after the conditions of presence do.
        self.rested: set[str] = set()
        self.relied_on: frozenset[str] = frozenset()
        self._told: set[tuple[object, ...]] = set()

    def guarded(
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
        fields = sorted(self.judged(rests[0]))
        self.unit.rested.update(fields)
        self.rested.update(fields)
        strict = rests[1]
        if not fields:
            yield from lines
            return
        guarded = [*lines]
        yield from under(f"if {self.are_sound(fields)}:", guarded)
        if guarded and not strict:
            known = sorted(self.judged(needed))
            yield from under(f"elif {self.are_sound(known)}:" if known else "else:", in_doubt)

    def are_sound(self, fields: Sequence[str]) -> str:
        """The condition that none of some fields has a problem."""
        if len(fields) == 1:
            return f"{fields[0]!r} not in unsound"
        return f"unsound.isdisjoint({self.unit.constant('rests', frozenset(fields))})"

    def unless_missing(
        self, lines: Iterable[str], in_doubt: Iterable[str], undecided: Iterable[str] = ()
    ) -> list[str]:
        """Lines that may be the first to look for what a reference names; `in_doubt`: it is not there.

        `undecided` are for where there is no store to look in.
        """
        tried = [*lines]
        if not _FINDING.search("\n".join(tried)):
            return tried
        if self.unit.has_store:
            return [*under("try:", tried), *under("except Missing:", in_doubt)]
        return [*under("try:", tried), *under("except NoStore as error:", undecided)]

    def refusal(self, stage: Stage, order: tuple[int, ...], problem: Problem, formula: Valued | None) -> str:
        """The name of a refusal, or of its entry; each is told once, so no two may be alike."""
        told = (stage, problem.rule, problem.path, problem.code, problem.message)
        if told in self._told:
            raise NotGenerated(f"{problem.rule} twice")
        self._told.add(told)
        place = (int(stage), *order)
        if formula is None:
            return self.unit.constant("entry", (place, problem))
        return self.unit.constant("refusal", Refusal(place, problem, formula))

    def undecided(self, refusal: str, words: str = "can't be decided") -> str:
        """The lines' name of a refusal that can't be decided for want of a store; "" where there is one."""
        if self.unit.has_store:
            return ""
        told = self.unit.constants[refusal]
        assert isinstance(told, Refusal)
        return self.unit.constant("undecided", undecided(told, words))

    def waiting(self, formula: Valued, value: CompiledField | None = None) -> list[str] | None:
        """The lines after which what an expression read can be told at any time; None where there are none.

        They read the records that it tells. What a caller may change meanwhile is told at once.
        """
        if not self.unit.has_store:
            return None
        lines: list[str] = []
        for path in formula.reads:
            match path:
                case ("current", *_) if self.unit.is_update:
                    # It is the store's.
                    return None
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

    def told_in_doubt(self, refusal: str, told: bool, after: Iterable[str], value: str = "") -> list[str]:
        """The lines for a condition that rests on something unsound; it is told of where it gives `told`."""
        told_of = f"tell_in_doubt(s, unsound, entries, {refusal}, {told}{value})"
        return [*under(f"if {told_of}:", after)] or [told_of]

    def rests_of(self, formula: Formula, test: str) -> Rests:
        """What a condition rests on, of which no more may be left than was written."""
        rests = self.rests.of(formula)
        is_open = re.search(r"\b(True|False)\b", test) is None and reads_throughout(formula.node)
        if is_open and len(rests[0]) == 1 and rests[0] == self.read_by(test):
            # With nothing but one unsound field to go by, nobody knows.
            return rests[0], True
        return rests

    def read_by(self, test: str) -> frozenset[str] | None:
        """The fields of the payload that a test reads; None where it reads anything else."""
        read = set(re.findall(r"\bs\b(?:\.p\.\w+)?", test))
        return None if "s" in read else frozenset(field_in(one.removeprefix("s.p.")) for one in read)

    def judged(self, names: Iterable[str]) -> frozenset[str]:
        """Those of some fields that may be there: the others are never unsound."""
        return frozenset(one for one in names if self.unit.may_be_there(self.resource.fields[one]))


class GuardedWriter:
    """Writes the lines about one kind of rules, within a guard that all kinds share."""

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.unit = guard.unit
        self.cells = guard.cells
        self.stages = guard.stages
        self.touching = guard.touching
        self.resource = guard.resource

    def is_apart(self, field: CompiledField) -> bool:
        """Whether rules inside a field's value are judged apart."""
        return is_apart(field, self.unit.operation)

    def is_left(self, field: CompiledField) -> bool:
        """Whether a refusal of what has the field is left to the evaluator."""
        return self.stages.apart.takes_values(field)

    def judged_apart(self, field: CompiledField, lines: Iterable[str]) -> Iterator[str]:
        """Lines that judge a field apart, and decline what they would tell.

        They are run where what all rules inside rest on is sound; else the evaluator decides.
        """
        judged = [*lines]
        if judged:
            self.unit.rested.add(field.name)
            rests = joined(self.guard.rests.of(one) for one in formulas_within(field))
            yield f"if {field.name!r} in unsound: raise Decline"
            given = f"{self.unit.place(field)} is not None"
            yield from under(f"if {given}:", self.guard.guarded((rests[0], False), judged))


def is_copied(field: CompiledField) -> bool:
    """Whether what is judged of a field's value is a copy of its own, which no caller can change."""
    if field.rule.type == "object":
        return bool(field.children) and all(is_copied(child) for child in field.children)
    if field.rule.type == "list":
        return field.items is not None and is_copied(field.items)
    return is_scalar(field)
