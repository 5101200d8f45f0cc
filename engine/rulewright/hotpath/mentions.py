"""Which fields of a create's payload the rules look at: what the others hold can't change a verdict.

Every expression of the resource is walked once, whoever uses it. Each field comes out as one that no rule
mentions, one of which only the presence counts, or one whose value counts. What is not understood raises
NotGenerated, so that nothing rests on a guess.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, Final

from msgspec import Struct

from rulewright import cel
from rulewright.cel.functions import ALL_FUNCTIONS
from rulewright.cel.tree import (
    Call,
    Conditional,
    Given,
    Has,
    Ident,
    Index,
    ListExpr,
    Literal,
    Logic,
    Macro,
    MapEntry,
    MapExpr,
    Select,
)
from rulewright.compiled import CompiledEffect, CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.views import View
from rulewright.formula import Constant, Formula, FormulaList, FormulaMap, Path, Valued
from rulewright.hotpath.cells import Cells
from rulewright.hotpath.inferring import InferenceWriter
from rulewright.hotpath.unit import NotGenerated, Unit, is_sent


class Role(IntEnum):
    """How a field counts."""

    PLAIN = 0
    PRESENCE = 1
    VALUE = 2


# Names that stand for the same value for every payload of a run. What reads the clock is told apart.
_CONSTANT: Final = frozenset({"settings", "actor", "request", "current", "now", "today"})
_CLOCK: Final = frozenset({"now", "today"})
_OWN: Final = ("payload", "record")
_TEXTS: Final = ("string", "email", "uuid")
# Types whose values an effect may copy into a field of the same type: they surely fit.
_COPIED: Final = ("integer", "boolean")


class Guard(Struct, frozen=True):
    """`infer` is silent where no record of `resource` holds in `fields` what the payload holds in `own`."""

    resource: str
    fields: tuple[str, ...]
    own: tuple[str, ...]


class Mentions(Struct, frozen=True):
    """What was found. `parts` are children of objects; `lone` are fields with rules about themselves alone:
    references and checks that read nothing else of the payload.
    """

    roles: Mapping[str, Role]
    parts: Mapping[tuple[str, str], Role]
    lone: frozenset[str]
    reads_clock: bool
    guards: tuple[Guard, ...] = ()


def find_mentions(rules: CompiledRules, resource: CompiledResource) -> Mentions:
    """Walk all rules about a create. Raises NotGenerated where the verdict might rest on anything else."""
    if rules.reactions.get((resource.name, "create")):
        raise NotGenerated("reactions to a create")
    guards = find_guards(rules, resource)
    finder = _Finder(rules, resource, frozenset(guards))
    finder.run()
    sent = [name for name, one in resource.fields.items() if is_sent(resource, one)]
    roles = {name: finder.roles[name] for name in sent}
    return Mentions(
        roles,
        finder.parts,
        frozenset(finder.lone.intersection(sent)),
        finder.reads_clock,
        (*guards.values(),),
    )


def find_guards(rules: CompiledRules, resource: CompiledResource) -> dict[str, Guard]:
    """The look-ups that must find nothing for no rule of `infer` to have anything to tell."""
    if not resource.file.inferences:
        return {}
    found: dict[str, Guard] = {}
    for needs in InferenceWriter(Unit(rules, resource), Cells(Unit(rules, resource))).needs():
        name = next((one for one in sorted(needs) if one in resource.lookups), None)
        if name is None:
            raise NotGenerated("rules of infer that need no look-up")
        found[name] = _guard_of(resource, name)
    return found


def _guard_of(resource: CompiledResource, name: str) -> Guard:
    lookup = resource.lookups[name]
    own: list[str] = []
    for entry in lookup.by.entries.values():
        root, steps, _ = _chain(entry.node) if isinstance(entry, Formula) else (None, (), ())
        one = resource.fields.get(steps[0]) if root is not None and len(steps) == 1 else None
        if root is None or root.name not in _OWN or one is None or not _is_as_sent(resource, one):
            raise NotGenerated(f"the look-up {name}, by what is worked out")
        own.append(one.name)
    if lookup.rule.kind not in ("find", "find_all") or lookup.rule.if_missing != "null" or not own:
        raise NotGenerated(f"the look-up {name} of infer")
    return Guard(lookup.rule.resource, tuple(lookup.by.entries), tuple(own))


def _is_as_sent(resource: CompiledResource, one: CompiledField) -> bool:
    """Whether what is stored is what was sent, to the letter."""
    rule = one.rule
    supplied = rule.default is not None or rule.default_from is not None or rule.blank is not None
    derived = rule.compute is not None or rule.generate is not None or one.excluded_if is not None
    plain = rule.type in ("string", "integer") or (rule.type == "date" and (rule.format or "iso") == "iso")
    return plain and not supplied and not derived and is_sent(resource, one)


class _Copy(Struct, frozen=True):
    """An effect writes a field as it was sent into the field `into` of another resource's record."""

    target: str
    into: str
    source: str
    text: str


