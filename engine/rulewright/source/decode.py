"""Bytes to text: UTF-8 only, without a byte-order mark or characters that no editor shows."""

from __future__ import annotations

import re

from rulewright.problem import SourceProblem
from rulewright.source.limits import DEFAULT_LIMITS, SourceLimits
from rulewright.source.text import SourceText

_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# What YAML forbids, and the line breaks of Unicode: libyaml starts a new line at U+0085, U+2028 and
# U+2029 where editors do not, so every position after one would be wrong.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def decode_bytes(
    data: str | bytes, file: str, limits: SourceLimits = DEFAULT_LIMITS
) -> tuple[SourceText, SourceProblem | None]:
    """The text of a file and what is wrong with its bytes, if anything is."""
    if len(data) > limits.max_bytes:
        source = SourceText("", file)
        message = f"the file is larger than {limits.max_bytes:,} bytes"
        return source, source.problem("too-large", message, source.span(0, 0))
    if isinstance(data, str):
        source = SourceText(data, file)
        return source, _forbidden_character(source)
    return _decode(data, file)


def _decode(data: bytes, file: str) -> tuple[SourceText, SourceProblem | None]:
    if data.startswith(_MARKS):
        source = SourceText(data.decode("utf-8", "replace"), file)
        return source, source.problem(
            "byte-order-mark",
            "the file starts with a byte-order mark",
            source.span(0, 0),
            hint='save the file as "UTF-8 without BOM"',
        )
    try:
        source = SourceText(data.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        return _not_utf8(data, error, file)
    return source, _forbidden_character(source)


def _not_utf8(data: bytes, error: UnicodeDecodeError, file: str) -> tuple[SourceText, SourceProblem]:
    index = len(data[: error.start].decode("utf-8"))
    source = SourceText(data.decode("utf-8", "replace"), file)
    return source, source.problem(
        "not-utf-8",
        f"byte 0x{data[error.start]:02X} is not UTF-8 text",
        source.span(index, index + 1),
        hint="save the file as UTF-8; it looks like Windows-1252 or Latin-1",
    )


def _forbidden_character(source: SourceText) -> SourceProblem | None:
    found = _FORBIDDEN.search(source.text)
    if found is None:
        return None
    if found.group() == "\ufeff" and found.start() == 0:
        code, message, hint = "byte-order-mark", "the file starts with a byte-order mark", "save it without"
    else:
        code = "control-character"
        message = f"the character U+{ord(found.group()):04X} can't be seen and isn't allowed here"
        hint = 'delete it, or write it as an escape in double quotes, such as "\\u2028"'
    return source.problem(code, message, source.span(*found.span()), hint=hint)
