"""The words that rule files may use beside the keywords: types, generators, dialects, functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rulewright.cel import ALL_FUNCTIONS, Function
from rulewright.fieldtypes import FIELD_TYPES, FieldType

_GENERATORS = frozenset({"sequence", "uuid", "prefixed_id"})
_DIALECTS = frozenset({"rfc9457", "problem_details", "goodstack", "laravel", "drf"})


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What is known without a rule file; plug-ins add to a copy."""

    types: Mapping[str, FieldType] = field(default_factory=lambda: FIELD_TYPES)
    generators: frozenset[str] = _GENERATORS
    dialects: frozenset[str] = _DIALECTS
    functions: Mapping[str, Function] = field(default_factory=lambda: ALL_FUNCTIONS)
