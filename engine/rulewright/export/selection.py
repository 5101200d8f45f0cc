"""Which resources a document or a diagram is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from rulewright.compiled import CompiledRules
from rulewright.errors import EvaluationError


def select(rules: CompiledRules, names: Sequence[str]) -> tuple[str, ...]:
    """The resources that are named, or whose API is, in the order of the rules; all, where none is named.

    Raises EvaluationError for a name that nothing has, and where there is nothing to export.
    """
    chosen = {one for name in names for one in _named(rules, name)}
    found = tuple(one for one in rules.resources if not names or one in chosen)
    if not found:
        said = ", ".join(names) if names else "these rules"
        raise EvaluationError(f"there is nothing to export: {said} has no resources")
    return found


def _named(rules: CompiledRules, name: str) -> Iterable[str]:
    if name in rules.resources:
        return (name,)
    if name in rules.rules.apis:
        return tuple(one for one in rules.resources if one.startswith(f"{name}/"))
    raise EvaluationError(f"there is no resource or API {name}; {_hint(rules, name)}")


def _hint(rules: CompiledRules, name: str) -> str:
    known = [*rules.rules.apis, *rules.resources]
    alike = [one for one in rules.resources if one.partition("/")[2] == name]
    near = alike or get_close_matches(name, known, n=1)
    return f"did you mean {' or '.join(near)}?" if near else f"the rules have: {', '.join(known) or 'none'}"
