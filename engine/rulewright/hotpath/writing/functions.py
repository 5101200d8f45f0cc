"""Functions in expressions as Python: written in place, or what implements them is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rulewright import cel
from rulewright.cel.functions.strings import SPACES
from rulewright.cel.tree import ListExpr, Literal, Macro
from rulewright.cel.values import BOOL, DOUBLE, INT, STRING
from rulewright.hotpath.runtime.applying import bounded
from rulewright.hotpath.runtime.patterns import searcher
from rulewright.hotpath.writing.pieces import Written, sure_bool
from rulewright.hotpath.writing.unit import Code

if TYPE_CHECKING:
    from rulewright.hotpath.writing.expressions import Writer

# Kinds that functions of CEL take as they are, and give.
_TYPES: Final = {"text": STRING, "int": INT, "double": DOUBLE, "bool": BOOL}
_KINDS: Final = {type_: kind for kind, type_ in _TYPES.items()}


def write_function(writer: Writer, node: Any) -> Code:
    """Write a call of a function or an operator. Raises Written where it must be called as compiled CEL."""
    is_method, count = node.target is not None, len(node.args)
    if node.function == "size" and is_method != bool(count):
        operand = writer.code(node.target if is_method else node.args[0])
        is_list = operand.field is not None and operand.field.rule.type == "list"
        if operand.kind == "records" or (operand.sure and (is_list or operand.kind in ("text", "list"))):
            return Code(f"len({operand.text})", "int", sure=True, steady=True)
    if node.function == "join" and is_method and count == 1:
        return _join(writer, node)
    if node.function == "trim" and is_method and not count:
        return _trim(writer, node)
    if node.function == "slug" and not is_method and count == 1:
        return _slug(writer, node)
    if node.function == "matches" and is_method and count == 1:
        return _match(writer, node)
    return _applied(writer, node)


def _applied(writer: Writer, node: Any) -> Code:
    """A function of texts, numbers and booleans: what implements it in CEL is called, without a meter."""
    if not writer.unit.is_standard(node.function):
        raise Written
    is_method = node.target is not None
    codes = [writer.code(one) for one in (*((node.target,) if is_method else ()), *node.args)]
    kinds = [_TYPES.get(one.kind) for one in codes if one.sure and not one.called]
    types = [one for one in kinds if one is not None]
    known = cel.ALL_FUNCTIONS.get(node.function)
    overload = known.select(types, method=is_method) if known is not None else None
    if overload is None or len(types) < len(codes) or overload.params != tuple(types):
        raise Written
    kind = _KINDS.get(overload.result)
    if kind is None or overload.metered:
        raise Written
    # A number may be held as a whole one, and is a double all the same.
    given = (f"float({one.text})" if one.kind == "double" else one.text for one in codes)
    applied = writer.unit.constant("apply", bounded(overload))
    return Code(f"{applied}({', '.join(given)})", kind, sure=True, steady=True)


def _trim(writer: Writer, node: Any) -> Code:
    text = writer.code(node.target)
    if not (text.sure and text.kind == "text" and not text.called and writer.unit.is_standard("trim")):
        raise Written
    return Code(f"{text.text}.strip({SPACES!r})", "text", sure=True, steady=True)


def _slug(writer: Writer, node: Any) -> Code:
    text = writer.code(node.args[0])
    if not (text.sure and text.kind == "text" and writer.unit.is_standard("slug")):
        raise Written
    return Code(f"slug_of({text.text})", "text", sure=True, steady=True)


def _join(writer: Writer, node: Any) -> Code:
    """`[a, b].filter(x, given(x)).join(', ')` of texts: those of which a condition holds, joined."""
    kept, between = node.target, node.args[0]
    if not (isinstance(between, Literal) and type(between.value) is str and _is_filter(kept)):
        raise Written
    parts = [writer.code(one) for one in kept.range.elements]
    if not all(one.sure and one.kind == "text" and not one.called for one in parts):
        raise Written
    name = f"v{writer.made}"
    test = writer.alone({kept.variables[0]: Code(name, "text", sure=True)}, kept.condition)
    listed = "".join(f"{one.text}, " for one in parts)
    text = f"{between.value!r}.join([{name} for {name} in ({listed}) if {test}])"
    return Code(text, "text", sure=True, steady=True)


def _is_filter(node: Any) -> bool:
    """Whether this is `[...].filter(x, ...)`."""
    is_filter = isinstance(node, Macro) and node.kind == "filter" and len(node.variables) == 1
    return is_filter and isinstance(node.range, ListExpr) and not any(node.range.optional)


def _match(writer: Writer, node: Any) -> Code:
    """`text.matches('pattern')`."""
    text, pattern = writer.code(node.target), node.args[0]
    if not (
        isinstance(pattern, Literal) and type(pattern.value) is str and text.sure and text.kind == "text"
    ):
        raise Written
    test = writer.unit.constant("search", searcher(pattern.value))
    return sure_bool(f"{test}({text.text})")
