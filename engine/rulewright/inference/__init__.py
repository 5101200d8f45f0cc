"""Forward chaining over the facts of one evaluation, behind one port: which rules fire on which facts.

`InferenceEngine(rules).run(facts, judge, budget)` gives the same whatever backend finds the joins:
durable-rules or CLIPS. A backend joins facts by equal keys and nothing else; conditions are judged and
facts made in `judge`, in Python, so that they mean what CEL says.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

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
_LATER: Final = {
    **dict.fromkeys(("Firing", "InferenceEngine", "Inferred", "Judge"), "engine"),
    **dict.fromkeys(("Fact", "given_fact", "inferred_fact", "join_token"), "facts"),
    **dict.fromkeys(("Budget", "BudgetError", "Join", "JoinRule", "cyclic_rules"), "rules"),
}


def __getattr__(name: str) -> object:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_LATER[name]}"), name)
    globals()[name] = value
    return value
