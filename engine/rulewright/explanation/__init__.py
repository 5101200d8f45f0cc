"""Why a payload was decided as it was, and the smallest change that would be accepted.

`explain` gives every rule of the resource and what it came to; `suggest` searches for a change and verifies
it by running it; `with_fixes` puts each problem's part of it into `problems[].fix`. A module imports only
from those that stand before it in this list:

  problem_pages                         the page of each code
  conversions, edits, samples, wording  what was meant, single steps of a change, values to try, words for it
  candidates, search, fixes             edits worth trying, the smallest change that they make, its parts
  model                                 what an explanation holds
  evidence, origins                     what an evaluation left behind, and where values came from
  by_field, inferences, of_the_whole    the rules of fields, of `infer`, and of the whole
  explaining                            all of it: `explain`
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
