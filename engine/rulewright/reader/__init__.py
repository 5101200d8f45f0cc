"""Rule files to the model: their shape is checked, shared types are merged, nothing is computed."""

from rulewright.reader.read import Reading, read_rules, sorted_problems

__all__ = ["Reading", "read_rules", "sorted_problems"]
