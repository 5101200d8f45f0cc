"""unknown-function: an expression calls a function that does not exist.

Functions are those of CEL (size, contains, matches, ...), of its extensions for strings, math and lists,
and ours: given, slug, money, pick, find.
"""

from __future__ import annotations

from collections.abc import Iterator

from rulewright.checks.parsed import calls
from rulewright.checks.subject import Subject, unknown
from rulewright.problem import SourceProblem

CODE = "unknown-function"


def check(subject: Subject) -> Iterator[SourceProblem]:
    """Every call, operators and macros aside."""
    known = subject.universe.vocabulary.functions
    words = frozenset(name for name in known if name.replace(".", "").isalnum())
    for site in subject.sites:
        for call in calls(site.expression.text, site.tree):
            if call.name not in known:
                yield unknown(CODE, "the function", call.name, words, site.at(call))
