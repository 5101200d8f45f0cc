"""Checks on what rule files mean, after reading has settled what they say."""

from rulewright.checks.run import CheckedRules, check_reading, load_rules
from rulewright.checks.table import CHECKS, pages
from rulewright.checks.vocabulary import Vocabulary

__all__ = ["CHECKS", "CheckedRules", "Vocabulary", "check_reading", "load_rules", "pages"]
