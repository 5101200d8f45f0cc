"""Tables of Markdown, and expressions in their cells, as the rule file has them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from rulewright.model import Expression, Itself, Template, TemplateList, TemplateMap
from rulewright.report.text import show_lines


def page_of(parts: Iterable[Iterable[str]]) -> str:
    """Parts that have lines, with an empty line between. No title of a rule file steers a terminal."""
    page = "\n\n".join("\n".join(lines) for lines in map(list, parts) if lines) + "\n"
    # Tabs may stand in expressions.
    return "\t".join(map(show_lines, page.split("\t")))


def shown_map(template: TemplateMap) -> str:
    """A map of values: `` `firm`: `actor.firm` ``."""
    return ", ".join(f"`{name}`: {shown_value(value)}" for name, value in template.entries.items())


def shown_value(template: Template) -> str:
    """An expression or a literal as code; of a list or map, each."""
    match template:
        case Expression():
            return code(template.text)
        case Itself():
            return code(json.dumps(template.value))
        case TemplateList():
            return ", ".join(map(shown_value, template.items))
        case _:
            return shown_map(template)


def code(text: str) -> str:
    """A text as it stands, on one line."""
    plain = " ".join(text.split())
    ticks = "``" if "`" in plain else "`"
    space = " " if ticks == "``" else ""
    return f"{ticks}{space}{plain}{space}{ticks}"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Its lines. What would end a cell is escaped."""
    yield f"| {' | '.join(heads)} |"
    yield f"|{'---|' * len(heads)}"
    for row in rows:
        cells = (" ".join(cell.split()).replace("|", "\\|") for cell in row)
        yield f"| {' | '.join(cells)} |"