class _Names(Struct, frozen=True):
    """What local names stand for: `own` is the field that `value` is, `records` are whole records."""

    own: Mapping[str, str] = {}
    records: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

    def with_variable(self, name: str, *, is_record: bool) -> _Names:
        """Bind a macro's variable."""
        own = {key: value for key, value in self.own.items() if key != name}
        if is_record:
            return _Names(own, self.records | {name}, self.parts - {name})
        return _Names(own, self.records - {name}, self.parts | {name})


_NO_NAMES: Final = _Names()


class _Finder:
    def __init__(
        self, rules: CompiledRules, resource: CompiledResource, silent: frozenset[str] = frozenset()
    ) -> None:
        self.rules = rules
        self.resource = resource
        # Look-ups that find nothing, so that nothing rests on what they find.
        self.silent = silent
        self.roles = dict.fromkeys(resource.fields, Role.PLAIN)
        self.parts: dict[tuple[str, str], Role] = {}
        self.lone: set[str] = set()
        self.reads_clock = False
        # Fields of other records, by name: however they are reached.
        self.foreign: dict[str, Role] = {}
        self.reads_whole_records = False
        self.copies: list[_Copy] = []
        # What a rule makes of a field of another record, kept in an own field: (its name, the own field).
        self.kept: list[tuple[str, str]] = []
        self.effects = [one for one in resource.effects if "create" in one.on or "*" in one.on]

    def run(self) -> None:
        """Walk everything, then follow what is copied."""
        for one in self.resource.fields.values():
            self._field(one)
        for name, lookup in self.resource.lookups.items():
            if name in self.silent:
                continue
            self._where(lookup.by, lookup.rule.resource)
            if lookup.rule.of is not None:
                self._foreign_name(lookup.rule.of, Role.VALUE)
        for check in (*self.resource.checks, *self.resource.invariants):
            self.walk(check.condition)
        for variant in self.resource.variants:
            for name in (*variant.required, *variant.forbidden):
                self._note(name, Role.PRESENCE)
        self._workflow()
        for effect in self.effects:
            self._effect(effect)
        self._uniques()
        self._response()
        self._join_own_records()
        for copy in self.copies:
            if not self._is_harmless(copy):
                self._note(copy.source, Role.VALUE)

    # What is noted

    def _note(self, name: str, role: Role) -> None:
        if name in self.roles:
            self.roles[name] = max(self.roles[name], role)

    def _note_clock(self, target: CompiledResource) -> None:
        """What a created record is made of may rest on the clock."""
        formulas = (formula for one in target.every_field() for formula in _formulas_of(one))
        if any(path[0] in _CLOCK for formula in formulas for path in formula.reads):
            self.reads_clock = True

    def _note_part(self, name: str, part: str, role: Role) -> None:
        self._note(name, Role.PRESENCE)
        self.parts[name, part] = max(self.parts.get((name, part), Role.PLAIN), role)

    def _foreign_name(self, name: str, role: Role) -> None:
        self.foreign[name] = max(self.foreign.get(name, Role.PLAIN), role)

    # Parts of the rule file

    def _field(self, one: CompiledField) -> None:
        name, rule = one.name, one.rule
        self._presence(one)
        if one.compute is not None:
            self.walk(one.compute)
        if one.default_from is not None:
            self._note(name, Role.PRESENCE)
            self._tail(one.default_from, name)
        if rule.default is not None and not _fits(one):
            self._note(name, Role.PRESENCE)
        if name == self.resource.key or rule.compute is not None or rule.generate is not None:
            # A key must be new; a sent value that is overruled is told of.
            self._note(name, Role.VALUE)
        self._values(one)
        for child in one.children:
            self._child(one, child)
        if one.items is not None and (one.items.concerns or one.items.children):
            self._note(name, Role.VALUE)
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
                self._note(one.name, Role.PRESENCE)
                self.walk(formula)
        if one.rule.siblings:
            for name in (one.name, *one.rule.siblings):
                self._note(name, Role.PRESENCE)

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
            self._where(one.reference.where, one.reference.resource)
            self._foreign_name(one.reference.by, Role.VALUE)
        if not rules:
            return
        names = _Names({"value": one.name})
        if one.items is None and not one.children and all(self._is_lone(each) for each in rules):
            self.lone.add(one.name)
            role = self.roles[one.name]
            for each in rules:
                self.walk(each, names)
            # Its value is judged by itself, not with the others.
            self.roles[one.name] = role
            return
        self._note(one.name, Role.VALUE)
        for each in rules:
            self.walk(each, names)

    def _is_lone(self, formula: Valued) -> bool:
        return all(self._is_steady(path, ("value",)) for path in formula.reads)

    def _is_steady(self, path: Path, also: tuple[str, ...] = ()) -> bool:
        """Whether a path stands for the same value for every payload."""
        root = path[0]
        if root in self.resource.lookups:
            return all(self._is_steady(below) for below in self.resource.lookups[root].by.reads)
        return root in _CONSTANT or root in also

    def _child(self, one: CompiledField, child: CompiledField) -> None:
        if child.concerns - {"presence", "excluded"} or child.children or child.items is not None:
            self._note(one.name, Role.VALUE)
            self._whole(child)
            return
        for formula in (child.required_if, child.required_unless, child.forbidden_if, child.excluded_if):
            if formula is not None:
                self._note_part(one.name, child.name, Role.PRESENCE)
                self.walk(formula)
        if child.rule.siblings:
            for name in (child.name, *child.rule.siblings):
                self._note_part(one.name, name, Role.PRESENCE)

    def _whole(self, one: CompiledField) -> None:
        """Walk all that is said of a part, whose field's value counts."""
        names = _Names(parts=frozenset({"value", "item"}))
        for formula in _formulas_of(one):
            self.walk(formula, names)
        for below in one.parts:
            self._whole(below)

    def _where(self, where: FormulaMap, resource: str) -> None:
        """An equality map: its keys are fields of the records that are asked for."""
        for name, entry in where.entries.items():
            self._foreign_name(name, Role.VALUE)
            self.walk(entry)

    def _workflow(self) -> None:
        workflow = self.resource.workflow
        if workflow is None:
            return
        if workflow.rule.field is not None:
            self._note(workflow.rule.field, Role.VALUE)
        if workflow.initial_from is not None:
            self.walk(workflow.initial_from)

    def _uniques(self) -> None:
        for name in {self.resource.name, *(self._target(one) for one in self.effects)}:
            if name not in self.rules.resources:
                continue
            for one in self.rules.resources[name].fields.values():
                if one.unique is None:
                    continue
                self._where(one.unique.where, name)
                for part in one.unique.fields:
                    self._foreign_name(part, Role.VALUE)
                if name == self.resource.name:
                    for part in (*one.unique.fields, *one.unique.where.entries):
                        self._note(part, Role.VALUE)

    # Effects

    def _target(self, effect: CompiledEffect) -> str:
        """The resource whose record an effect writes; "" for a message."""
        name, resource = effect.rule.target or "", self.resource
        if effect.rule.verb is None:
            return resource.name
        if name in self.rules.resources:
            return name
        if name in resource.lookups:
            return resource.lookups[name].rule.resource
        if name in resource.bound_references:
            reference = resource.bound_references[name].reference
            assert reference is not None
            return reference.resource
        if name in resource.binds:
            return resource.binds[name].rule.target or ""
        return ""

    def _effect(self, effect: CompiledEffect) -> None:
        target = self._target(effect)
        if effect.when is not None:
            self.walk(effect.when)
        if effect.body is not None:
            self.walk(effect.body)
        self._where(effect.where, target)
        if effect.rule.verb == "create" and target in self.rules.resources:
            self._note_clock(self.rules.resources[target])
        if effect.rule.verb == "update" and (effect.rule.target or "") not in self.rules.resources:
            self._found(effect.rule.target or "")
        for name, entry in effect.set.entries.items():
            source = self._copied(effect, target, name, entry)
            if source is not None:
                self._note(source, Role.PRESENCE)
                assert isinstance(entry, Formula)
                self.copies.append(_Copy(target, name, source, entry.text))
            elif effect.rule.verb is None:
                self._tail(entry, name)
            else:
                self.walk(entry)

    def _copied(self, effect: CompiledEffect, target: str, name: str, entry: Valued) -> str | None:
        """The field whose value an effect copies into another resource's record, as it was sent."""
        if effect.rule.verb != "update" or target == self.resource.name or not isinstance(entry, Formula):
            return None
        root, steps, _ = _chain(entry.node)
        if root is None or root.name != "payload" or len(steps) != 1:
            return None
        if steps[0] not in self.resource.fields or not is_sent(self.resource, self.resource.fields[steps[0]]):
            return None
        into = self.rules.resources[target].fields.get(name) if target in self.rules.resources else None
        source = self.resource.fields[steps[0]]
        if into is None or into.reference is not None or not _surely_fits(source, into):
            return None
        return steps[0]

    def _is_harmless(self, copy: _Copy) -> bool:
        """Whether nothing ever looks at what was copied."""
        target = self.rules.resources[copy.target]
        if self.reads_whole_records or copy.into == target.key:
            return False
        if self.foreign.get(copy.into, Role.PLAIN) is Role.VALUE:
            return False
        texts = {
            entry.text if isinstance(entry, Formula) else ""
            for effect in self.effects
            if self._target(effect) == copy.target
            for name, entry in effect.set.entries.items()
            if name == copy.into
        }
        if texts != {copy.text}:
            return False
        for name, own in self.kept:
            if name == copy.into and not (
                self.roles[own] is not Role.VALUE
                and self.resource.fields[own].reference is None
                and not any(self._part_names(own, Role.VALUE))
                and _surely_fits(target.fields[copy.into], self.resource.fields[own])
            ):
                return False
        return True

    def _part_names(self, own: str, role: Role) -> Iterator[str]:
        return (part for (name, part), found in self.parts.items() if name == own and found is role)

    # The response

    def _response(self) -> None:
        shape = self.resource.response
        for valued in (shape.body, shape.envelope, *shape.include.values()):
            if valued is not None:
                self._pass_valued(valued)

    def _pass_valued(self, valued: Valued) -> None:
        """Note what decides whether a value can be made at all; what it is counts nowhere."""
        if isinstance(valued, FormulaMap):
            for entry in valued.entries.values():
                self._pass_valued(entry)
        elif isinstance(valued, FormulaList):
            for entry in valued.items:
                self._pass_valued(entry)
        elif isinstance(valued, Formula):
            self._pass(valued.node)
        elif not isinstance(valued, Constant):
            raise NotGenerated("a response of an unknown kind")

    def _pass(self, node: cel.Node) -> None:
        match node:
            case Literal():
                return
            case Conditional():
                self._node(node.condition, _NO_NAMES, Role.VALUE)
                self._pass(node.then)
                self._pass(node.otherwise)
                return
            case ListExpr():
                for one in node.elements:
                    self._pass(one)
                return
            case Call(function="join", target=Macro() as kept, args=(Literal(),)) if self._joins_texts(kept):
                self._pass(kept.range)
                return
        root, steps, _ = _chain(node)
        if root is None:
            self._node(node, _NO_NAMES, Role.VALUE)
        elif root.name in _OWN and steps and steps[0] in self.resource.fields and len(steps) <= _DEEPEST:
            if len(steps) > 1:
                # Reading a part fails where the whole is null.
                self._note(steps[0], Role.PRESENCE)
        elif root.name not in ("body", "resource"):
            self._path((root.name, *steps), _NO_NAMES, Role.VALUE)
        elif steps and root.name == "body":
            raise NotGenerated("an envelope that looks into the body")

    def _joins_texts(self, kept: Macro) -> bool:
        """`[a, b].filter(x, given(x))` of own texts."""
        if kept.kind != "filter" or not isinstance(kept.range, ListExpr) or len(kept.variables) != 1:
            return False
        condition = kept.condition
        if not (isinstance(condition, Given) and isinstance(condition.path, Ident)):
            return False
        return condition.path.name == kept.variables[0] and all(map(self._is_own_text, kept.range.elements))

    def _is_own_text(self, node: cel.Node) -> bool:
        root, steps, _ = _chain(node)
        if root is None or root.name not in _OWN or not 1 <= len(steps) <= _DEEPEST:
            return False
        one = self.resource.fields.get(steps[0])
        if one is not None and len(steps) == _DEEPEST:
            one = next((child for child in one.children if child.name == steps[1]), None)
        return one is not None and one.rule.type in _TEXTS

    # Expressions

    def walk(self, valued: Valued, names: _Names = _NO_NAMES) -> None:
        """Note what an expression reads; its value counts."""
        if isinstance(valued, FormulaMap):
            for entry in valued.entries.values():
                self.walk(entry, names)
        elif isinstance(valued, FormulaList):
            for entry in valued.items:
                self.walk(entry, names)
        elif isinstance(valued, Formula):
            self._node(valued.node, names, Role.VALUE)
        elif not isinstance(valued, Constant):
            raise NotGenerated("an expression of an unknown kind")

    def _tail(self, valued: Valued, own: str) -> None:
        """An expression whose value goes into the own field `own`, maybe as another record has it."""
        if isinstance(valued, Formula):
            self._tail_node(valued.node, own)
        else:
            self.walk(valued)

    def _tail_node(self, node: cel.Node, own: str) -> None:
        if isinstance(node, Conditional):
            self._node(node.condition, _NO_NAMES, Role.VALUE)
            self._tail_node(node.then, own)
            self._tail_node(node.otherwise, own)
            return
        root, steps, _ = _chain(node)
        if root is not None and self._is_other(root.name) and len(steps) == 1 and not self._sees_itself():
            self._found(root.name)
            self.kept.append((steps[0], own))
            return
        self._node(node, _NO_NAMES, Role.VALUE)

    def _node(self, node: cel.Node, names: _Names, role: Role) -> None:
        match node:
            case Literal():
                return
            case Given():
                self._chained(node.path, names, Role.PRESENCE)
            case Has():
                self._chained(_selected(node), names, Role.PRESENCE)
            case Ident() | Select() | Index():
                self._chained(node, names, role)
            case Call(function="_==_" | "_!=_", args=(one, Literal(value=None))):
                self._node(one, names, Role.PRESENCE)
            case Call():
                if node.function not in ALL_FUNCTIONS:
                    raise NotGenerated(f"the function {node.function}")
                for below in cel.children(node):
                    self._node(below, names, Role.VALUE)
            case Logic() | Conditional() | ListExpr() | MapExpr() | MapEntry():
                for below in cel.children(node):
                    self._node(below, names, Role.VALUE)
            case Macro():
                self._macro(node, names)
            case _:
                raise NotGenerated(f"a {type(node).__name__}")

    def _macro(self, node: Macro, names: _Names) -> None:
        root, steps, _ = _chain(node.range)
        if root is not None and not steps and (self._is_other(root.name) or root.name in names.records):
            # Its items are records: what is read of them is told by name.
            self._found(root.name)
            is_record = True
        else:
            self._node(node.range, names, Role.VALUE)
            is_record = not (isinstance(node.range, ListExpr) or (root is not None and bool(steps)))
        inner = names
        for variable in node.variables:
            inner = inner.with_variable(variable, is_record=is_record)
        for below in (node.condition, node.body):
            if below is not None:
                self._node(below, inner, Role.VALUE)

    def _chained(self, node: cel.Node, names: _Names, role: Role) -> None:
        root, steps, others = _chain(node)
        for other in others:
            self._node(other, names, Role.VALUE)
        if root is None:
            self._node(_bottom(node), names, Role.VALUE)
            for step in steps:
                self._foreign_name(step, role)
            return
        self._path((root.name, *steps), names if not root.absolute else _NO_NAMES, role)

    def _path(self, path: Path, names: _Names, role: Role) -> None:
        root, steps = path[0], path[1:]
        if root in names.own:
            self._note(names.own[root], role if not steps else Role.VALUE)
        elif root in names.parts:
            for step in steps:
                self._foreign_name(step, role)
        elif root in names.records or self._is_other(root):
            self._other(root, steps, names, role)
        elif root in _OWN:
            self._own(root, steps, role)
        elif root in _CONSTANT:
            self.reads_clock = self.reads_clock or root in _CLOCK
        else:
            raise NotGenerated(f"the name {root}")

    def _own(self, root: str, steps: Path, role: Role) -> None:
        one = self.resource.fields.get(steps[0]) if steps else None
        if one is None:
            raise NotGenerated(f"{root} as a whole")
        generate = one.rule.generate
        if root == "record" and generate is not None and generate.kind != "sequence" and role is Role.VALUE:
            raise NotGenerated(f"the random {one.name}")
        if len(steps) == 1:
            self._note(one.name, role)
        elif len(steps) == _DEEPEST and any(child.name == steps[1] for child in one.children):
            self._note_part(one.name, steps[1], role)
        else:
            self._note(one.name, Role.VALUE)

    def _is_other(self, root: str) -> bool:
        resource = self.resource
        return root in resource.lookups or root in resource.bound_references or root in resource.binds

    def _found(self, root: str) -> None:
        """Which record a name stands for rests on the field that names it."""
        if root in self.resource.bound_references:
            self._note(self.resource.bound_references[root].name, Role.VALUE)

    def _other(self, root: str, steps: Path, names: _Names, role: Role) -> None:
        if root in self.silent:
            raise NotGenerated(f"{root}, which infer reads, too")
        if root not in names.records:
            if not steps and role is Role.PRESENCE and root in self.resource.bound_references:
                self._note(self.resource.bound_references[root].name, Role.PRESENCE)
                return
            self._found(root)
        lookup = self.resource.lookups.get(root)
        counts = lookup is not None and lookup.rule.kind in ("count", "max", "min")
        if not steps and role is Role.VALUE and not counts:
            self.reads_whole_records = True
        for step in steps:
            self._foreign_name(step, role)

    # The own record among others

    def _sees_itself(self) -> bool:
        """Whether the own record may be found like any other, once it is planned."""
        own, resource = self.resource.name, self.resource
        return (
            any(one.rule.resource == own for one in resource.lookups.values())
            or any(
                one.reference is not None and one.reference.resource == own for one in resource.every_field()
            )
            or any(one.rule.verb is not None and self._target(one) == own for one in self.effects)
        )

    def _join_own_records(self) -> None:
        if not self._sees_itself():
            return
        if self.reads_whole_records:
            raise NotGenerated("whole records of its own kind")
        for name, role in self.foreign.items():
            self._note(name, role)


