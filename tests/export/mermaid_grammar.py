"""The part of Mermaid that diagrams are written in, strictly: what doesn't fit it is a mistake.

Mermaid itself is no part of the tests, since it needs Node and a hundred packages; by_mermaid/ tells how all
this was read, and drawn, by three versions of it.
"""

from __future__ import annotations

import re
from html import unescape

_MARKS = " _,.()'!=+/?&\\[\\]-"
_TEXT = rf"(?:[A-Za-z0-9{_MARKS}]|[^\x00-\xa0]|#[0-9]+;)+"
_LABEL = rf"{_TEXT}(?:<br/>{_TEXT})*"
_ID = r"s(?:_[A-Za-z0-9]+)*"
_DIRECTION = re.compile(r"direction\s+(?:TB|BT|RL|LR)", re.IGNORECASE)
_FRAME = re.compile(rf'state "{_TEXT}" as workflow_[A-Za-z0-9_]+ \{{')
_STATE = re.compile(rf'state "(?P<name>{_TEXT})" as (?P<id>{_ID})')
_TITLE = re.compile(rf"(?P<id>{_ID}) : {_LABEL}")
_ARROW = re.compile(rf"(?P<start>{_ID}|\[\*\]) --> (?P<to>{_ID}|\[\*\])(?: : (?P<label>{_LABEL}))?")
_NOTE = re.compile(rf"note right of (?P<id>{_ID}) : {_LABEL}")
_BOX = re.compile(rf'"(?P<name>{_TEXT})" \{{')
_WORD = r"(?:\*[A-Za-z0-9_]+|(?!(?:pk|fk|uk)\b)[A-Za-z][A-Za-z0-9_]*)"
_ROW = re.compile(rf'{_WORD} {_WORD}(?: (?:PK|FK|UK)(?:, (?:FK|UK))*)?(?: "{_TEXT}")?', re.IGNORECASE)
_LINK = re.compile(
    rf'"(?P<start>{_TEXT})" (?:\|o|\|\||\}}o)(?:--|\.\.)(?:o\||\|\||o\{{) "(?P<to>{_TEXT})" : "{_LABEL}"'
)


def read_diagram(text: str) -> set[str]:
    """Read a whole diagram, and return the names it shows. Raises AssertionError at a line that is none."""
    kind, *lines = text.removesuffix("\n").split("\n")
    assert not _DIRECTION.search(text)
    if kind == "erDiagram":
        return _read_relations([line.strip() for line in lines])
    assert kind == "stateDiagram-v2", kind
    return _read_states([line.strip() for line in lines])


def shown(text: str) -> str:
    """A text as Mermaid shows it."""
    return unescape(re.sub(r"#([0-9]+);", r"&#\1;", text))


def _read_states(lines: list[str]) -> set[str]:
    names: dict[str, str] = {}
    depth = 0
    for line in lines:
        found = next((one for kind in (_STATE, _TITLE, _ARROW, _NOTE) if (one := kind.fullmatch(line))), None)
        if found is None:
            assert line == "}" or _FRAME.fullmatch(line), line
            depth += 1 if line != "}" else -1
        elif found.re is _STATE:
            assert found["id"] not in names, line
            names[found["id"]] = shown(found["name"])
        else:
            used = {found["start"], found["to"]} if found.re is _ARROW else {found["id"]}
            assert used - {"[*]"} <= names.keys(), line
        assert depth in (0, 1)
    assert depth == 0
    return set(names.values())


def _read_relations(lines: list[str]) -> set[str]:
    names: set[str] = set()
    inside = False
    for line in lines:
        if inside:
            inside = line != "}"
            assert not inside or _ROW.fullmatch(line), line
        elif (box := _BOX.fullmatch(line)) is not None:
            assert box["name"] not in names, line
            names.add(box["name"])
            inside = True
        else:
            link = _LINK.fullmatch(line)
            assert link is not None, line
            assert {link["start"], link["to"]} <= names, line
    assert not inside
    return set(map(shown, names))
