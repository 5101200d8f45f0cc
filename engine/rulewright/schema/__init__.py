"""RuleFile -> marshmallow: each resource becomes a real Schema class, the authority on shape and messages."""

from rulewright.schema.classes import build_schema, schema_class, uncounted
from rulewright.schema.fields import RuleField
from rulewright.schema.messages import Message

__all__ = ["Message", "RuleField", "build_schema", "schema_class", "uncounted"]
