"""What is derived from rule files: OpenAPI and JSON Schema for programs, Markdown and diagrams for people."""

from rulewright.export.diagrams import diagram
from rulewright.export.http import openapi
from rulewright.export.pages import markdown
from rulewright.export.payload_schema import json_schema
from rulewright.export.rule_files import rule_schema, shared_types

__all__ = ["diagram", "json_schema", "markdown", "openapi", "rule_schema", "shared_types"]
