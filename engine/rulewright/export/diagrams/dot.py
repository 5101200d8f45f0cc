"""Diagrams in DOT, the language of Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from rulewright.export.diagrams.drawing import Arrow, Box, Chart, End, Link, Relations, Row, State
from rulewright.export.diagrams.wording import folded

_LOOKS: Final = (
    'graph [fontname="Helvetica", color="#9370db"];',
    'node [shape=box, style="rounded,filled", fillcolor="#ececff", color="#9370db", fontname="Helvetica"];',
    'edge [fontname="Helvetica", fontsize=11];',
)
_NOTE: Final = 'shape=note, style=filled, fillcolor="#fff5ad", color="#aaaa33", fontsize=11'
# What is nearest to the box says how many at most, what is behind it how many at least.
_ENDS: Final[dict[End, str]] = {"one": "teetee", "maybe": "teeodot", "many": "crowodot"}


def draw_charts(charts: Sequence[Chart]) -> str:
    """Write workflows: one as it is, several in a frame each."""
    lines = ["digraph workflow {", *(f"    {line}" for line in _LOOKS)]
    for chart in charts:
        if len(charts) == 1:
            lines += (f"    {line}" for line in _chart(chart))
        else:
            lines += (f"    subgraph cluster_{chart.id} {{", f"        label={_quoted(chart.resource)};")
            lines += (f"        {line}" for line in _chart(chart))
            lines.append("    }")
    return "\n".join([*lines, "}"]) + "\n"


def _chart(chart: Chart) -> Iterator[str]:
    begin = f"begin_{chart.id}"
    if any(one.start is None for one in chart.arrows):
        yield f'{begin} [shape=circle, label="", width=0.2, style=filled, fillcolor=black];'
    yield from map(_state, chart.states)
    yield from (_arrow(one, begin) for one in chart.arrows)
    for one in chart.states:
        if one.notes:
            yield f"note_{one.id} [{_NOTE}, label={_lines(one.notes, end='l')}];"
            # Beside it, on the left: on the right are the moves from a state to itself.
            yield f"{{rank=same; note_{one.id} -> {one.id} [style=dashed, arrowhead=none];}}"


def _state(state: State) -> str:
    texts = (state.name, state.title) if state.title is not None else (state.name,)
    final = ", peripheries=2" if state.final else ""
    return f"{state.id} [label={_lines(texts)}{final}];"


def _arrow(arrow: Arrow, begin: str) -> str:
    said = f" [label={_lines(arrow.labels)}]" if arrow.labels else ""
    return f"{arrow.start or begin} -> {arrow.to}{said};"


def draw_relations(relations: Relations) -> str:
    """Write resources with their keys, and an edge for what each has to do with another."""
    lines = ["digraph relations {", *(f"    {line}" for line in _LOOKS)]
    lines += (
        f"    {_quoted(box.name)} [shape=plain, style=solid, label={_table(box)}];" for box in relations.boxes
    )
    lines += (f"    {_link(link)}" for link in relations.links)
    return "\n".join([*lines, "}"]) + "\n"


def _table(box: Box) -> str:
    looks = '<table border="0" cellborder="1" cellspacing="0" cellpadding="5" color="#9370db">'
    width = 2 if box.is_target else 3
    head = f'<tr><td colspan="{width}" bgcolor="#ececff"><b>{escape(box.name)}</b></td></tr>'
    rows = "".join(_row(row, width) for row in box.rows)
    note = f'<tr><td colspan="{width}"><i>{escape(box.note)}</i></td></tr>' if box.note is not None else ""
    return f"<{looks}{head}{rows}{note}</table>>"


def _row(row: Row, width: int) -> str:
    cells = (row.type, row.path or row.name, ", ".join(row.keys))[:width]
    written = "".join(f'<td align="left">{escape(one)}</td>' for one in cells)
    return f"<tr>{written}</tr>"


def _link(link: Link) -> str:
    looks = (
        f"dir=both, arrowtail={_ENDS[link.near]}, arrowhead={_ENDS[link.far]}"
        if link.is_reference
        else "style=dashed"
    )
    return f"{_quoted(link.source)} -> {_quoted(link.target)} [{looks}, label={_lines(link.labels)}];"


def _lines(texts: Sequence[str], end: str = "n") -> str:
    """Texts below one another, long ones on several lines; `end` l has them begin at the left."""
    lines = [line for text in texts for line in folded(text)]
    written = "".join(f"{_escaped(one)}\\{end}" for one in lines)
    return f'"{written}"'


def _quoted(text: str) -> str:
    return f'"{_escaped(text)}"'


def _escaped(text: str) -> str:
    """A text as labels show it: they read HTML's entities, too."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;")