# payload.object.part
_DEEPEST: Final = 2


def _selected(node: Has) -> Select:
    return Select(start=node.start, end=node.end, operand=node.operand, field=node.field)


def _chain(node: cel.Node) -> tuple[Ident | None, Path, tuple[cel.Node, ...]]:
    """`a.b[0].c` as its name, the steps with a name, and the indexes; no name where it starts otherwise."""
    steps: list[str] = []
    others: list[cel.Node] = []
    while True:
        match node:
            case Select():
                steps.append(node.field)
                node = node.operand
            case Index(index=Literal(value=str() as key)):
                steps.append(key)
                node = node.operand
            case Index():
                others.append(node.index)
                if not isinstance(node.index, Literal):
                    # Which part is read is known at run time only.
                    raise NotGenerated("an index that is worked out")
                node = node.operand
            case Ident():
                return node, tuple(reversed(steps)), tuple(others)
            case _:
                return None, tuple(reversed(steps)), tuple(others)


def _bottom(node: cel.Node) -> cel.Node:
    while isinstance(node, Select | Index):
        node = node.operand
    return node


def _formulas_of(one: CompiledField) -> Iterator[Valued]:
    optional: Iterable[Valued | None] = (
        one.required_if,
        one.required_unless,
        one.forbidden_if,
        one.excluded_if,
        one.default_from,
        one.compute,
        one.one_of,
        one.reference.where if one.reference is not None else None,
        one.unique.where if one.unique is not None else None,
        *(check.condition for check in one.checks),
    )
    return (formula for formula in optional if formula is not None)


def _fits(one: CompiledField) -> bool:
    assert one.rule.default is not None
    try:
        fit(one, one.type.decode(one.rule.default.value))
    except Exception:  # whatever it was: the evaluator meets it where the field is absent
        return False
    return True


def _surely_fits(source: CompiledField, into: CompiledField) -> bool:
    """Whether any value of one field, or null, can be kept in another."""
    if source.rule.type in _TEXTS and into.rule.type in _TEXTS:
        return True
    if source.rule.type != into.rule.type:
        return False
    if source.rule.type in _COPIED:
        return True
    if not source.children or source.items is not None:
        return False
    theirs: Mapping[str, Any] = {child.name: child for child in into.children}
    return all(
        child.rule.type in _TEXTS and (child.name not in theirs or theirs[child.name].rule.type in _TEXTS)
        for child in source.children
    )
