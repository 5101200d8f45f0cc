"""CEL compiled to Python functions; `rulewright.cel.program` is its public face.

Each expression has two versions. The fast one is plain Python: `&&` is `and`, and errors are exceptions. The
exact one is compiled when the fast one first raises, and holds errors back as `&&`, `||` and the macros must;
after a few failures it runs first, because it meets most errors without an exception. Where that raises too,
the tree-walking evaluator says why; all three give the same, which is tested.
"""
