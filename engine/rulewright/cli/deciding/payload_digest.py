"""The digest by which a plan knows its payloads again."""

from __future__ import annotations

import hashlib
import json

from rulewright.cli.desk.desk import Desk
from rulewright.evaluation import mask_payload
from rulewright.inputs import Broken, Item


def payload_digest(desk: Desk, item: Item) -> str:
    """The sha256 of a payload, or of what stands in its place.

    Sensitive values are masked first: from a digest, a number of nine digits could be guessed.
    """
    if isinstance(item, Broken):
        return hashlib.sha256(item.raw).hexdigest()
    shown = mask_payload(desk.resource, item.value, desk.program.compiled)
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
