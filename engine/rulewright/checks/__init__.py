"""Checks on what rule files mean, after reading has settled what they say."""

from rulewright.checks.run import CheckedRules, check_reading, load_rules
from rulewright.checks.table import CHECKS, pages

__all__ = ["CHECKS", "CheckedRules", "check_reading", "load_rules", "pages"]
