"""The hot path: one generated Python program for each resource, beside the plain evaluator, its referee.

It may only ever say "surely accepted"; whatever else a payload is, `evaluation.decide` says it. A module
imports only from those that stand before it in this list:

  intake                       which fields an operation takes
  runtime                      what generated code calls
  writing                      what writes it
  accepting, sifting, telling  what it found, as an Outcome: accepted, or refused and why
  quick, deciding              when a resource's code is made, and what is asked before the evaluator
  warm                         running what an earlier process kept, without importing the engine
  keeping                      taking a program apart, so that it can be kept

The names below are imported when first asked for: what was kept of a program needs none of them.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_imports import lazy_names

if TYPE_CHECKING:
    from rulewright.hotpath.deciding import decide, program_source, written_by

__all__ = ["decide", "program_source", "written_by"]

__getattr__ = lazy_names(__name__, {"deciding": ("decide", "program_source", "written_by")})
