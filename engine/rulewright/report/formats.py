"""The names of formats and of colour choices. Nothing is imported, so that `--help` may name them."""

from __future__ import annotations

from typing import Final

# `text` is the compact one that pipes get by default.
FORMATS: Final = ("pretty", "text", "json", "jsonl", "github", "junit", "sarif")
# What tells of other things than decisions and rule files has these.
LISTS: Final = ("pretty", "text", "json", "jsonl")
COLORS: Final = ("auto", "always", "never")
