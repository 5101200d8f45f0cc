"""Refusals: keys that are taken, and values that one record alone may hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from rulewright.compiled import EMPTY_MAP, CompiledField
from rulewright.evaluation.log import Stage
from rulewright.evaluation.masking import MASK
from rulewright.evaluation.uniqueness import label_of_other, words_of_taken
from rulewright.hotpath.writing.cells import map_of
from rulewright.hotpath.writing.collecting.guarding import GuardedWriter
from rulewright.hotpath.writing.dependence import joined
from rulewright.hotpath.writing.effects import EffectWriter
from rulewright.hotpath.writing.unit import under
from rulewright.problem import Problem


class TakenCollector(GuardedWriter):
    """Writes the lines about keys and unique values; what an update finds taken the evaluator tells."""

    def lines(self) -> Iterator[str]:
        """What is told with other problems: the key, and values where an effect can't have freed them."""
        key = self.resource.fields[self.resource.key]
        if self.unit.is_update:
            kept = f"if differs({self.cells.record(key)}, s.kept[{key.name!r}]): raise Decline"
            yield from self.guard.guarded(self.guard.rests.field(key), [kept])
        elif key.rule.generate is None:
            yield from self._key(key)
        if any(effect.rule.target == self.resource.name for effect in self.resource.effects):
            return
        for field in self._held_once():
            unique = field.unique
            assert unique is not None
            names = {*unique.fields, *unique.where.entries}
            rests = joined(self.guard.rests.field(self.resource.fields[name]) for name in names)
            # Else they are judged after the effects.
            yield from under("if not is_clean(entries):", self.guard.guarded(rests, self._values(field)))

    def concluding(self, effects: EffectWriter) -> Iterator[str]:
        """What is told where nothing else is wrong: values beside those stored, as planned."""
        if not effects.uniques():
            return
        held = [] if self.unit.is_update else [*self._held_once()]
        lines = ["r = s.record"]
        for field in held:
            lines += self._told(field, Stage.EFFECT, "s.key", "r[{!r}]".format)
        if held and effects.effects:
            yield from [*under("if s.changes:", ["uniques(s)"]), *under("else:", lines)]
        else:
            yield from lines if held else ["uniques(s)"]

    def _held_once(self) -> Iterator[CompiledField]:
        """The fields with `unique`; no two records have the same key anyway."""
        for field in self.resource.fields.values():
            if field.unique is not None and self.resource.key not in field.unique.fields:
                yield field

    def _key(self, key: CompiledField) -> Iterator[str]:
        """A key that the caller gives must be new."""
        said = words_of_taken(self.resource, key)
        problem = Problem(f"{key.id}.unique", "unique", f"/{key.name}", said, rule_at=str(key.rule.span))
        refusal = self.guard.refusal(Stage.CHECK, key.order, problem, EMPTY_MAP)
        shown = repr(MASK) if key.rule.sensitive else "k"
        lines = [
            f"k = {self.cells.record(key)}",
            "if k is None: raise Decline",
            f"if s.store.find({self.resource.name!r}, {{{key.name!r}: k}}, 1):",
            f"    tell_taken(entries, {refusal}, {{{f'record.{key.name}'!r}: {shown}}})",
        ]
        yield from under("if s.store is not None:", self.guard.guarded(self.guard.rests.field(key), lines))

    def _values(self, field: CompiledField) -> Iterator[str]:
        """The lines for one `unique`, on values as they are before the effects."""
        key = self.resource.fields[self.resource.key]
        if self.unit.is_update:
            # The record itself is no other.
            found, tests, _ = self._others(field, self._record)
            other = f"other_of({found}), {key.name!r}, s.kept[{key.name!r}])"
            yield f"if {' and '.join(tests)} and {other} is not None: raise Decline"
        elif key.rule.generate is not None:
            # No stored record has a key that is made just now.
            yield from self._told(field, Stage.CHECK, "None", self._record)
        elif self.cells.is_derived(key):
            found, tests, _ = self._others(field, self._record)
            yield f"if {' and '.join(tests)} and {found}, 1): raise Decline"
        else:
            own = f"{self.cells.record(key)} if {key.name!r} not in unsound else None"
            yield from self._told(field, Stage.CHECK, own, self._record)

    def _record(self, name: str) -> str:
        return self.cells.record(self.resource.fields[name])

    def _others(
        self, field: CompiledField, place: Callable[[str], str]
    ) -> tuple[str, list[str], dict[str, str]]:
        """The call that looks for who holds the same (left open), when to, and the texts of the values."""
        assert field.unique is not None
        tests, where = self.cells.holding(field.unique, place)
        values = {name: where[name] for name in field.unique.fields}
        return (
            f"s.store.find({self.resource.name!r}, {map_of(where)}",
            ["s.store is not None", *tests],
            values,
        )

    def _told(
        self, field: CompiledField, stage: Stage, own: str, place: Callable[[str], str]
    ) -> Iterator[str]:
        """The lines that tell of a record with another key than `own` that holds what is in each `place`."""
        unique, resource = field.unique, self.resource
        assert unique is not None
        key = resource.fields[resource.key]
        found, tests, values = self._others(field, place)
        problem = Problem(
            rule=unique.id,
            code="unique",
            path=f"/{field.name}",
            message=words_of_taken(resource, field, unique.fields[1:]),
            rule_at=str(field.span_of("unique")),
            vendor=unique.rule.error,
        )
        refusal = self.guard.refusal(stage, field.order, problem, EMPTY_MAP)
        shown = {
            f"record.{name}": repr(MASK) if resource.fields[name].hides else text
            for name, text in values.items()
        }
        shown[label_of_other(resource)] = repr(MASK) if key.rule.sensitive else f"other.get({key.name!r})"
        yield f"if {' and '.join(tests)}:"
        yield f"    other = other_of({found}, 2), {key.name!r}, {own})"
        yield f"    if other is not None: tell_taken(entries, {refusal}, {map_of(shown)})"
