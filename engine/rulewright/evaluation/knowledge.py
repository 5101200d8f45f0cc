"""What the rules of `infer` of one resource read and make, worked out once: joins, kinds, secrets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from msgspec import Struct

from rulewright.cel import Node
from rulewright.cel.tree import Call, Ident, Logic, Select
from rulewright.compiled import (
    CompiledField,
    CompiledInference,
    CompiledResource,
    CompiledRules,
    compile_field,
)
from rulewright.evaluation.reasons import behind_name
from rulewright.evaluation.secrecy import is_secret
from rulewright.evaluation.views import Fields
from rulewright.formula import FIXED_NAMES, Path, Valued
from rulewright.inference import InferenceEngine, Join, JoinRule, choose_backend, make_matcher
from rulewright.model import Field

PAYLOAD: Final = "$payload"
RECORD: Final = "$record"
# Types of CEL whose values are compared alike by the rules' conditions and by what joins facts.
_JOINABLE: Final = frozenset({"bool", "int", "double", "string", "timestamp"})


class Knowledge(Struct, frozen=True):
    """The rules of `infer` of one resource. `kinds` are the facts that they assert, with their fields."""

    rules: Mapping[str, CompiledInference]
    sources: tuple[str, ...]
    kinds: Mapping[str, Fields]
    fields: Mapping[str, Fields]
    engine: InferenceEngine

    def fields_of(self, rule: CompiledInference) -> dict[str, Fields]:
        """The fields behind each name that a rule gives to its facts."""
        return {name: self.fields[source] for name, source in rule.rule.facts.items()}

    def other_of(self, rule: CompiledInference) -> str | None:
        """The source of the one other record that a rule is about, where its condition reads nothing else.

        Such a rule is judged on the records alone: without other facts, and without reading records.
        """
        others = [name for name, source in rule.rule.facts.items() if source not in (PAYLOAD, RECORD)]
        if rule.when is None or len(others) != 1 or rule.rule.facts[others[0]] in self.kinds:
            return None
        known = {*rule.rule.facts, *FIXED_NAMES}
        return rule.rule.facts[others[0]] if all(path[0] in known for path in rule.when.reads) else None

    def may_conclude(
        self, there: Iterable[str], rules: Iterable[CompiledInference], idle: Collection[str] = ()
    ) -> bool:
        """Whether one of `rules` could fire where only these sources have facts, and the `idle` don't."""
        kinds = set(there)
        pending = [one for one in self.rules.values() if one.id not in idle]
        able: list[CompiledInference] = []
        while True:
            ready = [rule for rule in pending if kinds.issuperset(rule.rule.facts.values())]
            if not ready:
                break
            able += ready
            pending = [rule for rule in pending if rule not in ready]
            kinds.update(kind for rule in ready for kind in rule.asserts)
        return any(rule in able for rule in rules)

    def reads_of(self, rule: CompiledInference) -> tuple[Path, ...]:
        """The paths that a rule depends on, through the facts of other rules too."""
        found: dict[Path, None] = {}
        waiting, seen = [rule], {rule.id}
        while waiting:
            one = waiting.pop()
            found.update(dict.fromkeys(_paths(one)))
            for other in self.rules.values():
                if other.id not in seen and not other.asserts.keys().isdisjoint(one.rule.facts.values()):
                    seen.add(other.id)
                    waiting.append(other)
        return tuple(found)


def knowledge_of(rules: CompiledRules, resource: CompiledResource) -> Knowledge | None:
    """Return what a resource's rules of `infer` need; None where it has none.

    Raises ConfigurationError where no backend is installed.
    """
    if not resource.inferences:
        return None
    # Kept with the rules, so that rules that were changed have their own.
    kept: dict[str, Knowledge] = vars(rules).setdefault("_knowledge", {})
    if resource.name not in kept:
        kept[resource.name] = _work_out(rules, resource)
    return kept[resource.name]


def _work_out(rules: CompiledRules, resource: CompiledResource) -> Knowledge:
    inferences = {one.rule.id: one for one in resource.inferences}
    asserted = {kind for one in inferences.values() for kind in one.asserts}
    sources = tuple(
        dict.fromkeys(
            source
            for one in inferences.values()
            for source in one.rule.facts.values()
            if source not in asserted
        )
    )
    fields: dict[str, Fields] = {source: _fields_behind(rules, resource, source) for source in sources}
    kinds = _kinds(rules, resource, fields)
    fields |= kinds
    joined = [_join_rule(one, fields, kinds.keys()) for one in inferences.values()]
    engine = InferenceEngine(joined, make_matcher(choose_backend()))
    return Knowledge(inferences, sources, kinds, fields, engine)


