"""What generated functions call for values: fitting, keys of look-ups, generated ids, found records."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, cast

from rulewright import cel
from rulewright.cel.functions.own import money, slug
from rulewright.compiled import CompiledField
from rulewright.evaluation.chance import Chance
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.masking import to_json
from rulewright.evaluation.overlay import matches
from rulewright.evaluation.records import generate_value
from rulewright.evaluation.stored_form import decode_value, encode_value
from rulewright.fieldtypes import INT64_MAX, INT64_MIN, is_writable
from rulewright.hotpath.runtime.state import Decline, Missing, NoStore, State

# Characters of a text that is made a slug.
_LONGEST: Final = 100_000


def fitted(field: CompiledField, value: object) -> object:
    """Bring what CEL gave into a field's type and stored form."""
    return encode_value(field, fit(field, value))


def refitted(field: CompiledField, source: CompiledField, stored: object) -> object:
    """The same for a stored value of another field."""
    return encode_value(field, fit(field, decode_value(source, stored)))


def flat_of(field: CompiledField, source: CompiledField, stored: Any) -> Any:
    """The same where both are objects of texts: without what is null."""
    if stored is None:
        return None
    if stored.__class__ is dict:
        parts = {name: part for name, part in stored.items() if part is not None}
        if all(part.__class__ is str for part in parts.values()):
            return parts
    return refitted(field, source, stored)


def with_defaults(sent: Any, defaults: Mapping[str, object]) -> Any:
    """A sent object, or null, with the parts that it lacks."""
    if sent is None:
        return None
    return {**sent, **{name: value for name, value in defaults.items() if name not in sent}}


def require_none(value: object) -> None:
    """Decline a value that is there."""
    if value is not None:
        raise Decline


def any_of(tests: Sequence[Callable[[], bool]]) -> bool:
    """`||` where parts may need a store that is not there: another part may decide all the same."""
    return _decided(tests, decisive=True)


def all_of(tests: Sequence[Callable[[], bool]]) -> bool:
    """`&&` where parts may need a store that is not there: another part may decide all the same."""
    return _decided(tests, decisive=False)


def _decided(tests: Sequence[Callable[[], bool]], *, decisive: bool) -> bool:
    held: NoStore | None = None
    for test in tests:
        try:
            if test() is decisive:
                return decisive
        except NoStore as error:
            held = held or error
    if held is not None:
        raise held
    return not decisive


def text_of(value: object) -> object:
    """A text that a store keeps, or null, else Decline."""
    if value is None or (value.__class__ is str and is_writable(value)):
        return value
    raise Decline


def whole_of(value: object) -> object:
    """A whole number of 64 bits or null, else Decline."""
    if value is None or (value.__class__ is int and INT64_MIN <= value <= INT64_MAX):
        return value
    raise Decline


def number_of(value: object) -> object:
    """A floating-point number that is one, or null, else Decline. A store may hold it as a whole one."""
    number = float(value) if type(value) is int else value
    if number is None or (number.__class__ is float and isfinite(number)):
        return number
    raise Decline


def flag_of(value: object) -> object:
    """True, False or null, else Decline."""
    if value is None or value.__class__ is bool:
        return value
    raise Decline


def slug_of(value: object) -> str:
    """`slug` of a text; Decline null, and what may take longer than an expression may."""
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise Decline
    return slug(value)


def money_of(minor: int | None, currency: str) -> dict[str, object] | None:
    """`money` of a whole number or null."""
    return None if minor is None else money(minor, currency)


def plain_key(value: object) -> object:
    """A value to look up by: text, a whole number, a boolean or null; else Decline."""
    if value is None or value.__class__ in (str, int, bool):
        return value
    raise Decline


def plain_keys(value: object) -> object:
    """The same, or a list of them, which means any."""
    return [plain_key(one) for one in value] if isinstance(value, list) else plain_key(value)


