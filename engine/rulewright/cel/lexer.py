"""Text to tokens."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from rulewright.cel.errors import CelSyntaxError

if TYPE_CHECKING:
    from collections.abc import Iterator


class TokenKind(Enum):
    """What a token is; the values are the names of the groups of the pattern below."""

    FLOAT = "float"
    INT = "int"
    TEXT = "text"
    NAME = "name"
    QUOTED_NAME = "quoted"
    SYMBOL = "symbol"
    END = "end"


class Token(Struct, frozen=True):
    """A piece of the text with its offsets."""

    kind: TokenKind
    text: str
    start: int
    end: int


# Each alternative can be left in only one way, so matching is linear in the length of the text.
_TOKEN: Final = re.compile(
    r"""
      (?P<skip>   [\t\n\f\r ]+ | //[^\r\n]* )
    | (?P<float>  (?: [0-9]+\.[0-9]+ | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? | [0-9]+[eE][+-]?[0-9]+ )
    | (?P<int>    0[xX][0-9a-fA-F]+[uU]? | [0-9]+[uU]? )
    | (?P<text>
        (?: [rR] | [bB][rR] | [rR][bB] )
        (?: '''[\s\S]*?''' | \"\"\"[\s\S]*?\"\"\" | '[^'\n\r]*' | "[^"\n\r]*" )
      | [bB]?
        (?: '''(?:[^\\]|\\[\s\S])*?''' | \"\"\"(?:[^\\]|\\[\s\S])*?\"\"\"
          | '(?:[^'\\\n\r]|\\[^\n\r])*' | "(?:[^"\\\n\r]|\\[^\n\r])*" )
      )
    | (?P<name>   [_a-zA-Z][_a-zA-Z0-9]* )
    | (?P<quoted> `[a-zA-Z0-9_.\-/\ ]+` )
    | (?P<symbol> == | != | <= | >= | && | \|\| | [-+*/%!<>?:.,()\[\]{}] )
    """,
    re.VERBOSE,
)


def tokens(text: str) -> Iterator[Token]:
    """The tokens of the text, ended by one of kind END."""
    position = 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            raise _unreadable(text, position)
        if found.lastgroup != "skip":
            yield Token(TokenKind(found.lastgroup), found.group(), position, found.end())
        position = found.end()
    yield Token(TokenKind.END, "", position, position)


def _unreadable(text: str, position: int) -> CelSyntaxError:
    character = text[position]
    if character in "'\"":
        return CelSyntaxError("this string is never closed", position, len(text))
    hint = {"=": "; to compare, write ==", "&": "; for and, write &&", "|": "; for or, write ||"}.get(
        character, ""
    )
    return CelSyntaxError(f"unexpected character {character!r}{hint}", position, position + 1)
