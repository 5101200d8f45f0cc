"""CEL compiled to Python functions.

Each expression has two versions. The fast one is plain Python: `&&` is `and`, and errors are exceptions. The
exact one is compiled when the fast one first raises, and holds errors back as `&&`, `||` and the macros must.
Where that raises too, the tree-walking evaluator says why; all three give the same, which is tested.
"""

from rulewright.cel.compiler.artifact import key
from rulewright.cel.compiler.program import Program, compile_text

__all__ = ["Program", "compile_text", "key"]
