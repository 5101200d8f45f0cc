"""Adapters of Rulewright: one module each, found by name when first asked for."""
