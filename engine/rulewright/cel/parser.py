"""Text to tree.

Operators are read with explicit stacks, so a level of nesting (a bracket, an argument, a branch) takes at
most six Python frames whatever the operators around it; `Limits.depth` bounds the number of levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from rulewright.cel.errors import CelSyntaxError, LimitError
from rulewright.cel.lexer import Token, TokenKind, tokens
from rulewright.cel.limits import DEFAULT_LIMITS, Limits
from rulewright.cel.literals import number_value, text_value
from rulewright.cel.macros import expand
from rulewright.cel.precedence import PRECEDENCE, Operands
from rulewright.cel.tree import (
    Call,
    Conditional,
    Ident,
    Index,
    ListExpr,
    Literal,
    MapEntry,
    MapExpr,
    Node,
    Select,
    children,
)
from rulewright.cel.values import TYPE_NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

_LONGEST_NAMESPACE: Final = 5
"""Fields of the namespace of a type or function; else reading `a.a.a...` would take quadratic time."""
_CONSTANTS: Final[Mapping[str, bool | None]] = {"true": True, "false": False, "null": None}
_RESERVED: Final = frozenset(
    [
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
)
GRAMMAR_WORDS: Final = _RESERVED | {*_CONSTANTS, "in"}
"""Words that no expression can use as a name."""

NAMESPACED_FUNCTIONS: Final = frozenset(
    [
        "base64.decode",
        "base64.encode",
        "ip.isCanonical",
        "lists.range",
        "math.abs",
        "math.bitAnd",
        "math.bitNot",
        "math.bitOr",
        "math.bitShiftLeft",
        "math.bitShiftRight",
        "math.bitXor",
        "math.ceil",
        "math.floor",
        "math.greatest",
        "math.isFinite",
        "math.isInf",
        "math.isNaN",
        "math.least",
        "math.round",
        "math.sign",
        "math.sqrt",
        "math.trunc",
        "optional.none",
        "optional.of",
        "optional.ofNonZeroValue",
        "optional.unwrap",
        "strings.quote",
    ]
)
"""Functions whose name has a dot: `math.abs(x)` is one call, not a method of a variable named `math`."""


def parse(
    text: str,
    limits: Limits = DEFAULT_LIMITS,
    *,
    macros: bool = True,
    namespaced: Collection[str] = NAMESPACED_FUNCTIONS,
) -> Node:
    """The tree of an expression.

    `macros=False` reads `has`, `all`, ... as ordinary calls; `namespaced` are functions with dotted names.
    Raises `CelSyntaxError`, or `LimitError` where the text is longer, deeper or larger than `limits` allow.
    """
    if len(text) > limits.characters:
        raise LimitError(f"the expression is longer than {limits.characters:,} characters", 0, len(text))
    node = _Parser(text, limits, macros=macros, namespaced=namespaced).parse()
    _measure(node, limits)
    return node


def _measure(root: Node, limits: Limits) -> None:
    """Refuse a tree too large or too deep; a chain such as `a.b.c` is deep without nesting in the text."""
    stack = [(root, 1)]
    count = 0
    while stack:
        node, depth = stack.pop()
        count += 1
        if depth > limits.depth:
            raise _too_deep(limits, node.start, node.end)
        if count > limits.nodes:
            raise LimitError(f"the expression has more than {limits.nodes:,} parts", root.start, root.end)
        stack.extend((child, depth + 1) for child in children(node))


def _too_deep(limits: Limits, start: int, end: int) -> LimitError:
    return LimitError(f"the expression nests more than {limits.depth} levels deep", start, end)


class _Parser:
    """A cursor over the tokens of one text."""

    def __init__(self, text: str, limits: Limits, *, macros: bool, namespaced: Collection[str]) -> None:
        self._tokens = list(tokens(text))
        self._at = 0
        self._limits = limits
        self._depth = 0
        self._macros = macros
        self._namespaced = namespaced

    def parse(self) -> Node:
        node = self._expression()
        if self._token.kind is not TokenKind.END:
            raise self._unexpected()
        return node

    # -- the cursor

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    def _next(self) -> Token:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _is(self, symbol: str) -> bool:
        token = self._tokens[self._at]
        return token.text == symbol and token.kind is TokenKind.SYMBOL

    def _take(self, symbol: str) -> bool:
        if self._is(symbol):
            self._at += 1
            return True
        return False

    def _expect(self, symbol: str) -> Token:
        if not self._is(symbol):
            raise self._unexpected(f", expected {symbol!r}")
        return self._next()

    def _unexpected(self, hint: str = "") -> CelSyntaxError:
        token = self._token
        if token.kind is TokenKind.END:
            return CelSyntaxError(f"the expression ends too early{hint}", token.start, token.end)
        return CelSyntaxError(f"unexpected {token.text!r}{hint}", token.start, token.end)

    # -- expressions

    def _expression(self) -> Node:
        """Operators between operands, then perhaps `? :`."""
        self._depth += 1
        if self._depth > self._limits.depth:
            raise _too_deep(self._limits, self._token.start, self._token.end)
        operands = Operands(self._operand())
        while (operator := self._binary_operator()) is not None:
            operands.push(operator, self._operand())
        node = operands.reduce()
        if self._take("?"):
            then = self._expression()
            self._expect(":")
            otherwise = self._expression()
            node = Conditional(
                start=node.start, end=otherwise.end, condition=node, then=then, otherwise=otherwise
            )
        self._depth -= 1
        return node

    def _binary_operator(self) -> str | None:
        token = self._token
        named_in = token.kind is TokenKind.NAME and token.text == "in"
        if named_in or (token.kind is TokenKind.SYMBOL and token.text in PRECEDENCE):
            self._at += 1
            return token.text
        return None

    def _operand(self) -> Node:
        """Prefix operators, a primary, and what follows it: `.field`, `[index]`, `(arguments)`."""
        prefixes = self._prefixes()
        node = self._primary()
        while True:
            if self._is("."):
                node = self._member(node)
            elif self._take("["):
                optional = self._take("?")
                index = self._expression()
                end = self._expect("]").end
                node = Index(start=node.start, end=end, operand=node, index=index, optional=optional)
            else:
                break
        for prefix in reversed(prefixes):
            node = Call(
                start=prefix.start, end=node.end, function=f"{prefix.text}_", target=None, args=(node,)
            )
        return node

    def _prefixes(self) -> list[Token]:
        found: list[Token] = []
        while self._is("!") or self._is("-"):
            following = self._tokens[self._at + 1].kind
            if self._is("-") and following in (TokenKind.INT, TokenKind.FLOAT):
                break
            found.append(self._next())
        return found

    def _primary(self) -> Node:
        token = self._token
        match token.kind:
            case TokenKind.INT | TokenKind.FLOAT:
                self._at += 1
                return Literal(start=token.start, end=token.end, value=number_value(token))
            case TokenKind.TEXT:
                self._at += 1
                return Literal(start=token.start, end=token.end, value=text_value(token))
            case TokenKind.NAME:
                return self._name(absolute=False, start=token.start)
            case TokenKind.SYMBOL if token.text in _OPENERS:
                return _OPENERS[token.text](self)
            case _:
                raise self._unexpected()

    def _negative_number(self) -> Node:
        sign = self._next()
        number = self._next()
        return Literal(start=sign.start, end=number.end, value=number_value(number, negative=True))

    def _parenthesised(self) -> Node:
        opening = self._next()
        node = self._expression()
        # The brackets belong to the node's text, else `(a) + b` would be shown as `a) + b`.
        return replace(node, start=opening.start, end=self._expect(")").end)

    def _absolute_name(self) -> Node:
        dot = self._next()
        return self._name(absolute=True, start=dot.start)

    def _name(self, *, absolute: bool, start: int) -> Node:
        if self._token.kind is not TokenKind.NAME or self._token.text == "in":
            raise self._unexpected()
        token = self._next()
        if token.text in _CONSTANTS and not absolute:
            return Literal(start=start, end=token.end, value=_CONSTANTS[token.text])
        if token.text in _RESERVED or token.text in _CONSTANTS:
            raise CelSyntaxError(f"{token.text!r} is a reserved word", token.start, token.end)
        if self._is("("):
            return self._call(None, token, start)
        if self._is("{"):
            raise CelSyntaxError("message types are not supported", start, self._token.end)
        return Ident(start=start, end=token.end, name=token.text, absolute=absolute)

    def _member(self, operand: Node) -> Node:
        self._expect(".")
        optional = self._take("?")
        token = self._next()
        if token.kind is TokenKind.QUOTED_NAME:
            name = token.text[1:-1]
        elif token.kind is TokenKind.NAME and token.text not in _CONSTANTS and token.text != "in":
            name = token.text
            if self._is("(") and not optional:
                return self._call(operand, token, operand.start)
        else:
            self._at -= 1
            raise self._unexpected(", expected a field name")
        if self._is("{"):
            raise CelSyntaxError("message types are not supported", operand.start, self._token.end)
        return self._select(operand, name, token.end, optional=optional)

    def _select(self, operand: Node, name: str, end: int, *, optional: bool) -> Node:
        path = dotted_path(operand, _LONGEST_NAMESPACE)
        if path is not None and not optional and f"{path}.{name}" in TYPE_NAMES:
            return Ident(start=operand.start, end=end, name=f"{path}.{name}")
        return Select(start=operand.start, end=end, operand=operand, field=name, optional=optional)

    def _call(self, target: Node | None, name: Token, start: int) -> Node:
        self._expect("(")
        args = self._arguments(")")
        end = self._expect(")").end
        function = name.text
        path = dotted_path(target, _LONGEST_NAMESPACE) if target is not None else None
        if path is not None and f"{path}.{function}" in self._namespaced:
            target, function = None, f"{path}.{function}"
        call = Call(start=start, end=end, function=function, target=target, args=args)
        return expand(call) if self._macros else call

    def _arguments(self, closing: str) -> tuple[Node, ...]:
        args: list[Node] = []
        while not self._is(closing):
            args.append(self._expression())
            if not self._take(","):
                break
            if self._is(closing) and closing == ")":
                raise self._unexpected()
        return tuple(args)

    def _list(self) -> Node:
        start = self._next().start
        elements: list[Node] = []
        optional: list[bool] = []
        while not self._is("]"):
            optional.append(self._take("?"))
            elements.append(self._expression())
            if not self._take(","):
                break
        end = self._expect("]").end
        return ListExpr(start=start, end=end, elements=tuple(elements), optional=tuple(optional))

    def _map(self) -> Node:
        start = self._next().start
        entries: list[MapEntry] = []
        while not self._is("}"):
            optional = self._take("?")
            key = self._expression()
            self._expect(":")
            value = self._expression()
            entries.append(MapEntry(start=key.start, end=value.end, key=key, value=value, optional=optional))
            if not self._take(","):
                break
        return MapExpr(start=start, end=self._expect("}").end, entries=tuple(entries))


_OPENERS: Final[Mapping[str, Callable[[_Parser], Node]]] = {
    "-": _Parser._negative_number,
    "(": _Parser._parenthesised,
    "[": _Parser._list,
    "{": _Parser._map,
    ".": _Parser._absolute_name,
}
"""What a primary that begins with a symbol is."""


def dotted_path(node: Node, longest: int = DEFAULT_LIMITS.depth) -> str | None:
    """`a.b.c` for a chain of plain selects from a name, else None; brackets (`(a.b).c`) break the chain."""
    fields: list[str] = []
    while isinstance(node, Select) and not node.optional:
        if node.start != node.operand.start or len(fields) == longest:
            return None
        fields.append(node.field)
        node = node.operand
    if not isinstance(node, Ident) or (not node.absolute and node.end - node.start < len(node.name)):
        return None
    return ".".join([node.name, *reversed(fields)])
