"""Which fields must be given, which must not, and which do not apply, as generated lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from rulewright.compiled import CompiledField
from rulewright.formula import Formula
from rulewright.hotpath.writing.apart import ApartWriter
from rulewright.hotpath.writing.cells import Cells
from rulewright.hotpath.writing.listed import NO_NAMES, each_item, item_of
from rulewright.hotpath.writing.shape import is_scalar
from rulewright.hotpath.writing.touching import Touching, both
from rulewright.hotpath.writing.unit import Code, Unit


class PresenceWriter:
    """Writes these lines."""

    def __init__(self, unit: Unit, cells: Cells, touching: Touching, apart: ApartWriter) -> None:
        self.unit = unit
        self.cells = cells
        self.touching = touching
        self.apart = apart

    def excluded(self) -> Iterator[str]:
        """The lines about fields that do not apply."""
        for field in self.unit.intake.values():
            if self.unit.may_be_there(field):
                yield from self._excluded(field, self.unit.place(field), field.name)
                yield from self.excluded_inside(field)

    def excluded_inside(self, field: CompiledField) -> Iterator[str]:
        """The same about what is in a field's value."""
        if self.apart.judges(field):
            yield from self.apart.excluded(field)
            return
        local = item_of(field)
        yield from each_item(
            field, self.unit.place(field), lambda part, place: self._excluded(part, place, field.name, local)
        )

    def _excluded(
        self, field: CompiledField, place: str, top: str, local: Mapping[str, Code] = NO_NAMES
    ) -> Iterator[str]:
        if field.excluded_if is not None:
            touched = self.touching.of_field(top, field.excluded_if)
            test = both(touched, self._condition(field.excluded_if, local))
            yield f"if {place} is not None and {test}: raise Decline"

    def _condition(self, formula: Formula, local: Mapping[str, Code]) -> str:
        return self.cells.writer(local).condition(formula)

    def lines(self) -> Iterator[str]:
        """The lines about fields that must be given, or must not."""
        for field in self.unit.intake.values():
            yield from self.sibling_rules(field)
        for field in self.unit.intake.values():
            if self.unit.may_be_there(field):
                place = self.unit.place(field)
                settable = self.unit.is_sent(field)
                yield from self._presence_of(field, place, field.name, is_settable=settable)
                yield from self.inside(field)

    def inside(self, field: CompiledField) -> Iterator[str]:
        """The same about what is in a field's value."""
        if self.apart.judges(field):
            yield from self.apart.presence(field)
            return
        nested = [*self._parts(field, "d")]
        if nested:
            yield f"d = {self.unit.place(field)}"
            yield "if d is not None:"
            yield from (f"    {line}" for line in nested)
        yield from each_item(
            field, self.unit.place(field), lambda part, place: self._part_of_item(part, place, field)
        )

    def _part_of_item(self, part: CompiledField, place: str, field: CompiledField) -> Iterator[str]:
        is_settable = part.rule.readonly is None
        yield from self._siblings(part, place, lambda name: f"item.get({name!r})", field.name, is_settable)
        yield from self._presence_of(part, place, field.name, is_settable=is_settable, local=item_of(field))

    def _sent(self, name: str) -> str:
        field = self.unit.intake.get(name)
        return self.unit.place(field) if field is not None and self.unit.may_be_there(field) else "None"

    def sibling_rules(self, field: CompiledField) -> Iterator[str]:
        """The lines about a field that must, or must not, be given with or without others."""
        yield from self._siblings(
            field, self._sent(field.name), self._sent, field.name, self.unit.is_sent(field)
        )

    def _siblings(
        self, field: CompiledField, own: str, place: Callable[[str], str], top: str, is_settable: bool
    ) -> Iterator[str]:
        rule = field.rule

        def tests(names: Sequence[str], test: str) -> list[str]:
            touched = self.touching.of_field(top, None, names) if names else ""
            return [both(touched, f"{place(name)} {test}") for name in names]

        unwanted = [*tests(rule.forbidden_with, "is not None"), *tests(rule.forbidden_without, "is None")]
        if unwanted:
            yield f"if {own} is not None and ({' or '.join(unwanted)}): raise Decline"
        wanted = [*tests(rule.required_with, "is not None"), *tests(rule.required_without, "is None")]
        if wanted and is_settable:
            yield f"if {own} is None and ({' or '.join(wanted)}): raise Decline"

    def _parts(self, field: CompiledField, name: str) -> Iterator[str]:
        for child in field.children:
            is_settable = child.rule.readonly is None
            if is_settable or self.unit.is_update:
                place = f"{name}.get({child.name!r})"
                yield from self._presence_of(child, place, field.name, is_settable=is_settable)

    def _presence_of(
        self,
        field: CompiledField,
        place: str,
        top: str,
        *,
        is_settable: bool,
        local: Mapping[str, Code] = NO_NAMES,
    ) -> Iterator[str]:
        """The lines about a field in `place`, which stands in the top-level field `top`."""
        missing = [*self._missing(field, top, local)] if is_settable else []
        if field.forbidden_if is not None:
            test = both(
                self.touching.of_field(top, field.forbidden_if), self._condition(field.forbidden_if, local)
            )
            yield f"if {place} is not None:"
            yield f"    if {test}: raise Decline"
            if missing:
                yield f"elif {' or '.join(missing)}: raise Decline"
        elif missing:
            yield f"if {place} is None and ({' or '.join(missing)}): raise Decline"
        # Objects in lists have no identity: nothing in them is compared with what is stored.
        if self.unit.is_update and field.rule.immutable and not local:
            yield f"if {top!r} in s.changed{self._differing(field, place, top)}: raise Decline"

    def _differing(self, field: CompiledField, place: str, top: str) -> str:
        """What else is asked before a value is taken for changed: whether the part itself differs, say."""
        kept = f"s.kept[{top!r}]"
        if self.unit.place(field) != place:
            return f" and {kept} is not None and {place} != {kept}.get({field.name!r})"
        is_replaced = is_scalar(field) or field.rule.type == "list"
        return "" if is_replaced else f" and {place} != {kept}"

    def _missing(self, field: CompiledField, top: str, local: Mapping[str, Code]) -> Iterator[str]:
        """The conditions under which a field has to be there."""
        if field.rule.required and self.unit.is_update:
            # The Struct of an update can't know what is stored.
            yield self.touching.of_field(top)
        if field.required_if is not None:
            test = self._condition(field.required_if, local)
            if test != "False":
                yield both(self.touching.of_field(top, field.required_if), test)
        if field.required_unless is not None:
            touched = self.touching.of_field(top, field.required_unless)
            yield both(touched, f"not {self._condition(field.required_unless, local)}")

    def variants(self) -> Iterator[str]:
        """The lines about which alternative is given: exactly one."""
        variants = self.unit.resource.variants
        if not variants:
            return
        for index, variant in enumerate(variants):
            tests = [f"{self._sent(name)} is not None" for name in variant.required]
            yield f"v{index} = {' and '.join(tests) or 'True'}"
        yield f"if {' + '.join(f'v{index}' for index in range(len(variants)))} != 1: raise Decline"
        for index, variant in enumerate(variants):
            for name in variant.forbidden:
                yield f"if v{index} and {self._sent(name)} is not None: raise Decline"
