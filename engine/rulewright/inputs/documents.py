"""Documents that are read as a whole: a JSON text or a YAML file, one payload or a list of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import partial
from typing import Literal

from rulewright.inputs.decoding import MARK, decode_json
from rulewright.inputs.json_places import find_values
from rulewright.inputs.json_text import JsonFlaw
from rulewright.inputs.limits import MAX_DEPTH, MAX_DOCUMENT_BYTES, MAX_PAYLOAD_BYTES
from rulewright.inputs.payload import Broken, Item, Locator, Payload, bound_values
from rulewright.problem import SourceProblem
from rulewright.source import Node, SourceLimits, SourceText, span_at, to_plain

_YAML_LIMITS = SourceLimits(
    max_bytes=MAX_PAYLOAD_BYTES, max_events=4_000_000, max_depth=MAX_DEPTH, max_aliases=100
)
_WITHOUT_TEXT: Mapping[str, str] = {
    "duplicate-key": "this key is here already in this map",
    "key-not-text": "a key must be text; quote it",
    "tag": "YAML tags (!...) aren't read; a text that starts with ! must be in quotes",
    "unknown-alias": "there is no such anchor; a text that starts with * must be in quotes",
}


def read_whole(name: str, kind: Literal["json", "yaml"], data: bytes) -> Item:
    """The one value of a document, or why there is none."""
    if len(data) > MAX_DOCUMENT_BYTES:
        return too_large(f"{name}:1:1", data[:1000], MAX_DOCUMENT_BYTES, alone=True)
    return _yaml(name, data) if kind == "yaml" else _json(name, data)


def read_text(name: str, text: str) -> Item:
    """The one JSON value of a text that came as an argument."""
    item = _json(name, text.encode("utf-8", "surrogateescape"))
    return item if isinstance(item, Broken) else bound_values(item, len(text))


def split(document: Item) -> Iterator[Item]:
    """A document that is a list gives its items, another itself."""
    if isinstance(document, Broken) or not isinstance(document.value, list):
        yield document
        return
    for number, value in enumerate(document.value):
        assert document.locate_item is not None, "a list is YAML's here; that of JSON comes by its items"
        locate = partial(document.locate_item, number)
        # Reading YAML took many times as long as counting what was read.
        yield bound_values(Payload(value, locate(("",))[""], locate))


def too_large(at: str, raw: bytes, limit: int = MAX_PAYLOAD_BYTES, *, alone: bool = False) -> Broken:
    """The item in place of a payload that is not even looked at."""
    return Broken("limit", f"the payload is larger than {limit // 1_048_576} MiB", at, raw, alone)


def _json(name: str, data: bytes) -> Item:
    text, value = decode_json(data)
    document = _JsonDocument(text, name)
    if isinstance(value, JsonFlaw):
        return Broken(value.code, value.message, document.at(value.index), data, alone=True)
    if not isinstance(value, list) and len(data) > MAX_PAYLOAD_BYTES:
        return too_large(f"{name}:1:1", data[:1000], alone=True)
    start = document.locate(("",))[""]
    return Payload(value, start, document.locate, alone=True)


class _JsonDocument:
    """A JSON text as a whole, for places in it."""

    def __init__(self, text: str, name: str) -> None:
        self._source = SourceText(text, name)

    def at(self, index: int) -> str:
        """An index as file:line:column."""
        line, column = self._source.position(index)
        return f"{self._source.file}:{line}:{column}"

    def locate(self, pointers: Collection[str]) -> Mapping[str, str]:
        """Places of values in it."""
        found = find_values(self._source.text, pointers)
        return {pointer: self.at(index) for pointer, index in found.items()}


def _yaml(name: str, data: bytes) -> Item:
    from rulewright.source import read_source  # noqa: PLC0415 - yaml is for YAML alone

    node, problems = read_source(data.removeprefix(MARK), name, _YAML_LIMITS)
    first = next((problem for problem in problems if problem.severity == "error"), None)
    if first is not None or node is None:
        code: Literal["invalid_json", "limit"] = "invalid_json"
        if first is None:
            return Broken(code, "this is no YAML", f"{name}:1:1", data, alone=True)
        if first.code.startswith("too-"):
            code = "limit"
        return Broken(code, _said(first), str(first.span), data, alone=True)
    return Payload(
        to_plain(node),
        str(node.span),
        _node_locator(node, ""),
        alone=True,
        locate_item=lambda number, pointers: _node_locator(node, f"/{number}")(pointers),
    )


def _said(problem: SourceProblem) -> str:
    # Of a rule file these would quote what is written there, which in a payload may be a secret.
    unquoted = _WITHOUT_TEXT.get(problem.code)
    if unquoted is not None:
        return unquoted
    return f"{problem.message}; {problem.hint}" if problem.hint else problem.message


def _node_locator(node: Node, prefix: str) -> Locator:
    return lambda pointers: {pointer: str(span_at(node, prefix + pointer)) for pointer in pointers}
