"""RuleFile -> marshmallow: each resource becomes a real Schema class, the authority on shape and messages.

The names below are imported when first asked for: marshmallow takes a fifth of a short command, and who asks
what may happen to a record judges no payload.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rulewright.schema.classes import build_schema, schema_class, uncounted
    from rulewright.schema.fields import RuleField
    from rulewright.schema.messages import Message

__all__ = ["Message", "RuleField", "build_schema", "schema_class", "uncounted"]

_HOMES = {
    "Message": "messages",
    "RuleField": "fields",
    "build_schema": "classes",
    "schema_class": "classes",
    "uncounted": "classes",
}


def __getattr__(name: str) -> object:
    """Import what is asked for, and keep it here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"rulewright.schema.{_HOMES[name]}"), name)
    return value
