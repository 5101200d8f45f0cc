"""What effects read of a payload, and which of its values they only copy to where nobody looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from rulewright import cel
from rulewright.cel.tree import Conditional
from rulewright.compiled import CompiledEffect, CompiledField, CompiledResource, CompiledRules
from rulewright.formula import Formula, Valued
from rulewright.glance.chains import chain
from rulewright.glance.reads import CLOCK, NO_NAMES, TEXTS, Reads, Role, formulas_of
from rulewright.hotpath.intake import is_sent
from rulewright.hotpath.writing.unit import NotGenerated

# Types whose values an effect may copy into a field of the same type: they surely fit.
_COPIED: Final = ("integer", "boolean")


class _Copy(Struct, frozen=True):
    """An effect writes a field as it was sent into the field `into` of another resource's record."""

    target: str
    into: str
    source: str
    text: str


class EffectReads:
    """Walks the effects of a create, and what else may lead to records of its own kind."""

    def __init__(self, rules: CompiledRules, resource: CompiledResource, reads: Reads) -> None:
        self.rules = rules
        self.resource = resource
        self.reads = reads
        self.effects = [one for one in resource.effects if "create" in one.on or "*" in one.on]
        self.copies: list[_Copy] = []
        # What a rule makes of a field of another record, kept in an own field: (its name, the own field).
        self.kept: list[tuple[str, str]] = []
        # The same, where a field refers to the other record: (that field, its name there, the own field).
        self.tails: list[tuple[str, str, str]] = []
        # Fields whose records effects update by their name under `as`.
        self.updated: set[str] = set()

    def walk(self) -> None:
        """Note what effects and unique values read."""
        for effect in self.effects:
            self._effect(effect)
        self._uniques()

    def _note_clock(self, target: CompiledResource) -> None:
        """What a created record is made of may rest on the clock."""
        formulas = (formula for one in target.every_field() for formula in formulas_of(one))
        if any(path[0] in CLOCK for formula in formulas for path in formula.reads):
            self.reads.reads_clock = True

    def target_of(self, effect: CompiledEffect) -> str:
        """The resource whose record an effect writes; "" for a message."""
        name, resource = effect.rule.target or "", self.resource
        if effect.rule.verb is None:
            return resource.name
        if name in self.rules.resources:
            return name
        return resource.resource_behind(name) or ""

    def _effect(self, effect: CompiledEffect) -> None:
        target = self.target_of(effect)
        if effect.when is not None:
            self.reads.walk(effect.when)
        if effect.body is not None:
            self.reads.walk(effect.body)
        self.reads.walk_where(effect.where, target)
        if effect.rule.verb == "create" and target in self.rules.resources:
            self._note_clock(self.rules.resources[target])
        if effect.rule.verb == "update" and (effect.rule.target or "") not in self.rules.resources:
            self._update_found(effect.rule.target or "")
        for name, entry in effect.set.entries.items():
            source = self._copied(effect, target, name, entry)
            if source is not None:
                self.reads.note(source, Role.PRESENCE)
                assert isinstance(entry, Formula)
                self.copies.append(_Copy(target, name, source, entry.text))
            elif effect.rule.verb is None:
                self.walk_tail(entry, name)
            else:
                self.reads.walk(entry)

    def _update_found(self, root: str) -> None:
        one = self.resource.bound_references.get(root)
        if one is None or one.rule.type == "list":
            self.reads.note_found(root)
            return
        self.reads.note(one.name, Role.PRESENCE)
        self.updated.add(one.name)

    def follow_copies(self) -> None:
        """Note what is copied to where somebody may look; after everything else was walked."""
        for copy in self.copies:
            if not self._is_harmless(copy):
                self.reads.note(copy.source, Role.VALUE)

    def _copied(self, effect: CompiledEffect, target: str, name: str, entry: Valued) -> str | None:
        """The field whose value an effect copies into another resource's record, as it was sent."""
        if effect.rule.verb != "update" or target == self.resource.name or not isinstance(entry, Formula):
            return None
        root, steps, _ = chain(entry.node)
        if root is None or root.name != "payload" or len(steps) != 1:
            return None
        if steps[0] not in self.resource.fields or not is_sent(self.resource, self.resource.fields[steps[0]]):
            return None
        into = self.rules.resources[target].fields.get(name) if target in self.rules.resources else None
        source = self.resource.fields[steps[0]]
        if into is None or into.reference is not None or not surely_fits(source, into):
            return None
        return steps[0]

    def _is_harmless(self, copy: _Copy) -> bool:
        """Whether nothing ever looks at what was copied."""
        target = self.rules.resources[copy.target]
        if self.reads.reads_whole_records or copy.into == target.key:
            return False
        if self.reads.foreign.get(copy.into, Role.PLAIN) is Role.VALUE:
            return False
        texts = {
            entry.text if isinstance(entry, Formula) else ""
            for effect in self.effects
            if self.target_of(effect) == copy.target
            for name, entry in effect.set.entries.items()
            if name == copy.into
        }
        if texts != {copy.text}:
            return False
        for name, own in self.kept:
            if name == copy.into and not (
                self.reads.roles[own] is not Role.VALUE
                and self.resource.fields[own].reference is None
                and not any(self._part_names(own, Role.VALUE))
                and surely_fits(target.fields[copy.into], self.resource.fields[own])
            ):
                return False
        return True

    def _part_names(self, own: str, role: Role) -> Iterator[str]:
        return (part for (name, part), found in self.reads.parts.items() if name == own and found is role)

    def walk_tail(self, valued: Valued, own: str) -> None:
        """An expression whose value goes into the own field `own`, maybe as another record has it."""
        if isinstance(valued, Formula):
            self._tail_node(valued.node, own)
        else:
            self.reads.walk(valued)

    def _tail_node(self, node: cel.Node, own: str) -> None:
        if isinstance(node, Conditional):
            self.reads.walk_node(node.condition, NO_NAMES, Role.VALUE)
            self._tail_node(node.then, own)
            self._tail_node(node.otherwise, own)
            return
        root, steps, _ = chain(node)
        if (
            root is not None
            and self.reads.is_other(root.name)
            and len(steps) == 1
            and not self._sees_itself()
        ):
            one = self.resource.bound_references.get(root.name)
            if one is not None:
                self.reads.note_named(one, steps, Role.PRESENCE)
                self.tails.append((one.name, steps[0], own))
            self.kept.append((steps[0], own))
            return
        self.reads.walk_node(node, NO_NAMES, Role.VALUE)

    def _sees_itself(self) -> bool:
        """Whether the own record may be found like any other, once it is planned."""
        own, resource = self.resource.name, self.resource
        return (
            any(one.rule.resource == own for one in resource.lookups.values())
            or any(
                one.reference is not None and one.reference.resource == own for one in resource.every_field()
            )
            or any(one.rule.verb is not None and self.target_of(one) == own for one in self.effects)
        )

    def join_own_records(self) -> None:
        """Where the own record may be found like any other, its fields count as theirs do."""
        if not self._sees_itself():
            return
        if self.reads.reads_whole_records:
            raise NotGenerated("whole records of its own kind")
        for name, role in self.reads.foreign.items():
            self.reads.note(name, role)

    def _uniques(self) -> None:
        for name in {self.resource.name, *(self.target_of(one) for one in self.effects)}:
            if name not in self.rules.resources:
                continue
            for one in self.rules.resources[name].fields.values():
                if one.unique is None:
                    continue
                self.reads.walk_where(one.unique.where, name)
                for part in one.unique.fields:
                    self.reads.note_foreign(part, Role.VALUE)
                if name == self.resource.name:
                    for part in (*one.unique.fields, *one.unique.where.entries):
                        self.reads.note(part, Role.VALUE)


def surely_fits(source: CompiledField, into: CompiledField) -> bool:
    """Whether any value of one field, or null, can be kept in another."""
    if source.rule.type in TEXTS and into.rule.type in TEXTS:
        return True
    if source.rule.type != into.rule.type:
        return False
    if source.rule.type in _COPIED:
        return True
    if not source.children or source.items is not None:
        return False
    theirs: Mapping[str, Any] = {child.name: child for child in into.children}
    return all(
        child.rule.type in TEXTS and (child.name not in theirs or theirs[child.name].rule.type in TEXTS)
        for child in source.children
    )
