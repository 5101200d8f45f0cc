"""What is derived from rule files: OpenAPI and JSON Schema for programs, Markdown and diagrams for people."""

from rulewright.export.diagrams import diagram
from rulewright.export.http import openapi
from rulewright.export.json_schema import json_schema
from rulewright.export.markdown import markdown

__all__ = ["diagram", "json_schema", "markdown", "openapi"]
