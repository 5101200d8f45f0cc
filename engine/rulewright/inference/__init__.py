"""Forward chaining over the facts of one evaluation, behind one port: which rules fire on which facts.

`InferenceEngine(rules).run(facts, judge, budget)` gives the same whatever backend finds the joins:
durable-rules or CLIPS. A backend joins facts by equal keys and nothing else; conditions are judged and
facts made in `judge`, in Python, so that they mean what CEL says.
"""

from typing import TYPE_CHECKING

from rulewright.inference.backends import (
    CHOICE,
    EXTRAS,
    MISSING,
    NO_BACKEND,
    choose_backend,
    installed_backends,
    make_matcher,
    require_backend,
    require_choice,
)
from rulewright.lazy_imports import lazy_names

if TYPE_CHECKING:
    from rulewright.inference.engine import Firing, InferenceEngine, Inferred, Judge
    from rulewright.inference.facts import Fact, given_fact, inferred_fact, join_token
    from rulewright.inference.rules import Budget, BudgetError, Join, JoinRule, cyclic_rules

__all__ = [
    "CHOICE",
    "EXTRAS",
    "MISSING",
    "NO_BACKEND",
    "Budget",
    "BudgetError",
    "Fact",
    "Firing",
    "InferenceEngine",
    "Inferred",
    "Join",
    "JoinRule",
    "Judge",
    "choose_backend",
    "cyclic_rules",
    "given_fact",
    "inferred_fact",
    "installed_backends",
    "join_token",
    "make_matcher",
    "require_backend",
    "require_choice",
]

# Imported when first asked for: most commands are about rules that join nothing.
__getattr__ = lazy_names(
    __name__,
    {
        "engine": ("Firing", "InferenceEngine", "Inferred", "Judge"),
        "facts": ("Fact", "given_fact", "inferred_fact", "join_token"),
        "rules": ("Budget", "BudgetError", "Join", "JoinRule", "cyclic_rules"),
    },
)
