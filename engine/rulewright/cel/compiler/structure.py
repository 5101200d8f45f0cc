"""Code of literals, `&& || ?:`, lists, maps, and names bound by `cel.bind` and `optMap`."""

from __future__ import annotations

from rulewright.cel.compiler.absorbing import absorb
from rulewright.cel.compiler.unit import Code, Frame
from rulewright.cel.tree import Bind, Conditional, ListExpr, Literal, Logic, MapEntry, MapExpr, OptionalMap
from rulewright.cel.values import BOOL, LIST, OPTIONAL, Uint, kind_of


def literal(frame: Frame, node: Literal) -> Code:
    """A constant, under a name: Python warns of what people write with literals, such as `1 is None`."""
    value = node.value
    if value is None or isinstance(value, bool):
        return Code(repr(value), kind_of(value), simple=True)
    recipe = ("uint", int(value)) if isinstance(value, Uint) else ("literal", value)
    return Code(frame.unit.constant(*recipe), kind_of(value), simple=True)


def logic(frame: Frame, node: Logic) -> Code:
    """`&&` is `and`; the exact version is a function that holds errors back."""
    if frame.exact:
        lines = absorb(frame, node)
        frame.height = 0
        return Code(frame.function(lines, ()), BOOL)
    parts = [frame.test(node.operands[0])]
    with frame.branch():
        parts += [frame.test(operand) for operand in node.operands[1:]]
    return Code(f"({f' {_PYTHON[node.operator]} '.join(parts)})", BOOL)


_PYTHON = {"&&": "and", "||": "or"}


def conditional(frame: Frame, node: Conditional) -> Code:
    """`condition ? then : otherwise`."""
    condition = frame.test(node.condition)
    with frame.branch():
        then = frame.value(node.then)
    with frame.branch():
        otherwise = frame.value(node.otherwise)
    kind = then.kind if then.kind is otherwise.kind else None
    return Code(f"({then.text} if {condition} else {otherwise.text})", kind, raw=then.raw or otherwise.raw)


def list_expr(frame: Frame, node: ListExpr) -> Code:
    """A list; elements with a question mark may be missing."""
    texts = [
        f"*maybe({frame.cooked(element).text})" if optional else frame.cooked(element).text
        for element, optional in zip(node.elements, node.optional, strict=True)
    ]
    return Code(f"[{', '.join(texts)}]", LIST)


def map_expr(frame: Frame, node: MapExpr) -> Code:
    """A map: a dict where the keys are literal texts, all different."""
    if _has_plain_keys(node):
        texts = [f"{entry.key.value!r}: {frame.cooked(entry.value).text}" for entry in node.entries]  # type: ignore[attr-defined]
        return Code(f"{{{', '.join(texts)}}}")
    # Entry by entry, so that of several errors the first is met first.
    inner = frame.inner({}, loop=False)
    added = [_added(inner, entry) for entry in node.entries]
    frame.height = 0
    return Code(frame.function([f"n = MapBuilder({frame.budget})", *added, "return n.build()"], ()))


def _has_plain_keys(node: MapExpr) -> bool:
    if any(entry.optional for entry in node.entries):
        return False
    keys = [entry.key.value for entry in node.entries if isinstance(entry.key, Literal)]
    return len(keys) == len(node.entries) == len(set(keys)) and all(type(key) is str for key in keys)


def _added(frame: Frame, entry: MapEntry) -> str:
    key, value = frame.cooked(entry.key), frame.cooked(entry.value)
    if entry.optional:
        # The key is evaluated first, and yet must not be added where there is no value.
        return f"add_optional(n, {key.text}, {value.text})"
    return f"n.add({key.text}, {value.text})"


def bind(frame: Frame, node: Bind) -> Code:
    """`cel.bind(variable, value, body)`."""
    value = frame.value(node.value)
    name = frame.unit.name("v")
    body = _within(frame, node.variable, Code(name, value.kind, value.raw, simple=True), node)
    # A name is itself: this assigns, and always goes on to the body.
    return Code(f"({body.text} if ({name} := {value.text}) is {name} else None)", body.kind, body.raw)


def _within(frame: Frame, variable: str, code: Code, node: Bind | OptionalMap) -> Code:
    outer = frame.variables
    frame.variables = {**outer, variable: code}
    try:
        with frame.branch():
            return frame.value(node.body)
    finally:
        frame.variables = outer


def optional_map(frame: Frame, node: OptionalMap) -> Code:
    """`operand.optMap(variable, body)` and `optFlatMap`."""
    first, again = frame.twice(frame.value(node.operand))
    name = frame.unit.name("v")
    body = _within(frame, node.variable, Code(name, simple=True), node)
    value = f"optional({body.text})" if node.flat else f"some({_cooked_text(frame, body)})"
    condition = f"opened({first}) and ({name} := {again}.value) is {name}"
    return Code(f"({value} if {condition} else NONE)", OPTIONAL)


def _cooked_text(frame: Frame, code: Code) -> str:
    if not code.raw:
        return code.text
    first, again = frame.twice(code)
    return f"({again} if {first}.__class__ in PLAIN else adapt({again}))"
