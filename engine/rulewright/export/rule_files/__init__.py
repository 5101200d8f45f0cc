"""The JSON Schema of rule files, made of the tables that the reader and the checks judge them by."""

from rulewright.export.rule_files.shared import shared_types
from rulewright.export.rule_files.writing import rule_schema

__all__ = ["rule_schema", "shared_types"]
