"""Forwarding: an accepted payload itself as a message, to a target that was named when it was applied."""

from __future__ import annotations

import re
from random import Random
from urllib.parse import quote
from uuid import UUID

from rulewright.compiled import CompiledResource
from rulewright.errors import EvaluationError
from rulewright.evaluation import Inputs
from rulewright.evaluation.request import PARAMETER
from rulewright.model import Operation
from rulewright.outcome import Message


def forwarded(resource: CompiledResource, inputs: Inputs, key: object, target: str) -> Message:
    """The message that passes a payload on, as it was sent, to `target`.

    Where it goes is said by api.yaml's target of that name; else by the path of the resource's own
    operation, below the address that the configuration gives for the target. Raises EvaluationError
    where neither is there.
    """
    # A dry run of the same seed gives the same key; no other random id of the run is touched.
    chance = Random(f"{inputs.seed} forward {target}")
    idempotency_key = str(UUID(int=chance.getrandbits(128), version=4))
    known = resource.targets.get(target)
    if known is not None:
        method, url = known.rule.method, known.rule.url
    else:
        operation = resource.operation(inputs.operation)
        if operation is None or operation.path is None:
            raise EvaluationError(
                f"{resource.name} can't be forwarded to {target}: its rule file gives no path for "
                f"{inputs.operation}, and api.yaml no target {target}"
            )
        method, url = operation.method or "POST", _filled(operation, operation.path, inputs)
    return Message(target, method, url, inputs.payload, idempotency_key, resource.name, key)


def _filled(operation: Operation, path: str, inputs: Inputs) -> str:
    """The path with its parameters; the record's key stands for one that the request does not give."""

    def value(match: re.Match[str]) -> str:
        found = inputs.request.path.get(match[1], inputs.key)
        if found is None:
            raise EvaluationError(f"the path {path} of {operation.name} needs {match[1]} (--param)")
        return quote(str(found), safe="")

    return PARAMETER.sub(value, path)
