"""Procrastinate, or the words that say how to get it. The one place that imports it."""

from __future__ import annotations

import logging

from rulewright.errors import AdapterError

try:
    import procrastinate
    import procrastinate.exceptions
    import procrastinate.jobs
    import procrastinate.schema
    import procrastinate.worker
except ImportError as error:
    raise AdapterError(
        f"workers need {error.name}, which is not installed: pip install 'rulewright[workers]' "
        "(`rulewright outbox deliver --watch` does without)"
    ) from None

# What becomes of a message is told by us; without this, Python would print it to stderr as well.
logging.getLogger("procrastinate").addHandler(logging.NullHandler())

__all__ = ["procrastinate"]
