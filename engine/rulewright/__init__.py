"""Rulewright decides intake payloads against declarative YAML rule files."""
