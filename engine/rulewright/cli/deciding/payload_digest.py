"""What a plan says of its payloads, by which it knows them again."""

from __future__ import annotations

import hashlib
import json

from rulewright.cli.desk.desk import Desk
from rulewright.evaluation import mask_payload
from rulewright.inputs import Broken, Item


def planned_payload(desk: Desk, item: Item) -> dict[str, object]:
    """Where a payload starts and its digest; also what the call says of it, where that was given.

    `key` is the key of the record that an update is about, or the field that holds it; `path` are the
    parameters of the path. Headers and query are for the caller to give again: they may hold secrets.
    """
    told: dict[str, object] = {"at": item.at, "sha256": digest_of_payload(desk, item)}
    resource = desk.program.compiled.resources[desk.resource]
    if desk.key_field is not None:
        told["key"] = desk.key_field
    elif desk.key is not None and not resource.fields[resource.key].hides:
        told["key"] = str(desk.key)
    if desk.request.path:
        told["path"] = dict(desk.request.path)
    return told


def digest_of_payload(desk: Desk, item: Item) -> str:
    """The sha256 of a payload, or of what stands in its place.

    Sensitive values are masked first: from a digest, a number of nine digits could be guessed.
    """
    if isinstance(item, Broken):
        return hashlib.sha256(item.raw).hexdigest()
    shown = mask_payload(desk.resource, item.value, desk.program.compiled)
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()
