"""Diagrams of rules: the states of a record, and how resources hang together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from rulewright.compiled import CompiledRules
from rulewright.errors import EvaluationError
from rulewright.export.diagrams import dot, mermaid
from rulewright.export.diagrams.charts import charts_of
from rulewright.export.diagrams.relations import relations_of
from rulewright.export.selection import select

Kind = Literal["workflow", "relations"]
Language = Literal["mermaid", "dot"]

__all__ = ["Kind", "Language", "diagram"]


def diagram(
    rules: CompiledRules, names: Sequence[str] = (), kind: Kind | None = None, language: Language = "mermaid"
) -> str:
    """Return the diagram of resources and APIs, by their names; of all that was loaded, if none is named.

    `kind` None: the workflow of a single resource that has one, else the relations. Raises EvaluationError
    for an unknown name, and where there is nothing to draw.
    """
    found = select(rules, names)
    charts = charts_of(rules, found)
    if kind is None:
        kind = "workflow" if charts and len(found) == 1 and found[0] in names else "relations"
    if kind == "relations":
        relations = relations_of(rules, found)
        return dot.draw_relations(relations) if language == "dot" else mermaid.draw_relations(relations)
    if not charts:
        said = ", ".join(names) if names else "these rules"
        raise EvaluationError(f"there is no workflow in {said}; its relations can be drawn (kind relations)")
    return dot.draw_charts(charts) if language == "dot" else mermaid.draw_charts(charts)