def where_value(field: CompiledField, value: object) -> object:
    """What CEL gave, as a value to look up by; a list means any of its items."""
    if isinstance(value, list | tuple) and field.rule.type != "list":
        return [to_json(encode_value(field, _bare(item))) for item in value]
    return to_json(encode_value(field, _bare(value)))


def _bare(value: object) -> object:
    return value.to_datetime() if isinstance(value, cel.Timestamp) else value


def in_order(found: Sequence[Any], where: Mapping[str, object]) -> Sequence[Any]:
    """Records in the order of the list they were asked for by; a store orders by key."""
    for name, wanted in where.items():
        if wanted.__class__ is list:
            return [
                record
                for item in cast("list[object]", wanted)
                for record in found
                if matches(record, {name: item})
            ]
    return found


def match(found: Sequence[Any], by: str, key: object) -> Any:
    """The record that a reference names, or None."""
    for record in found:
        value = record.get(by)
        if value == key and (value.__class__ is key.__class__ or same(value, key)):
            return record
    return None


def matched(found: Sequence[Any], by: str, key: object) -> Any:
    """The record that a reference names; Decline where there is none."""
    for record in found:
        value = record.get(by)
        if value == key and (value.__class__ is key.__class__ or same(value, key)):
            return record
    raise Missing


def other_of(found: Sequence[Any], by: str, key: object) -> Any:
    """The first of some records that has another key; None where there is none."""
    return next((record for record in found if not same(record.get(by), key)), None)


def matched_all(found: Sequence[Any], by: str, keys: Sequence[object]) -> list[Any]:
    """The records that a list of references names, in its order; Decline where one is missing."""
    return [matched(found, by, key) for key in keys]


def chance_of(state: State) -> Chance:
    """The run's source of chance: random ids come from its seed, in the order in which they are made."""
    if state.chance is None:
        state.chance = Chance(state.seed)
    return state.chance


def chance_within(s: State) -> Chance:
    """The source of random values of a record that an effect creates."""
    return Chance(chance_of(s).bits(64))


def generated(state: State, field: CompiledField, resource: str) -> object:
    """Make the value of a generated field."""
    rule = field.rule.generate
    assert rule is not None
    chance_of(state)
    # The evaluator's function asks its run for chance, records and reserved numbers; a state has these too.
    return encode_value(field, generate_value(cast(Any, state), resource, field, rule))


def next_number(state: State, resource: str, field: str, prefix: str) -> int:
    """One above the largest stored, and above those that this run has taken."""
    place = (resource, field)
    last: int = 0 if state.store is None else state.records.last_in_sequence(resource, field, prefix)
    number = state.reserved[place] = max(last, state.reserved.get(place, 0)) + 1
    return number


def numbered(reserved: dict[tuple[str, str], int], place: tuple[str, str], last: int) -> int:
    """As `next_number`, where nothing is planned yet and `last` is the largest stored."""
    taken = reserved.get(place, 0)
    number = reserved[place] = (last if last > taken else taken) + 1
    return number


def differs(sent: object, value: object) -> bool:
    """Whether a sent value is overruled."""
    return sent != value or (sent.__class__ is bool) is not (value.__class__ is bool)


def permitted(held: object, permission: str) -> bool:
    """Whether a caller holds a permission."""
    return isinstance(held, list | tuple) and permission in held


def listed(options: object) -> list[object]:
    """Computed options; Decline where they are no list."""
    if isinstance(options, list | tuple):
        return list(options)
    raise Decline


def truth(value: object) -> bool:
    """A condition's value; Decline where it is neither true nor false."""
    if value is True or value is False:
        return value
    raise Decline


def same(one: object, other: object) -> bool:
    """`==` of a whole number and anything from a store: true is not 1. Large doubles are left to CEL."""
    if one.__class__ is float or other.__class__ is float:
        raise Decline
    return one == other and (one.__class__ is bool) == (other.__class__ is bool)


def member(item: str, collection: object) -> bool:
    """`in`, of a text, in a list."""
    if collection.__class__ is not list:
        raise Decline
    return item in collection
