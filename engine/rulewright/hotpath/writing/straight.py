"""The stages of a create or an update as one function: what is worked out once becomes a local variable.

The stages call a function for each value that may be read more than once, which keeps it in a cell of the
state. Here, where such a call is certain to be reached and was not before, the lines of that function stand
in its place, and what follows reads the variable. Where it is not certain the call stays. So records are
read in the same order as by the functions, which also tell refusals.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rulewright.hotpath.writing.parsed import Parsed, parse_functions
from rulewright.hotpath.writing.syntax import (
    MERGED,
    assign,
    call,
    called_by,
    cell_set_by,
    condition_of,
    copied,
    count_of,
    counts_records,
    is_idle,
    is_unread,
    merged_by,
    opens_payload,
    part_of_state,
    takes_state,
)
from rulewright.hotpath.writing.unit import Unit

# Called with the state, these read no cell.
_HARMLESS: Final = frozenset(
    {"next_number", "numbered", "chance_of", "create_record", "update_record", "set_own", "require_named"}
    | {"judge_uniques", "now_text", "generated", "tell", "tell_value", "tell_missing", "tell_taken"}
)
# Lead the names of functions of look-ups and references.
_LOOKING: Final = ("l_", "x_")
_BEGIN: Final = """
s.planned = {{{own!r}: {{s.key: s.record}}}}
s.hidden = s.record
s.changes = []
"""
_REVISED: Final = "s.revised = {{{own!r}}}\n"
# What the state was given, and the name that `accept` has it under.
_GIVEN: Final = frozenset({"p", "payload", "store", "actor", "request", "now", "seed", "current"})


@dataclass
class _Cell:
    """A function that works a value out once: its lines, the variable they leave it in, the cell."""

    name: str
    cell: str
    lines: list[ast.stmt]
    calls: frozenset[str]
    # Whether the function itself may look records up.
    may_read: bool


@dataclass
class _Known:
    """What is sure at a point of the function: values in variables, and cells that may be filled."""

    values: dict[str, str] = field(default_factory=dict)
    maybe: set[str] = field(default_factory=set)
    # Whether reads go through what is planned.
    ahead: bool = False

    def copy(self) -> _Known:
        return _Known(dict(self.values), set(self.maybe), self.ahead)

    def join(self, one: _Known, other: _Known) -> None:
        """Go on after two branches."""
        self.values = {name: v for name, v in one.values.items() if other.values.get(name) == v}
        self.maybe = one.maybe | other.maybe
        self.ahead = one.ahead


class Straightener:
    """Writes `accept` of one module from the functions of its stages."""

    def __init__(self, unit: Unit, functions: Sequence[str], others: Iterable[str]) -> None:
        """The own resource is surely planned where anything is; `others` are those that effects write."""
        self.functions = parse_functions(unit, functions)
        names = [one.removeprefix("c_") for one in unit.cells]
        known = {name for name in names if name in self.functions}
        self.cells = {name: self._cell(self.functions[name], known) for name in known}
        self.own = unit.resource.name
        self.has_stored = unit.has_stored
        self.others = frozenset(others)
        self.made = 0

    @staticmethod
    def _cell(function: Parsed, known: set[str]) -> _Cell:
        unread, name = function.tree.body[1], function.tree.name
        assert isinstance(unread, ast.If)
        calls = frozenset(called for one in function.calls if (called := called_by(one)) in known and called)
        may_read = name[:2] in _LOOKING or any(
            takes_state(one) and called_by(one) not in _HARMLESS and called_by(one) not in known
            for one in function.calls
        )
        return _Cell(name, f"c_{name}", unread.body[:-1], calls, may_read)

    def lines(self, stages: Iterable[str]) -> Iterator[str]:
        """Yield the body of `accept` after the state is open."""
        now = _Known()
        for stage in stages:
            yield f"# {self.functions[stage].title}"
            for statement in self._inlined(self.functions[stage].tree.body, now, self._renaming(stage)):
                yield from ast.unparse(statement).splitlines()

    def _renaming(self, stage: str) -> dict[str, str]:
        self.made += 1
        # No function, constant or field is called so.
        return {name: f"v{self.made}_{name}" for name in self.functions[stage].sets - {"p"}}

    # Statements

    def _inlined(
        self, body: Sequence[ast.stmt], now: _Known, renaming: Mapping[str, str]
    ) -> Iterator[ast.stmt]:
        for statement in body:
            if opens_payload(statement):
                continue
            yield from self._statement(statement, now, renaming)

    def _statement(self, statement: ast.stmt, now: _Known, renaming: Mapping[str, str]) -> Iterator[ast.stmt]:
        before: list[ast.stmt] = []
        reader = _Reader(self, now, renaming, before)
        match statement:
            case ast.If():
                test = reader.read(statement.test)
                then, otherwise = now.copy(), now.copy()
                made = ast.If(
                    test,
                    [*self._inlined(statement.body, then, renaming)] or [ast.Pass()],
                    [*self._inlined(statement.orelse, otherwise, renaming)],
                )
                if isinstance(statement.body[-1], ast.Raise):
                    then = otherwise
                now.join(then, otherwise)
                yield from (*before, made)
            case ast.For():
                items = reader.read(statement.iter)
                # What is read in a loop is not read once: calls stay.
                inside = _Reader(self, now, renaming, None)
                target = inside.read(statement.target)
                loop = ast.For(target, items, [inside.keep(one) for one in statement.body], [])
                # Who prints it asks for its place.
                yield from (*before, ast.copy_location(loop, statement))
            case ast.Try():
                # What is read here may be missing: it is read in its place.
                yield _Reader(self, now, renaming, None).keep(statement)
            case ast.Return(value=ast.expr() as value):
                # What a stage returns is the response's body.
                body = reader.read(value)
                yield from (*before, assign("s.body", body))
            case ast.Expr(value=ast.Call(func=ast.Name(id="begin" | "begin_update" as begin))):
                now.ahead = True
                lines = _BEGIN if begin == "begin" else _BEGIN + _REVISED
                yield from ast.parse(lines.format(own=self.own)).body
            case ast.Expr(value=ast.Call(func=ast.Name(id="reread"))):
                yield from self._reread(now)
            case ast.Expr(value=ast.Call(func=ast.Name(id="forget"))):
                yield from self._forget(now)
            case _:
                made_one = reader.keep(statement)
                self._note(made_one, now)
                if name := merged_by(made_one):
                    assert isinstance(made_one, ast.Assign)
                    made_one.targets.insert(0, ast.Name(name, ast.Store()))
                yield from before if is_idle(made_one) else (*before, made_one)

    def _note(self, statement: ast.stmt, now: _Known) -> None:
        """Take note of what a statement does to cells; what fills one anew fills its variable, too."""
        name = cell_set_by(statement)
        if name in now.values:
            assert isinstance(statement, ast.Assign)
            statement.targets.insert(0, ast.Name(now.values[name], ast.Store()))
        elif name:
            now.maybe.add(name)

    def _reread(self, now: _Known) -> Iterator[ast.stmt]:
        """Empty the cells of what may read otherwise: surely, or where an effect wrote to their resource."""
        emptied: list[str] = []
        for statement in self.functions["reread"].tree.body:
            resource, emptying = condition_of(statement)
            name = cell_set_by(emptying)
            if not name or (resource not in (None, self.own) and resource not in self.others):
                continue
            now.values.pop(name, None)
            if resource is None or resource == self.own:
                now.maybe.discard(name)
                emptied.append(f"s.c_{name} = ")
            else:
                now.maybe.add(name)
        if self.others:
            yield from ast.parse("if s.changes: reread(s)").body
        yield from ast.parse(f"{''.join(emptied)}UNREAD" if emptied else "pass").body
        yield from ast.parse("s.names = None").body

    def _forget(self, now: _Known) -> Iterator[ast.stmt]:
        """Empty the cells of the record, after a step."""
        first, *emptying = self.functions["forget"].tree.body
        yield first
        for statement in emptying:
            name = cell_set_by(statement)
            if name in now.values or name in now.maybe:
                now.values.pop(name, None)
                now.maybe.discard(name)
                yield statement

    # Cells

    def value_of(self, name: str, now: _Known, before: list[ast.stmt]) -> ast.expr:
        """Work a cell out ahead of a statement; what stands for its value from then on."""
        self.made += 1
        variable = f"v{self.made}_{name}"
        cell = self.cells[name]
        if name in now.maybe:
            # It is there for most, and looking is cheaper than a call that looks.
            before.append(assign(variable, part_of_state(cell.cell)))
            before.append(ast.If(is_unread(variable), [assign(variable, call(name))], []))
            now.maybe |= self.reached(name)
        else:
            before += self._opened(cell, now, variable)
            before.append(assign(f"s.{cell.cell}", ast.Name(variable, ast.Load())))
        now.maybe.add(name)
        now.values[name] = variable
        return ast.Name(variable, ast.Load())

    def _opened(self, cell: _Cell, now: _Known, variable: str) -> list[ast.stmt]:
        renaming = {**self._renaming(cell.name), "v": variable}
        return [*self._inlined(cell.lines, now, renaming)]

    def reads(self, name: str) -> bool:
        """Whether working a cell out may look records up."""
        return any(self.cells[one].may_read for one in self.reached(name))

    def reached(self, name: str) -> set[str]:
        """The cells that working one out may fill."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.cells[one].calls
        return found


