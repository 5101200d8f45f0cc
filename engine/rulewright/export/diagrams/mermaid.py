"""Diagrams in Mermaid: stateDiagram-v2 and erDiagram, as its versions from 10 on read them.

Mermaid's grammars are keyed to lines and full of words of their own, so ids are words that it can't know,
names stand in quotes, and in texts all but letters, digits and a few marks is written as `#58;`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rulewright.export.diagrams.drawing import Arrow, Box, Chart, End, Link, Relations, Row, State
from rulewright.export.diagrams.wording import folded

# What is not written as it stands: all marks but a few; of these, what would make a list, italics or a shape.
_SPECIAL: Final = re.compile(
    r"^-|(?<=^[0-9])\.|(?<=^[0-9]{2})\.|(?<!\w)_|_(?!\w)|&(?![ &])|(?<=\[)\[|(?<=\])\]"
    r"|[^\w\[\] ,.()'!=+/?&\x80-\U0010ffff-]"
)
# A line with these words is a statement, wherever they stand in it.
_DIRECTION: Final = re.compile(r"(?i)(direction) +(?=TB|BT|RL|LR)")
_NO_WORD: Final = re.compile(r"[^A-Za-z0-9_]+")
# Words that stand for keys wherever a field may be named; an asterisk in front makes others of them.
_KEYS: Final = ("pk", "fk", "uk")
_BREAK: Final = "<br/>"
_NEAR: Final[dict[End, str]] = {"one": "||", "maybe": "|o", "many": "}o"}
_FAR: Final[dict[End, str]] = {"one": "||", "maybe": "o|", "many": "o{"}


def draw_charts(charts: Sequence[Chart]) -> str:
    """Write workflows: one as it is, several in a frame each."""
    lines = ["stateDiagram-v2"]
    for chart in charts:
        if len(charts) == 1:
            lines += (f"    {line}" for line in _chart(chart))
        else:
            lines.append(f'    state "{_text(chart.resource)}" as {chart.id} {{')
            lines += (f"        {line}" for line in _chart(chart))
            lines.append("    }")
    return "\n".join(lines) + "\n"


def _chart(chart: Chart) -> Iterator[str]:
    for state in chart.states:
        yield from _state(state)
    yield from map(_arrow, chart.arrows)
    yield from (f"{one.id} --> [*]" for one in chart.states if one.final)
    for one in chart.states:
        if one.notes:
            yield f"note right of {one.id} : {_lines(one.notes)}"


def _state(state: State) -> Iterator[str]:
    yield f'state "{_text(state.name)}" as {state.id}'
    if state.title is not None:
        yield f"{state.id} : {_lines(folded(state.title))}"


def _arrow(arrow: Arrow) -> str:
    said = f" : {_lines(arrow.labels)}" if arrow.labels else ""
    return f"{arrow.start or '[*]'} --> {arrow.to}{said}"


def draw_relations(relations: Relations) -> str:
    """Write resources with their keys, and a line for what each has to do with another."""
    lines = ["erDiagram"]
    for box in relations.boxes:
        lines += (f"    {line}" for line in _box(box))
    lines += (f"    {_link(link)}" for link in relations.links)
    return "\n".join(lines) + "\n"


def _box(box: Box) -> Iterator[str]:
    yield f'"{_text(box.name)}" {{'
    # A box has no place for a note but beside a row: the first, which is the key.
    notes = (box.note, *(None for _ in box.rows))
    yield from (f"    {_row(row, note)}" for row, note in zip(box.rows, notes, strict=False))
    yield "}"


def _row(row: Row, note: str | None) -> str:
    parts = [_word(row.type), _word(row.name)]
    if row.keys:
        parts.append(", ".join(row.keys))
    if (beside := row.path or note) is not None:
        parts.append(f'"{_text(beside)}"')
    return " ".join(parts)


def _link(link: Link) -> str:
    line = "--" if link.is_reference else ".."
    ends = f"{_NEAR[link.near]}{line}{_FAR[link.far]}"
    return f'"{_text(link.source)}" {ends} "{_text(link.target)}" : "{_lines(link.labels)}"'


def _lines(texts: Sequence[str]) -> str:
    """Texts below one another. Those at arrows and in notes are folded where they are drawn."""
    return _BREAK.join(map(_text, texts))


def _word(text: str) -> str:
    """The name of a field, or a type."""
    plain = _NO_WORD.sub("_", text)
    return f"*{plain}" if plain.lower() in _KEYS or not plain[:1].isalpha() else plain


def _text(text: str) -> str:
    escaped = _SPECIAL.sub(lambda found: f"#{ord(found[0])};", text)
    return _DIRECTION.sub(r"\1#32;", escaped)
