"""Refusals: what can't be worked out, what was sent for it, what can't be inferred."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from rulewright import cel
from rulewright.cel.tree import Logic
from rulewright.compiled import EMPTY_MAP, CompiledField
from rulewright.evaluation.log import Stage
from rulewright.evaluation.records import computes
from rulewright.formula import Formula, Valued
from rulewright.hotpath.runtime.refusals import Refusal
from rulewright.hotpath.writing.apart import is_completed_apart
from rulewright.hotpath.writing.collecting.guarding import GuardedWriter
from rulewright.hotpath.writing.inferring import InferenceWriter
from rulewright.hotpath.writing.pieces import differing
from rulewright.hotpath.writing.unit import attribute_of, under
from rulewright.problem import Problem


class RecordCollector(GuardedWriter):
    """Writes the lines about the record."""

    def lines(self) -> Iterator[str]:
        """Values that are worked out, in the order of the file."""
        yield "if checked: unsound.update(checked)"
        for field in self.resource.fields.values():
            if self.cells.is_as_sent(field):
                continue
            text = self.cells.record(field)
            overruled = self.cells.is_derived(field) and self.unit.is_sent(field)
            if not overruled and (field.rule.generate is not None or "(" not in text.removeprefix("(")):
                # Nothing is read for it, and it can't fail.
                continue
            undecided = self._undecided_value(field)
            more = f", entries, {undecided}" if undecided else ""
            in_doubt = f"value_in_doubt(s, unsound, {self.unit.constant('field', field)}{more})"
            if overruled:
                guarded = self._overruled(field, text, in_doubt, undecided)
            elif is_completed_apart(field):
                rests = self.guard.rests.field(field)[0] - {field.name}
                lines = self.guard.guarded((rests, False), [text])
                guarded = under(f"if {field.name!r} not in unsound:", lines)
            elif field.default_from is not None and self.unit.is_sent(field) and not self.unit.is_update:
                # What was sent needs no default.
                self.unit.rested.add(field.name)
                guarded = under(
                    f"if {field.name!r} not in unsound and s.p.{attribute_of(field.name)} is None:",
                    self.guard.guarded(
                        self.guard.rests.of(field.default_from),
                        self._worked_out([text], undecided),
                        [in_doubt],
                        self.guard.rests.surely(field.default_from),
                    ),
                )
            else:
                guarded = self.guard.guarded(
                    self.guard.rests.field(field), self._worked_out([text], undecided), [in_doubt]
                )
            yield from guarded

    def _undecided_value(self, field: CompiledField) -> str:
        """The refusal of a value that can't be worked out without a store; "" where it can."""
        keyword, formula = _maker(field)
        if self.unit.has_store or formula is None or not self.guard.rests.may_read_records(field):
            return ""
        at = str(field.span_of(keyword))
        problem = Problem(f"{field.id}.{keyword}", "undecided", f"/{field.name}", "", rule_at=at)
        refusal = self.guard.refusal(Stage.COMPUTE, field.order, problem, formula)
        return self.guard.undecided(refusal, f"{field.name} can't be computed")

    def _worked_out(self, lines: list[str], undecided: str) -> list[str]:
        """The lines that work a value out, or tell that it is `undecided` for want of a store."""
        if not undecided:
            return lines
        return self.guard.unless_missing(lines, (), [f"tell_undecided(s, entries, {undecided}, error)"])

    def _decided_in_part(self, field: CompiledField) -> list[str]:
        """The lines that work out `a || b`, or `a && b`, into `v` where a part rests on something unsound.

        Such a part is unknown, and another may decide all the same; else `v` is UNREAD. No lines where a part
        may have a value without what it rests on.
        """
        formula = field.compute
        node = formula.node if isinstance(formula, Formula) else None
        if not isinstance(formula, Formula) or not isinstance(node, Logic) or field.rule.type != "boolean":
            return []
        if not self.unit.has_store and self.guard.rests.may_look_up(formula):
            return []
        decision = node.operator == "||"
        lines: list[str] = []
        fields = frozenset([field.name])
        for operand in node.operands:
            part = replace(formula, node=operand, reads=cel.references(operand))
            test = self.cells.writer().condition(part)
            read = self.guard.read_by(test)
            rests = self.guard.judged(self.guard.rests.of(part)[0] if read is None else read)
            if "names_of" in test or not rests <= self.guard.rests.surely(part):
                return []
            decides = f"if v is UNREAD and {test if decision else f'not {test}'}: v = {decision}"
            lines += self.guard.guarded((rests - {field.name}, True), [decides])
            fields |= rests
        if fields != self.guard.judged(self.guard.rests.field(field)[0]):
            # It could be that no part is unknown.
            return []
        return ["v = UNREAD", *under(f"if {field.name!r} not in unsound:", lines)]

    def _overruled(self, field: CompiledField, text: str, in_doubt: str, undecided: str) -> Iterable[str]:
        """A value that was sent for a field that the rules set. `in_doubt` gives it in doubt."""
        place, formula = f"s.p.{attribute_of(field.name)}", field.compute
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
        name = self.guard.refusal(Stage.COMPUTE, field.order, problem, formula)
        told = in_doubt_told = [f"entries.append({name})"]
        if formula is not None:
            reading = self.guard.waiting(formula)
            told = [f"note(s, entries, {name})"]
            if reading is not None:
                told = [*reading, f"tell(s, entries, {name})"]
            in_doubt_told = [f"note_in_doubt(s, unsound, entries, {name})"]
        test = f"{place} is not None and {differing(field, place, 'v')}"
        lines = [f"v = {text}", *under(f"if {test}:", told)]
        told_in_doubt = [*under(f"if v is not UNREAD and {test}:", in_doubt_told)]
        worked_out = self._decided_in_part(field) or [f"v = {in_doubt}"]
        lines = self._worked_out(lines, undecided)
        return self.guard.guarded(self.guard.rests.field(field), lines, [*worked_out, *told_in_doubt])

    def inference(self) -> Iterator[str]:
        """What rules of `infer` can't be judged, where nothing else stands against the payload."""
        if self.resource.inferences:
            lines = InferenceWriter(self.unit, self.cells).lines(self._undecided_source)
            yield from under("if is_clean(entries):", lines)

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
                yield f"tell_undecided(s, entries, {self.guard.undecided(refusal)}, error)"


def _maker(field: CompiledField) -> tuple[str, Valued | None]:
    """The keyword that a value is worked out by, and what it says."""
    if computes(field, "create"):
        return "compute", field.compute
    return "default_from", field.default_from
