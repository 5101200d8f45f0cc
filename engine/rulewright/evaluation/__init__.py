"""Program -> Outcome: the plain evaluator. It stays as the referee of every faster path."""

from rulewright.evaluation.decision import decide, find_resource
from rulewright.evaluation.idempotency import CLAIMS
from rulewright.evaluation.masking import MASK, mask_record
from rulewright.evaluation.run import Inputs, Request

__all__ = ["CLAIMS", "MASK", "Inputs", "Request", "decide", "find_resource", "mask_record"]
