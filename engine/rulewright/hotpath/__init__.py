"""The hot path: one generated Python program for each resource, beside the plain evaluator, its referee.

It may only ever say "surely accepted"; whatever else a payload is, `evaluation.decide` says it.
"""

from rulewright.hotpath.deciding import decide, program_source, written_by

__all__ = ["decide", "program_source", "written_by"]
