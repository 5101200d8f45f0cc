"""Documents that are derived from rule files: JSON Schema for programs, Markdown for people."""

from rulewright.export.json_schema import json_schema
from rulewright.export.markdown import markdown

__all__ = ["json_schema", "markdown"]
