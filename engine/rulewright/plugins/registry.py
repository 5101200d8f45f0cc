"""All words that a program knows beside the keywords, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Final

from rulewright.cel import ALL_FUNCTIONS, Function
from rulewright.dialects import DIALECTS, Dialect
from rulewright.fieldtypes import FIELD_TYPES, FieldType
from rulewright.plugins.kinds import (
    CelFunction,
    EffectKind,
    ForwarderScheme,
    IdGenerator,
    ReportFormat,
    RuleCheck,
    StoreScheme,
)
from rulewright.plugins.shipped import contact, countries, ids, money, uk, us

# The kinds of things that outcomes depend on.
_DECIDING: Final = ("field type", "function", "effect", "generator", "dialect")
SHIPPED: Final = (contact, money, uk, us, countries, ids)
# The store says what comes next, or chance does: neither is a function of options alone.
BASIC_GENERATORS: Final = MappingProxyType(
    {"sequence": "one above the largest stored value", "uuid": "a random UUID"}
)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plug-in that was loaded: where it is from, and the names of what it adds, by kind."""

    name: str
    adds: Mapping[str, tuple[str, ...]]
    file: str | None = None
    distribution: str | None = None
    version: str | None = None
    stamp: str | None = None


@dataclass(frozen=True, slots=True)
class Registry:
    """What is known without a rule file; every mapping is by name.

    `functions` are those of expressions, ready to be called; `declared` are those of plug-ins as they
    declared them. `checks`, `effects`, `formats`, `stores` and `forwarders` are those of plug-ins only.
    """

    types: Mapping[str, FieldType] = field(default_factory=lambda: FIELD_TYPES)
    functions: Mapping[str, Function] = field(default_factory=lambda: ALL_FUNCTIONS)
    declared: Mapping[str, CelFunction] = field(default_factory=dict)
    makers: Mapping[str, IdGenerator] = field(default_factory=dict)
    dialects: Mapping[str, Dialect] = field(default_factory=lambda: DIALECTS)
    checks: Mapping[str, RuleCheck] = field(default_factory=dict)
    effects: Mapping[str, EffectKind] = field(default_factory=dict)
    formats: Mapping[str, ReportFormat] = field(default_factory=dict)
    stores: Mapping[str, StoreScheme] = field(default_factory=dict)
    forwarders: Mapping[str, ForwarderScheme] = field(default_factory=dict)
    plugins: tuple[Plugin, ...] = ()

    @property
    def generators(self) -> frozenset[str]:
        """The words for `generate:`."""
        return frozenset({*BASIC_GENERATORS, *self.makers})

    @property
    def stamp(self) -> str | None:
        """A text that changes with the plug-ins and their code; "" without any, None where unknown."""
        if not self.plugins:
            return ""
        if any(one.stamp is None for one in self.plugins):
            return None
        parts = [(one.name, one.distribution, one.version, one.stamp) for one in self.plugins]
        # Costs what a program without plug-ins need not pay.
        from hashlib import sha256  # noqa: PLC0415

        return sha256(repr(parts).encode()).hexdigest()

    @property
    def identity(self) -> str:
        """The plug-ins that decide, with their versions; "" without any.

        For what must say under which rules it was decided: a store or a format changes no decision.
        """
        deciding = [one for one in self.plugins if any(one.adds.get(kind) for kind in _DECIDING)]
        return ", ".join(f"{one.name} {one.version or one.stamp or ''}".strip() for one in deciding)


@cache
def built_in() -> Registry:
    """What ships with Rulewright: the basic words, and those of the shipped plug-ins.

    The same value every time. Their hooks are called as they are: pluggy, and the checks that foreign
    plug-ins go through, would cost every command time to find what a test has found.
    """
    kinds = [kind for plugin in SHIPPED for kind in plugin.rulewright_field_types()]
    makers = ids.rulewright_generators()
    return Registry(
        types=MappingProxyType({**FIELD_TYPES, **{kind.name: kind for kind in kinds}}),
        makers=MappingProxyType({maker.name: maker for maker in makers}),
    )
