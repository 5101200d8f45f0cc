"""What holds for all tests: hypothesis looks for counterexamples, and takes no example for a benchmark."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")
