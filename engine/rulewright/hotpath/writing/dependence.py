"""Which fields of the payload a rule rests on, and whether it surely says nothing without them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from rulewright import cel
from rulewright.cel.tree import Call, Conditional, Logic, Macro
from rulewright.compiled import CompiledField, CompiledResource
from rulewright.evaluation.records import computes, is_state
from rulewright.formula import Constant, Formula, FormulaList, FormulaMap, Path, Valued
from rulewright.hotpath.writing.inside import makers_within

# The fields, and whether the rule surely says nothing without each of them.
Rests = tuple[frozenset[str], bool]
# What may have a value although a part of it has none.
_LENIENT = (Conditional, Logic, Macro)
# What has a value whatever it is given; and `payload.x`, which has one, too.
_TOTAL = ("_==_", "_!=_")
_OF_A_FIELD = 2


class Dependence:
    """Of one resource's rules in an operation; every answer is kept."""

    def __init__(self, resource: CompiledResource, operation: str) -> None:
        self.resource = resource
        self.operation = operation
        self._names: dict[str, Rests] = {}

    def of(self, formula: Valued) -> Rests:
        """The fields that a rule rests on, however far behind, and whether it is strict in all of them."""
        fields, strict = self._through(formula.reads)
        resource = self.resource
        reading = [
            path
            for path in formula.reads
            if path[0] in resource.lookups or path[0] in resource.bound_references
        ]
        # Of several parts, one may read records before another turns out to be missing.
        plain = not reading or len(formula.reads) == 1
        # Of several fields, one may end it with an error before another turns out to be unsound.
        sure = len(fields) < 2 or not _may_fail(formula)
        return fields, strict and plain and sure and _is_strict(formula)

    def may_look_up(self, formula: Valued) -> bool:
        """Whether something may have to be looked up for a rule."""
        return self._is_looked_up(formula.reads)

    def may_read_records(self, field: CompiledField) -> bool:
        """Whether something may have to be looked up to work out a field of the record."""
        return self._is_looked_up([("record", field.name)])

    def absorbs(self, node: cel.Node) -> bool:
        """Whether a node may have a value although something in it fails for want of a store."""
        match node:
            case Logic():
                # What comes after a part that fails may decide all the same.
                return any(
                    not self._fails_with(part, later)
                    for index, part in enumerate(node.operands)
                    for later in node.operands[index + 1 :]
                )
            case Macro():
                said = [one for one in (node.condition, node.body) if one is not None]
                read = [path for one in said for path in cel.references(one)]
                return self._is_looked_up(path for path in read if path[0] not in node.variables)
        return False

    def _fails_with(self, part: cel.Node, later: cel.Node) -> bool:
        """Whether `later` surely fails where `part` does for want of a store."""
        paths = cel.references(part)
        names = {_source(path) for path in paths if self._is_looked_up([path])}
        if not names:
            return True
        is_strict = not any(isinstance(one, _LENIENT) for one in cel.walk(later))
        return is_strict and len(names) == 1 and names <= {_source(path) for path in cel.references(later)}

    def _is_looked_up(self, paths: Iterable[Path], seen: frozenset[Path] = frozenset()) -> bool:
        """Whether what paths read may have to be looked up."""
        resource = self.resource
        for path in paths:
            if path[0] == "record" and path not in seen:
                field = resource.fields.get(path[1]) if len(path) > 1 else None
                if field is None:
                    return True
                behind = [path for one in self._formulas(field) for path in one.reads]
                behind += self._read_inside(field)
                if self._is_looked_up(behind, seen | {path}):
                    return True
            elif path[0] in resource.lookups or path[0] in resource.bound_references:
                return True
        return False

    def surely(self, formula: Valued) -> frozenset[str]:
        """Fields without one of which a rule surely says nothing and reads no record, whatever else is."""
        fields, strict = self.of(formula)
        if strict:
            return fields
        if not isinstance(formula, Formula) or (first := _first_part(formula.node)) is None:
            return frozenset()
        return self.surely(replace(formula, node=first, reads=cel.references(first)))

    def table(self) -> dict[str, Rests]:
        """What every name of an expression and, as "record.x", every field of the record rests on."""
        resource = self.resource
        table = {name: self._path((name,)) for name in (*resource.lookups, *resource.bound_references)}
        return table | {f"record.{name}": self.field(one) for name, one in resource.fields.items()}

    def _through(self, paths: Iterable[Path]) -> Rests:
        fields: frozenset[str] = frozenset()
        strict = True
        for path in paths:
            below, firm = self._path(path)
            fields |= below
            strict = strict and firm
        return fields, strict

    def _path(self, path: Path) -> Rests:
        resource = self.resource
        root = path[0]
        if root in ("payload", "record"):
            field = resource.fields.get(path[1]) if len(path) > 1 else None
            if field is None:
                # What an event takes is null in a create or an update.
                is_null = root == "payload" and len(path) == _OF_A_FIELD and path[1] in resource.sendable
                return (frozenset(), True) if is_null else (frozenset(resource.fields), False)
            return self.field(field) if root == "record" else (frozenset([field.name]), True)
        if root in resource.lookups:
            return self._kept(root, lambda: self.look_up(root))
        if root in resource.bound_references:
            return self.reference(resource.bound_references[root])
        if root in resource.binds:
            return frozenset(resource.fields), False
        return frozenset(), True

    def field(self, field: CompiledField) -> Rests:
        """What working out a field of the record rests on."""
        formulas, read_inside = self._formulas(field), self._read_inside(field)
        own = (frozenset([field.name]), True)
        if not (formulas or read_inside):
            return own
        # What was sent needs no default, whatever that would rest on.
        behind = (frozenset[str](), not read_inside and field.default_from not in formulas)
        return self._kept(
            f"record.{field.name}",
            lambda: joined(
                [own, behind, self._through(read_inside), *(self.of(one) for one in formulas)],
            ),
        )

    def _formulas(self, field: CompiledField) -> list[Valued]:
        if self.operation == "update":
            # Nothing is defaulted again, and no state begun.
            computed = field.compute if computes(field, self.operation) else None
            return [] if computed is None or is_state(self.resource, field) else [computed]
        workflow = self.resource.workflow
        begins = is_state(self.resource, field)
        initial = workflow.initial_from if workflow is not None and begins else None
        return [one for one in (field.compute, field.default_from, initial) if one is not None]

    @staticmethod
    def _read_inside(field: CompiledField) -> list[Path]:
        """What the parts of a field's value are worked out from, but for each other."""
        read = [path for one in makers_within(field) for path in one.reads]
        return [path for path in read if path[:_OF_A_FIELD] != ("record", field.name)]

    def look_up(self, name: str) -> Rests:
        """What a look-up rests on."""
        lookup = self.resource.lookups[name]
        behind = [self.of(lookup.by)]
        if len(lookup.by.reads) > 1:
            behind.append((frozenset(), False))
        for path in lookup.by.reads:
            if path[0] in ("payload", "record") and len(path) > 1 and path[1] in self.resource.fields:
                behind.append(self.reference(self.resource.fields[path[1]]))
        return joined(behind)

    def reference(self, field: CompiledField) -> Rests:
        """What finding the record that a field names rests on."""
        own = (frozenset([field.name]), True)
        if field.reference is None:
            return own
        where = field.reference.where
        # What names nothing needs no `where`, whatever that would rest on.
        behind = (frozenset[str](), not where.entries)
        return self._kept(f"x.{field.name}", lambda: joined([own, behind, self.of(where)]))

    def _kept(self, key: str, work_out: Callable[[], Rests]) -> Rests:
        if key not in self._names:
            # Whoever asks again on the way rests on everything: a circle is no reason to guess.
            self._names[key] = (frozenset(self.resource.fields), False)
            self._names[key] = work_out()
        return self._names[key]


