"""Which lines of a JSONL file are surely accepted, told from their bytes at a glance.

Of everything else the hot path, or the plain evaluator, decides.
"""