def _fields_behind(rules: CompiledRules, resource: CompiledResource, source: str) -> Fields:
    if source in (PAYLOAD, RECORD):
        return resource.fields
    return rules.resources[resource.resource_behind(source) or ""].fields


def _kinds(
    rules: CompiledRules, resource: CompiledResource, given: Mapping[str, Fields]
) -> dict[str, Fields]:
    """The fields of inferred facts. What is made of a sensitive value is sensitive, however far away."""
    sensitive: set[tuple[str, str]] = set()
    while True:
        kinds = _fields_of_kinds(rules, resource, sensitive)
        found = {
            (kind, name)
            for one in resource.inferences
            for kind, values in one.asserts.items()
            for name, value in values.entries.items()
            if _is_secret(rules, resource, one, value, {**given, **kinds})
        }
        if found <= sensitive:
            return kinds
        sensitive |= found


def _is_secret(
    rules: CompiledRules,
    resource: CompiledResource,
    one: CompiledInference,
    value: Valued,
    fields: Mapping[str, Fields],
) -> bool:
    names = {name: fields[source] for name, source in one.rule.facts.items()}
    return is_secret(value, lambda name: names.get(name) or behind_name(resource, rules, name))


def _fields_of_kinds(
    rules: CompiledRules, resource: CompiledResource, sensitive: set[tuple[str, str]]
) -> dict[str, Fields]:
    kinds: dict[str, dict[str, CompiledField]] = {}
    for one in resource.inferences:
        for kind, values in one.asserts.items():
            below = kinds.setdefault(kind, {})
            for name in values.entries:
                rule = Field(
                    name=name, type="any", span=one.rule.span, at={}, sensitive=(kind, name) in sensitive
                )
                below[name] = compile_field(
                    rule, f"{resource.name}.{kind}", one.order, rules.rules, rules.registry
                )
    return dict(kinds)


def _join_rule(one: CompiledInference, fields: Mapping[str, Fields], kinds: Collection[str]) -> JoinRule:
    facts = one.rule.facts
    places = {name: place for place, name in enumerate(facts)}
    joins: dict[Join, None] = {}
    for left, right in _equalities(one):
        (later, field), (earlier, other) = sorted((left, right), key=lambda side: -places[side[0]])
        sides = ((facts[name], part) for name, part in (left, right))
        if all(_joinable(fields[source], part, source in kinds) for source, part in sides):
            joins[Join(places[later], field, places[earlier], other)] = None
    return JoinRule(one.rule.id, tuple(facts.values()), tuple(joins), frozenset(one.asserts))


def _joinable(fields: Fields, name: str, is_inferred: bool) -> bool:
    """A scalar of one step: reading it can't fail, but where a problem with it is reported already."""
    # The values of inferred facts are scalars, whatever rule they come from.
    return name in fields and (is_inferred or fields[name].type.cel in _JOINABLE)


def _equalities(one: CompiledInference) -> Iterator[tuple[tuple[str, str], tuple[str, str]]]:
    """The `a.x == b.y` of two facts that must hold for the condition to hold."""
    root = one.when.node if one.when is not None else None
    waiting: list[Node] = [root] if root is not None else []
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, Logic) and node.operator == "&&":
            waiting[:0] = node.operands
        elif isinstance(node, Call) and node.function == "_==_" and node.target is None:
            left, right = (_side(one, side) for side in node.args)
            if left is not None and right is not None and left[0] != right[0]:
                yield left, right


def _side(one: CompiledInference, node: Node) -> tuple[str, str] | None:
    match node:
        case Select(operand=Ident(name=name), field=field, optional=False) if name in one.rule.facts:
            return name, field
    return None


def _paths(one: CompiledInference) -> Iterator[Path]:
    """What a rule reads: a fact's name stands for its source."""
    sources = one.rule.facts
    parts: list[Valued] = [*one.asserts.values(), one.set, one.told]
    for part in [one.when, *parts] if one.when is not None else parts:
        for path in part.reads:
            source = sources.get(path[0])
            if source is None:
                yield path
            elif source in (PAYLOAD, RECORD):
                yield (source[1:], *path[1:])
    for source in sources.values():
        if source not in (PAYLOAD, RECORD):
            yield (source,)
