"""What the fields of a payload, and the rules about them, read of it."""

from __future__ import annotations

from rulewright import cel
from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.views import View
from rulewright.formula import Formula, Path, Valued
from rulewright.glance.effect_reads import EffectReads
from rulewright.glance.reads import CONSTANT, Names, Reads, Role, formulas_of


class FieldReads:
    """Walks the fields of one resource. `lone` are those whose rules read nothing else of the payload."""

    def __init__(
        self, rules: CompiledRules, resource: CompiledResource, reads: Reads, effects: EffectReads
    ) -> None:
        self.rules = rules
        self.resource = resource
        self.reads = reads
        self.effects = effects
        self.lone: set[str] = set()

    def walk(self) -> None:
        """Note what is said of each field."""
        for one in self.resource.fields.values():
            self._field(one)

    def _field(self, one: CompiledField) -> None:
        name, rule = one.name, one.rule
        self._presence(one)
        if one.compute is not None:
            self.reads.walk(one.compute)
        if one.default_from is not None:
            self.reads.note(name, Role.PRESENCE)
            self.effects.walk_tail(one.default_from, name)
        if rule.default is not None and not _fits(one):
            self.reads.note(name, Role.PRESENCE)
        if name == self.resource.key or rule.compute is not None or rule.generate is not None:
            # A key must be new; a sent value that is overruled is told of.
            self.reads.note(name, Role.VALUE)
        self._values(one)
        for child in one.children:
            self._child(one, child)
        if one.items is not None and (one.items.concerns or one.items.children):
            self.reads.note(name, Role.VALUE)
            self._whole(one.items)

    def _presence(self, one: CompiledField) -> None:
        """The rules about whether a field is there."""
        for keyword, formula in (
            ("required_if", one.required_if),
            ("required_unless", one.required_unless),
            ("forbidden_if", one.forbidden_if),
            ("excluded_if", one.excluded_if),
        ):
            if formula is not None and not self._never_applies(keyword, formula):
                self.reads.note(one.name, Role.PRESENCE)
                self.reads.walk(formula)
        if one.rule.siblings:
            for name in (one.name, *one.rule.siblings):
                self.reads.note(name, Role.PRESENCE)

    def _never_applies(self, keyword: str, formula: Formula) -> bool:
        """Whether a condition is about settings alone, and they say no."""
        if any(path[0] != "settings" for path in formula.reads):
            return False
        settings = View(self.rules.settings.get(self.resource.file.api, {}), ())
        try:
            return formula.value({"settings": settings}) is (keyword == "required_unless")
        except cel.CelError:
            return False

    def _values(self, one: CompiledField) -> None:
        """References, computed options and checks: alone where they read nothing else of the payload."""
        rules: list[Valued] = [check.condition for check in one.checks]
        if one.one_of is not None:
            rules.append(one.one_of)
        if one.reference is not None:
            rules.append(one.reference.where)
            self.reads.walk_where(one.reference.where, one.reference.resource)
            self.reads.note_foreign(one.reference.by, Role.VALUE)
        if not rules:
            return
        names = Names({"value": one.name})
        if one.items is None and not one.children and all(self._is_lone(each) for each in rules):
            self.lone.add(one.name)
            role = self.reads.roles[one.name]
            for each in rules:
                self.reads.walk(each, names)
            # Its value is judged by itself, not with the others.
            self.reads.roles[one.name] = role
            return
        self.reads.note(one.name, Role.VALUE)
        for each in rules:
            self.reads.walk(each, names)

    def _is_lone(self, formula: Valued) -> bool:
        return all(self._is_steady(path, ("value",)) for path in formula.reads)

    def _is_steady(self, path: Path, also: tuple[str, ...] = ()) -> bool:
        """Whether a path stands for the same value for every payload."""
        root = path[0]
        if root in self.resource.lookups:
            return all(self._is_steady(below) for below in self.resource.lookups[root].by.reads)
        return root in CONSTANT or root in also

    def _child(self, one: CompiledField, child: CompiledField) -> None:
        if child.concerns - {"presence", "excluded"} or child.children or child.items is not None:
            self.reads.note(one.name, Role.VALUE)
            self._whole(child)
            return
        for formula in (child.required_if, child.required_unless, child.forbidden_if, child.excluded_if):
            if formula is not None:
                self.reads.note_part(one.name, child.name, Role.PRESENCE)
                self.reads.walk(formula)
        if child.rule.siblings:
            for name in (child.name, *child.rule.siblings):
                self.reads.note_part(one.name, name, Role.PRESENCE)

    def _whole(self, one: CompiledField) -> None:
        """Walk all that is said of a part, whose field's value counts."""
        names = Names(parts=frozenset({"value", "item"}))
        for formula in formulas_of(one):
            self.reads.walk(formula, names)
        for below in one.parts:
            self._whole(below)


def _fits(one: CompiledField) -> bool:
    assert one.rule.default is not None
    try:
        fit(one, one.type.decode(one.rule.default.value))
    except Exception:  # whatever it was: the evaluator meets it where the field is absent
        return False
    return True
