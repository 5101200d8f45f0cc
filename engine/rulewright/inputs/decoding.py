"""Bytes to text: UTF-8, with or without a byte-order mark."""

from __future__ import annotations

from typing import Final

from rulewright.inputs.json_text import JsonFlaw, parse_json

MARK: Final = b"\xef\xbb\xbf"
UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
NO_UTF16: Final = "the file is UTF-16; save it as UTF-8"


def decode_text(data: bytes) -> tuple[str, JsonFlaw | None]:
    """The text; or the part of it before the first byte that is no UTF-8, and what is wrong there."""
    data = data.removeprefix(MARK)
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        before = data[: error.start].decode()
        if data.startswith(UTF16_MARKS):
            message = NO_UTF16
        else:
            found = f"the byte 0x{data[error.start]:02x} is no UTF-8"
            message = f"{found}: save the file as UTF-8 (it was probably saved as Latin-1)"
        return before, JsonFlaw("invalid_json", message, len(before))


def decode_json(data: bytes) -> tuple[str, object]:
    """The text, as `decode_text` has it, and its value; or, in place of the value, the JsonFlaw in it."""
    text, flaw = decode_text(data)
    if flaw is not None:
        return text, flaw
    try:
        return text, parse_json(text)
    except JsonFlaw as wrong:
        return text, wrong
