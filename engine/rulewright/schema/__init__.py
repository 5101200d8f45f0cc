"""RuleFile -> marshmallow: each resource becomes a real Schema class, the authority on shape and messages.

The names below are imported when first asked for: marshmallow takes a fifth of a short command, and who asks
what may happen to a record judges no payload.
"""

from typing import TYPE_CHECKING

from rulewright.lazy_imports import lazy_names

if TYPE_CHECKING:
    from rulewright.schema.classes import build_schema, schema_class, uncounted
    from rulewright.schema.fields import RuleField
    from rulewright.schema.messages import Message

__all__ = ["Message", "RuleField", "build_schema", "schema_class", "uncounted"]

__getattr__ = lazy_names(
    __name__,
    {
        "classes": ("build_schema", "schema_class", "uncounted"),
        "fields": ("RuleField",),
        "messages": ("Message",),
    },
)
