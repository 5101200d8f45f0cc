"""Documents that are derived from rule files: JSON Schema for programs, Markdown and diagrams for people."""

from rulewright.export.diagrams import diagram
from rulewright.export.json_schema import json_schema
from rulewright.export.markdown import markdown

__all__ = ["diagram", "json_schema", "markdown"]