def _source(path: Path) -> Path:
    """What fails where a path can't be read: a name, or a field of the record."""
    return path[:_OF_A_FIELD] if path[0] == "record" else path[:1]


def joined(parts: Iterable[Rests]) -> Rests:
    listed = [*parts]
    return frozenset().union(*(one[0] for one in listed)), all(one[1] for one in listed)


def reads_throughout(node: cel.Node) -> bool:
    """Whether nothing that may decide for the whole of an expression is without something that is read."""
    deciding: list[cel.Node] = []
    for one in cel.walk(node):
        match one:
            case Logic():
                deciding += one.operands
            case Conditional():
                deciding.append(one.condition)
            case Macro():
                deciding.append(one.range)
    return all(map(cel.references, deciding))


def _first_part(node: cel.Node) -> cel.Node | None:
    """What is evaluated before all else, and without which nothing else is."""
    match node:
        case Call(function="!_", args=(operand,)):
            return operand
        case Macro():
            return node.range
        case Conditional():
            return node.condition
    return None


def _may_fail(formula: Valued) -> bool:
    """Whether sound values may be an error, as null is in `a + b`, `a < b` and `a.b`."""
    if any(len(path) > _OF_A_FIELD for path in formula.reads):
        return True
    if isinstance(formula, Formula):
        return any(isinstance(one, Call) and one.function not in _TOTAL for one in cel.walk(formula.node))
    if isinstance(formula, FormulaMap):
        return any(map(_may_fail, formula.entries.values()))
    return isinstance(formula, FormulaList) and any(map(_may_fail, formula.items))


def _is_strict(formula: Valued) -> bool:
    if isinstance(formula, Formula):
        return not any(isinstance(node, _LENIENT) for node in cel.walk(formula.node))
    if isinstance(formula, FormulaMap):
        return all(_is_strict(entry) for entry in formula.entries.values())
    if isinstance(formula, FormulaList):
        return all(_is_strict(item) for item in formula.items)
    return isinstance(formula, Constant)
