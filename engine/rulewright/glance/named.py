"""The records that fields refer to: what rules read of them counts, which of them it is does not.

A field whose value serves for nothing but to find a record is judged by itself. All records that hold the
same where rules read them are one to the rules; of what is only shown, or kept, the class of a value counts.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, Final

from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation.stored_form import decode_value
from rulewright.fieldtypes import FIELD_TYPES, INT64_MAX, INT64_MIN, is_writable
from rulewright.glance.effect_reads import EffectReads, surely_fits
from rulewright.glance.guards import Find
from rulewright.glance.proofs import keep
from rulewright.glance.reads import Reads, Role
from rulewright.hotpath.runtime.values import matched
from rulewright.ports import StoredRecord

# What the other record holds, by how much of it counts.
Parts = Mapping[str, Role]
# What tells the records apart that a field may name: raises where it names none, or one that is unsound.
Sign = Callable[[Any], Hashable]

# Values that stand for themselves, whatever else is equal to them.
_PLAIN: Final = (str, int, bool, type(None))


def find_named(
    rules: CompiledRules, resource: CompiledResource, reads: Reads, effects: EffectReads, lone: Iterable[str]
) -> dict[str, Parts]:
    """The fields that are judged so; of others that were taken to be, the value counts from now on."""
    parts: dict[str, dict[str, Role]] = {name: {} for name in lone} | reads.named
    for name in effects.updated:
        # What is written is the whole record.
        parts.setdefault(name, {}).setdefault(_key_of(rules, resource, name), Role.PLAIN)
    for name, read, own in effects.tails:
        if not _is_only_kept(rules, resource, reads, (name, read, own)):
            parts[name][read] = Role.VALUE
    found: dict[str, Parts] = {}
    for name, of in parts.items():
        one = resource.fields[name]
        if (
            reads.roles[name] is not Role.VALUE
            and _is_plain(rules, one, of)
            and _is_seen_once(rules, resource, one, effects)
        ):
            found[name] = of
        elif of:
            reads.note(name, Role.VALUE)
    return found


def _key_of(rules: CompiledRules, resource: CompiledResource, name: str) -> str:
    reference = resource.fields[name].reference
    assert reference is not None
    return rules.resources[reference.resource].key


def _is_plain(rules: CompiledRules, one: CompiledField, parts: Iterable[str]) -> bool:
    """Whether what was sent is what is looked up, and nothing else is said of it."""
    rule, reference = one.rule, one.reference
    if reference is None or reference.where.entries or rule.type not in ("string", "integer"):
        return False
    if one.checks or one.one_of is not None or one.compute is not None or one.excluded_if is not None:
        return False
    target = rules.resources[reference.resource]
    by = target.fields[reference.by]
    return rule.generate is None and by.rule.type == rule.type and target.fields.keys() >= set(parts)


def _is_seen_once(
    rules: CompiledRules, resource: CompiledResource, one: CompiledField, effects: EffectReads
) -> bool:
    """Whether the record that a field refers to is met under no other name where effects write to it."""
    assert one.reference is not None
    name = one.reference.resource
    if name == resource.name:
        return False
    written = [effect for effect in effects.effects if effects.target_of(effect) == name]
    if not written:
        return True
    target = rules.resources[name]
    others = [each for each in resource.every_field() if each.reference is not None and each is not one]
    return (
        one.name in effects.updated
        and all(effect.rule.target == one.reference.bind for effect in written)
        and all(each.unique is None for each in target.every_field())
        and all(each.reference is None or each.reference.resource != name for each in others)
        and all(lookup.rule.resource != name for lookup in resource.lookups.values())
    )


def _is_only_kept(
    rules: CompiledRules, resource: CompiledResource, reads: Reads, tail: tuple[str, str, str]
) -> bool:
    """Whether what an own field takes over from the record is kept there, and nobody looks at it."""
    name, read, own = tail
    reference, into = resource.fields[name].reference, resource.fields[own]
    source = rules.resources[reference.resource].fields.get(read) if reference is not None else None
    return (
        source is not None
        and into.reference is None
        and into.one_of is None
        and not into.checks
        and reads.roles[own] is not Role.VALUE
        and not any(of is Role.VALUE for (whole, _), of in reads.parts.items() if whole == own)
        and surely_fits(source, into)
    )


def signer(rules: CompiledRules, one: CompiledField, parts: Parts, find: Find) -> Sign:
    """Return what finds the record that a field's value names, and tells what counts of it."""
    assert one.reference is not None
    resource, by = one.reference.resource, one.reference.by
    fields = rules.resources[resource].fields
    counted = tuple((name, _COUNTED[role]) for name, role in parts.items())
    unsure = tuple((name, each) for name, each in fields.items() if _may_fail(each))

    def exists(value: Any) -> Hashable:
        matched(find(resource, {by: value}), by, value)
        return True

    def sign(value: Any) -> Hashable:
        record: StoredRecord = matched(find(resource, {by: value}), by, value)
        get = record.get
        for name, each in unsure:
            decode_value(each, get(name))
        return tuple([count(get(name)) for name, count in counted])

    return sign if parts else exists


def _may_fail(field: CompiledField) -> bool:
    """Whether decoding what is stored may fail: of types of plug-ins, for all that is known here."""
    return field.rule.type not in FIELD_TYPES or any(map(_may_fail, field.parts))


def state_of(one: CompiledField, sign: Sign, unsent: Mapping[object, Hashable]) -> Sign:
    """Return what tells how a field's value counts, also where it was not sent, or is blank."""
    may_be_blank = one.rule.blank is not None

    def state(value: Any) -> Hashable:
        if value in unsent:
            return unsent[value]
        return False if may_be_blank and not value.strip() else sign(value)

    return state


def naming(
    state: Sign,
    judge: Callable[[Any], None] | None,
    known: dict[object, object],
    unsent: Mapping[object, Hashable],
) -> Callable[[Any], bool]:
    """Return what judges a value, and keeps in `known` how it counts. It raises where it isn't sure."""

    def named(value: Any) -> bool:
        if value in unsent:
            # Whether that may be is for the full path to say.
            return False
        if judge is not None:
            judge(value)
        found = state(value)
        if found is not False:
            keep(known, value, found)
        return found is not False

    return named


def _shape(value: object) -> Hashable:
    """What class a value is of, and each of its parts. ValueError where no field would take it over."""
    if isinstance(value, str) and not is_writable(value):
        raise ValueError
    if isinstance(value, int) and not INT64_MIN <= value <= INT64_MAX:
        raise ValueError
    if isinstance(value, Mapping):
        return tuple((name, _shape(part)) for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return (list, *map(_shape, value))
    return _class(value)


def _whole(value: object) -> Hashable:
    """What no other value has: 1, 1.0 and true are equal, and not the same."""
    return (value.__class__, value) if value.__class__ in _PLAIN else repr(value)


def _class(value: object) -> Hashable:
    return type(value).__name__


_COUNTED: Final[Mapping[Role, Callable[[object], Hashable]]] = {
    Role.PLAIN: _class,
    Role.PRESENCE: _shape,
    Role.VALUE: _whole,
}
