"""expression-syntax: a text that should be a CEL expression is not one.

    required_if: given(payload.uorn) &&          # the right-hand side of && is missing
    required_if: payload.name == 'St #1'         # YAML cuts this at " #": it is cut-by-comment

The place is where CEL stopped understanding. Where a comment follows right behind an unquoted text, the
text most likely went on: quote it, or use | and write it indented below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rulewright import cel
from rulewright.checks.sites import as_text
from rulewright.checks.subject import Subject, problem
from rulewright.problem import SourceProblem

CODE = "expression-syntax"
CUT = "cut-by-comment"
_OPERATORS = {"and": "&&", "or": "||", "not": "!"}
_WORD = re.compile(r"\b(?:and|or|not)\b\s*", re.IGNORECASE)
# What other languages have at the place where CEL stops understanding, and what CEL writes for it.
_ELSEWHERE = (
    (re.compile(r"if\b"), "write condition ? value : other_value"),
    (re.compile(r"is\b"), "write == null, or given(...) to ask whether a field is given"),
    (
        re.compile(r"~|like\b|matches\b"),
        "write text.matches('...'), text.contains('...') or text.startsWith('...')",
    ),
    (
        re.compile(r"(?:year|month|week|day|hour)s?\b"),
        "a length of time is written duration('24h'); for years and ages see docs/cel.md#years-and-ages",
    ),
    (re.compile(r"between\b"), "write a <= value && value <= b"),
    (re.compile(r">"), "write != instead of <>"),
    (re.compile(r";"), "an expression ends without ;"),
)
# The same of what stands anywhere in the text; where CEL stops says little then.
_ANYWHERE = (
    (re.compile(r"\$\{|\$\w|\{\{|\{%"), "names stand alone in an expression: payload.name"),
    (re.compile(r"\?\?"), "write given(value) ? value : other_value"),
    (re.compile(r"\w\?\.\w"), "write . alone, and ask given(...) where a part may be absent"),
)
_ROUND_LIST = re.compile(r"\bin\s*\([^()\[\]]*")


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every expression that cel.parse refuses."""
    for site in subject.sites:
        error, scalar = site.parsed, site.expression.scalar
        if not isinstance(error, cel.CelError):
            continue
        if scalar.comment is not None:
            hint = "put the whole expression in single quotes, or write | and the expression indented below"
            yield problem(CUT, "' #' starts a comment and cuts this expression", scalar.comment, hint=hint)
            continue
        start = len(site.expression.text) if error.start is None else error.start
        span = scalar.locate(start, max(error.end or 0, start + 1))
        yield problem(CODE, error.message, span, hint=_hint(site.expression.text, start) or as_text(site))


def _hint(text: str, start: int) -> str | None:
    """What CEL writes for what it stopped at."""
    if (told := _operator(text, start)) is not None:
        return told
    if text.startswith(",", start) and _ROUND_LIST.search(text, 0, start) is not None:
        return "a list is written in [ ]"
    for written, meant in _ELSEWHERE:
        if written.match(text, start) is not None and (written.pattern != ">" or text[:start].endswith("<")):
            return meant
    return next((meant for written, meant in _ANYWHERE if written.search(text) is not None), None)


def _operator(text: str, start: int) -> str | None:
    """What CEL writes for the word that it stopped at, or right behind."""
    for found in _WORD.finditer(text):
        if start in (found.start(), found.end()):
            word = found[0].strip()
            return f"write {_OPERATORS[word.lower()]} instead of {word}"
    return None