class _Reader(ast.NodeTransformer):
    """Rewrites the expressions of one statement; `before` takes what is worked out ahead of it."""

    def __init__(
        self,
        writer: Straightener,
        now: _Known,
        renaming: Mapping[str, str],
        before: list[ast.stmt] | None,
    ) -> None:
        self.writer = writer
        self.now = now
        self.renaming = renaming
        self.before = before
        self.certain = before is not None
        # Whether something before in the statement may look records up in its place: what comes after it must
        # not be read ahead of it.
        self.has_read = False

    def read(self, node: ast.expr) -> ast.expr:
        found = self.visit(copied(node))
        assert isinstance(found, ast.expr)
        return found

    def keep(self, statement: ast.stmt) -> ast.stmt:
        found = self.visit(copied(statement))
        assert isinstance(found, ast.stmt)
        return found

    def _uncertain(self, node: ast.expr) -> ast.expr:
        certain, self.certain = self.certain, False
        found = self.visit(node)
        self.certain = certain
        assert isinstance(found, ast.expr)
        return found

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        first, *rest = node.values
        node.values = [self.visit(first), *(self._uncertain(one) for one in rest)]
        return node

    def visit_IfExp(self, node: ast.IfExp) -> ast.AST:
        node.test = self.visit(node.test)
        node.body, node.orelse = self._uncertain(node.body), self._uncertain(node.orelse)
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.AST:
        # Evaluated before all else of the comprehension, and even where it finds nothing.
        node.generators[0].iter = self.visit(node.generators[0].iter)
        node.elt = self._uncertain(node.elt)
        for one in node.generators:
            one.target = self._uncertain(one.target)
            one.ifs = [self._uncertain(test) for test in one.ifs]
        for one in node.generators[1:]:
            one.iter = self._uncertain(one.iter)
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        node.left = self.visit(node.left)
        first, *rest = node.comparators
        node.comparators = [self.visit(first), *(self._uncertain(one) for one in rest)]
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        name = called_by(node)
        if name is None or name not in self.writer.cells:
            # A record that was stored before is among those stored.
            is_count = self.now.ahead and counts_records(node.func)
            is_count = is_count and not self.writer.has_stored
            self.generic_visit(node)
            if is_count and isinstance(node.args[0], ast.Constant) and node.args[0].value == self.writer.own:
                return count_of(node)
            if takes_state(node) and name not in _HARMLESS:
                # Whatever it is, it may read by name.
                self.now.maybe |= self.writer.cells.keys()
                self.has_read = True
            return node
        if name in self.now.values:
            return ast.Name(self.now.values[name], ast.Load())
        reads = self.writer.reads(name)
        if self.certain and self.before is not None and not (reads and self.has_read):
            return self.writer.value_of(name, self.now, self.before)
        self.now.maybe |= self.writer.reached(name)
        self.has_read |= reads
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        node.id = self.renaming.get(node.id, node.id)
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        if isinstance(node.value, ast.Name) and node.value.id == "s" and isinstance(node.ctx, ast.Load):
            if node.attr in _GIVEN or node.attr == "reads" or node.attr in MERGED:
                return ast.Name(node.attr, ast.Load())
            if node.attr == "records":
                return ast.Name("s" if self.now.ahead else "store", ast.Load())
        return self.generic_visit(node)
