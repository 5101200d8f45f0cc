"""Why a payload was decided as it was, and the smallest change that would be accepted.

`explain` gives every rule of the resource and what it came to; `suggest` searches a change and verifies it
by running it; `with_fixes` puts each problem's part of it into `problems[].fix`.
"""

from rulewright.explanation.edits import Edit
from rulewright.explanation.explaining import explain
from rulewright.explanation.fixes import with_fixes
from rulewright.explanation.model import (
    EffectNode,
    Explanation,
    FieldNode,
    FiringNode,
    InferenceNode,
    LookUpNode,
    Origin,
    Ruling,
)
from rulewright.explanation.search import Effort, Suggestion, suggest

__all__ = [
    "Edit",
    "EffectNode",
    "Effort",
    "Explanation",
    "FieldNode",
    "FiringNode",
    "InferenceNode",
    "LookUpNode",
    "Origin",
    "Ruling",
    "Suggestion",
    "explain",
    "suggest",
    "with_fixes",
]
