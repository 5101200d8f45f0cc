"""What a plug-in may have: one function for each kind of thing that it adds.

None takes an argument, and each gives a list. A module has those that it needs and nothing else of that
prefix; they are called when a program is loaded, never on import.
"""

from __future__ import annotations

from collections.abc import Iterable

import pluggy

from rulewright.fieldtypes import FieldType
from rulewright.plugins.kinds import (
    CelFunction,
    EffectKind,
    ErrorDialect,
    ForwarderScheme,
    IdGenerator,
    ReportFormat,
    RuleCheck,
    StoreScheme,
)

_spec = pluggy.HookspecMarker("rulewright")


@_spec
def rulewright_field_types() -> Iterable[FieldType]:  # type: ignore[empty-body]
    """Words for `type:`."""


@_spec
def rulewright_functions() -> Iterable[CelFunction]:  # type: ignore[empty-body]
    """Functions for expressions."""


@_spec
def rulewright_checks() -> Iterable[RuleCheck]:  # type: ignore[empty-body]
    """Checks on rule files."""


@_spec
def rulewright_effects() -> Iterable[EffectKind]:  # type: ignore[empty-body]
    """Keywords for effects."""


@_spec
def rulewright_generators() -> Iterable[IdGenerator]:  # type: ignore[empty-body]
    """Words for `generate:`."""


@_spec
def rulewright_dialects() -> Iterable[ErrorDialect]:  # type: ignore[empty-body]
    """Words for `errors: {dialect: ...}`."""


@_spec
def rulewright_formats() -> Iterable[ReportFormat]:  # type: ignore[empty-body]
    """Words for `--format`."""


@_spec
def rulewright_stores() -> Iterable[StoreScheme]:  # type: ignore[empty-body]
    """Schemes of URLs for `--store`."""


@_spec
def rulewright_forwarders() -> Iterable[ForwarderScheme]:  # type: ignore[empty-body]
    """Schemes of the URLs of targets."""
