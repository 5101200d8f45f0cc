"""What decides whether a response can be made at all; what it shows counts nowhere."""

from __future__ import annotations

from collections.abc import Sequence

from rulewright import cel
from rulewright.cel.tree import Call, Conditional, Given, Ident, ListExpr, Literal, Logic, Macro
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.formula import OWN_ROOTS, Constant, Formula, FormulaList, FormulaMap, Path, Valued
from rulewright.glance.chains import chain
from rulewright.glance.reads import DEEPEST, NO_NAMES, TEXTS, Reads, Role
from rulewright.hotpath.writing.unit import NotGenerated


class ResponseReads:
    """Walks the response of one resource."""

    def __init__(self, resource: CompiledResource, reads: Reads) -> None:
        self.resource = resource
        self.reads = reads

    def walk(self) -> None:
        """Note what the body, its envelope and what may be included rest on."""
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
                self.reads.walk_node(node.condition, NO_NAMES, Role.VALUE)
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
            case Call(function="pick", args=(Ident(name=name), ListExpr(elements=named))) if self._shows(
                name, named
            ):
                return
        self._pass_chain(node)

    def _pass_chain(self, node: cel.Node) -> None:
        """The same of what names something, or is worked out."""
        root, steps, indexes = chain(node)
        if root is None or indexes:
            # Whether there is such an item rests on the list.
            self.reads.walk_node(node, NO_NAMES, Role.VALUE)
        elif root.name in OWN_ROOTS and (not steps or self._is_own(steps)):
            if len(steps) > 1:
                # Reading a part fails where the whole is null.
                self.reads.note(steps[0], Role.PRESENCE)
        elif root.name in self.resource.bound_references and len(steps) == 1:
            self._show_named(self.resource.bound_references[root.name], steps[0])
        elif root.name not in ("body", "resource"):
            self.reads.walk_path((root.name, *steps), NO_NAMES, Role.VALUE)
        elif steps and root.name == "body":
            raise NotGenerated("an envelope that looks into the body")

    def _shows(self, name: str, named: Sequence[cel.Node]) -> bool:
        """Whether parts of a record are shown as they are, by their names."""
        names = [one.value for one in named if isinstance(one, Literal) and isinstance(one.value, str)]
        if len(names) < len(named):
            return False
        if name in OWN_ROOTS:
            return self.resource.fields.keys() >= set(names)
        one = self.resource.bound_references.get(name)
        if one is None:
            return False
        for each in names:
            self._show_named(one, each)
        return True

    def _show_named(self, one: CompiledField, name: str) -> None:
        """A field of the record that a field refers to is shown as it is, where there is one."""
        self.reads.note_named(one, (name,), Role.PLAIN)
        self.reads.note_foreign(name, Role.VALUE)

    def _is_own(self, steps: Path) -> bool:
        return steps[0] in self.resource.fields and len(steps) <= DEEPEST

    def _joins_texts(self, kept: Macro) -> bool:
        """`[a, b].filter(x, given(x))` of own texts, which may have to be none of some others, too."""
        if kept.kind != "filter" or not isinstance(kept.range, ListExpr) or len(kept.variables) != 1:
            return False
        is_sure = kept.condition is not None and _surely_judges(kept.condition, kept.variables[0])
        return is_sure and all(map(self._is_own_text, kept.range.elements))

    def _is_own_text(self, node: cel.Node) -> bool:
        root, steps, _ = chain(node)
        if root is None or root.name not in OWN_ROOTS or not 1 <= len(steps) <= DEEPEST:
            return False
        one = self.resource.fields.get(steps[0])
        if one is not None and len(steps) == DEEPEST:
            one = next((child for child in one.children if child.name == steps[1]), None)
        return one is not None and one.rule.type in TEXTS


def _surely_judges(condition: cel.Node, name: str) -> bool:
    """Whether a condition on a text that may be null has a result, whatever the text."""
    first, *rest = (
        condition.operands if isinstance(condition, Logic) and condition.operator == "&&" else [condition]
    )
    is_given = isinstance(first, Given) and isinstance(first.path, Ident) and first.path.name == name
    return is_given and all(_compares_text(one, name) for one in rest)


def _compares_text(node: cel.Node, name: str) -> bool:
    """Whether this is `x == 'text'`, or `x.trim() != 'text'`."""
    match node:
        case Call(
            function="_==_" | "_!=_",
            args=(Ident(name=own) | Call(function="trim", target=Ident(name=own)), Literal()),
        ):
            return own == name
    return False
