"""Program -> Outcome: the plain evaluator. It stays as the referee of every faster path.

A module imports only from those that stand before it in this list:

  views, overlay                       records as expressions see them, and with what is planned for them
  chance, log, trace                   random ids, the problems found, what each rule came to
  fitting, stored_form                 values on their way into a record, and into a store and out of it
  secrecy, masking                     which values are sensitive, and hiding them
  reasons, provenance                  what an expression read, and where it came from
  outcome_masking                      the same of a whole outcome
  knowledge                            what the rules of `infer` read and make
  run                                  one evaluation in progress
  places                               the fields of a payload, one after the other
  lookups, records                     reading other records; how each field of the record comes about
  assembly                             what the names of expressions stand for
  changes                              what an update changes
  callers, request, idempotency        the stages, in their order: who calls, for what, and was it done before
  shape, sizes, presence, variants     what was sent
  judging, workflow                    references, options and checks; the step of an event
  gathering, inferring, uniqueness     facts, and joining them; values that one record alone may hold
  effects, reactions, response         what follows
  decision                             all of it: `decide`
"""

from rulewright.evaluation.callers import PART_TYPES, missing_parts
from rulewright.evaluation.decision import decide, find_resource, moves, require_operation
from rulewright.evaluation.idempotency import CLAIMS, prune_claims
from rulewright.evaluation.masking import MASK, mask_record, mask_stored
from rulewright.evaluation.outcome_masking import (
    mask_changes,
    mask_echo,
    mask_key,
    mask_outcome,
    mask_payload,
)
from rulewright.evaluation.run import Inputs, Request, with_payload
from rulewright.evaluation.trace import Judged, Part, Tracer
from rulewright.evaluation.workflow import Move

__all__ = [
    "CLAIMS",
    "MASK",
    "PART_TYPES",
    "Inputs",
    "Judged",
    "Move",
    "Part",
    "Request",
    "Tracer",
    "decide",
    "find_resource",
    "mask_changes",
    "mask_echo",
    "mask_key",
    "mask_outcome",
    "mask_payload",
    "mask_record",
    "mask_stored",
    "missing_parts",
    "moves",
    "prune_claims",
    "require_operation",
    "with_payload",
]
