"""What statements and calls of generated code are, told by their shape; and a few that are made."""

from __future__ import annotations

import ast
from typing import Any, Final

# What a stage works out for those after it.
MERGED: Final = ("kept", "changed", "merged")


def copied(part: Any) -> Any:
    """As `copy.deepcopy`, which takes ten times as long: no part of a tree stands in it twice."""
    if isinstance(part, list):
        return [copied(one) for one in part]
    if not isinstance(part, ast.AST):
        return part
    made = part.__new__(type(part))
    vars(made).update({name: copied(one) for name, one in vars(part).items()})
    return made


def opens_payload(statement: ast.stmt) -> bool:
    """Whether it is `p = s.p`."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="p")], value=ast.Attribute(value=ast.Name(id="s"), attr="p")):
            return True
    return False


def counts_records(function: ast.expr) -> bool:
    """Whether it is `s.records.count`."""
    match function:
        case ast.Attribute(value=ast.Attribute(value=ast.Name(id="s"), attr="records"), attr="count"):
            return True
    return False


def cell_set_by(statement: ast.stmt) -> str:
    """The cell that a statement fills or empties; "" where it does something else."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(attr=cell)]) if cell.startswith("c_"):
            return cell.removeprefix("c_")
    return ""


def merged_by(statement: ast.stmt) -> str:
    """The part of an update that a statement works out, or ""."""
    match statement:
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="s"), attr=name)]) if name in MERGED:
            return name
    return ""


def condition_of(statement: ast.stmt) -> tuple[object, ast.stmt]:
    """A statement of `reread`, and the resource that must be planned for it; None where it always runs."""
    match statement:
        case ast.If(test=ast.Compare(left=ast.Constant(value=str() as resource)), body=[inner]):
            return resource, inner
    return None, statement


def called_by(node: ast.AST) -> str | None:
    """The name of the function that a call calls, or None."""
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def is_idle(statement: ast.stmt) -> bool:
    """Whether a statement only reads a variable, or a part of the caller."""
    match statement:
        case ast.Expr(value=ast.Name()):
            return True
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id="actor"), attr="get"))):
            return True
    return False


def count_of(call: ast.Call) -> ast.expr:
    """Count own records: where only the own one is planned, it comes to those stored unless it is hidden."""
    resource, where = (ast.unparse(one) for one in call.args)
    stored = f"store.count({resource}, {where}) + (s.hidden is None and fits(s.record, {where}))"
    return ast.parse(f"s.count({resource}, {where}) if s.changes else {stored}", mode="eval").body


def takes_state(node: ast.Call) -> bool:
    """Whether a call hands the state on."""
    return any(isinstance(one, ast.Name) and one.id == "s" for one in node.args)


def call(name: str) -> ast.expr:
    """A call of a function with the state."""
    return ast.Call(ast.Name(name, ast.Load()), [ast.Name("s", ast.Load())], [])


def part_of_state(name: str) -> ast.expr:
    """`s.name`."""
    return ast.Attribute(ast.Name("s", ast.Load()), name, ast.Load())


def is_unread(variable: str) -> ast.expr:
    """Whether a variable holds what stands in a cell that was not worked out."""
    return ast.Compare(ast.Name(variable, ast.Load()), [ast.Is()], [ast.Name("UNREAD", ast.Load())])


def assign(target: str, value: ast.expr) -> ast.stmt:
    """An assignment to a variable, or to an attribute of one."""
    variable, _, attribute = target.partition(".")
    if not attribute:
        return ast.Assign([ast.Name(variable, ast.Store())], value, lineno=1)
    place = ast.Attribute(ast.Name(variable, ast.Load()), attribute, ast.Store())
    return ast.Assign([place], value, lineno=1)
