"""What a glance says of a line, and what the plain evaluator says of its payload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from payloads import NOW

from rulewright import Program
from rulewright.evaluation import Inputs, Request, decide
from rulewright.glance.verdicts import Verdicts
from rulewright.ports import Records


def is_sure(verdicts: Verdicts, sent: bytes | Mapping[str, Any]) -> bool:
    """Whether a line is surely accepted; a payload stands for its line."""
    line = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return [found for _, found in verdicts.scan([line])] == [None]


def is_clean(
    program: Program,
    resource: str,
    payload: object,
    records: Records | None = None,
    *,
    actor: Mapping[str, object] | None = None,
    request: Request | None = None,
) -> bool:
    """Whether the plain evaluator accepts a payload and has nothing to say."""
    inputs = Inputs(
        operation="create", payload=payload, now=NOW, seed=1, actor=actor, request=request or Request()
    )
    outcome = decide(program.compiled, resource, inputs, records)
    return outcome.accepted and not outcome.problems
