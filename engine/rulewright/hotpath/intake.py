"""What an operation takes: the fields that its payload may hold, and those that its caller may send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rulewright.compiled import CompiledField, CompiledResource

# The operations that are no events of a workflow.
GENERATED: Final = ("create", "update")


def intake_of(resource: CompiledResource, operation: str) -> Mapping[str, CompiledField]:
    """The fields that an operation's payload may hold: an event has its own."""
    return resource.event_fields(operation) if resource.has_event(operation) else resource.fields


def is_sent(resource: CompiledResource, field: CompiledField, operation: str = "create") -> bool:
    """Whether an operation's caller may send the field."""
    declared = resource.operation(operation)
    accepted = declared.accepts if declared is not None else ()
    return field.rule.readonly is None or field.name in accepted


def may_be_null(items: CompiledField) -> bool:
    """Whether an item of a list may be null."""
    return items.rule.nullable or items.rule.blank is not None


def is_map(field: CompiledField) -> bool:
    """Whether a field may hold an object with keys of the sender's choice."""
    return field.type.basic in ("map", "any", "object") and not field.children
