"""Program -> Outcome: the plain evaluator. It stays as the referee of every faster path."""

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
