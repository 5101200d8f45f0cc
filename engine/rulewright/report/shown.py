"""Outcomes for programs that pass them on: as JSON data, without what is sensitive."""

from __future__ import annotations

from rulewright.evaluation import mask_outcome
from rulewright.outcome import Outcome
from rulewright.program import Program
from rulewright.report.outcomes import outcome_json as plain_json


def outcome_json(outcome: Outcome, program: Program, payload: object = None) -> dict[str, object]:
    """Return an outcome as the JSON data that `--format json` prints, for logs, queues and replies.

    Values of fields marked `sensitive` read "***". `payload` is what was decided: give it where messages are
    sent, so that its secrets are found in their bodies too. `payload_at` of problems is null: a library
    call has no file.
    """
    return plain_json(mask_outcome(outcome, program.compiled, payload))
