"""What raises where the Struct of a line takes a value that its field does not."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any, Final, cast

import re2

from rulewright.compiled import CompiledField
from rulewright.hotpath.runtime.days import Days
from rulewright.hotpath.runtime.names import NAMES
from rulewright.hotpath.runtime.state import Decline
from rulewright.hotpath.runtime.texts import date_reader, general_reader, is_uuid
from rulewright.hotpath.writing.cells import Cells
from rulewright.hotpath.writing.unit import Code, Unit, kind_of_field

_EXACT: Final = float(2**53)


def judge_of(one: CompiledField, loader: Any, days: Days | None = None) -> Callable[[Any], None] | None:
    rule = one.rule
    judges: list[Callable[[Any], object]] = [*_plain_judges(one, loader)] if days is None else [days.read]
    if rule.blank is not None and (judges or rule.required):
        return _blank_judge(judges, required=rule.required)
    return _all_of(judges) if judges else None


def _plain_judges(one: CompiledField, loader: Any) -> list[Callable[[Any], object]]:
    rule = one.rule
    match rule.type:
        case "string":
            return [*_text_judges(one)]
        case "uuid":
            return [_matching(is_uuid), *_option_judges(one)]
        case "date":
            return [date_reader(one, loader)]
        case "integer":
            return [*_bound_judges(one), *_option_judges(one)]
        case "number":
            return [_exact_number, *_bound_judges(one), *_option_judges(one)]
        case "boolean":
            return [*_option_judges(one)]
        case _:
            return [general_reader(one, loader)]


def _text_judges(one: CompiledField) -> Iterator[Callable[[Any], object]]:
    rule = one.rule
    least, most = rule.min_length or 0, rule.max_length
    # Without `blank` the Struct judges lengths, as it does options of texts and whole bounds.
    if rule.blank is not None and (least or most is not None):

        def fits(text: str) -> None:
            if len(text) < least or (most is not None and len(text) > most):
                raise Decline

        yield fits
    if rule.pattern is not None:
        yield _matching(re2.compile(rule.pattern).fullmatch)
    yield from _option_judges(one)


def _bound_judges(one: CompiledField) -> Iterator[Callable[[Any], object]]:
    least: Any = one.rule.min
    most: Any = one.rule.max
    if any(
        each is not None and (one.rule.type == "number" or not isinstance(each, int))
        for each in (least, most)
    ):

        def fits(number: float) -> None:
            if not ((least is None or number >= least) and (most is None or number <= most)):
                raise Decline

        yield fits


def _option_judges(one: CompiledField) -> Iterator[Callable[[Any], object]]:
    options = one.rule.one_of
    if isinstance(options, tuple) and not (
        one.rule.type == "string" and all(isinstance(each, str) for each in options)
    ):
        is_flag = one.rule.type == "boolean"
        kept = frozenset(each for each in options if isinstance(each, bool) is is_flag)

        def fits(value: object) -> None:
            if value not in kept:
                raise Decline

        yield fits


def is_positive(number: float) -> bool:
    return math.copysign(1.0, number) > 0


def is_told_apart(number: float) -> bool:
    """Whether no other number that a line may hold equals it."""
    return -_EXACT < number < _EXACT and (number != 0.0 or is_positive(number))


def _exact_number(number: float) -> None:
    """Beyond, a whole number in JSON is another than the double it becomes."""
    if not -_EXACT < number < _EXACT:
        raise Decline


def _matching(match: Callable[[str], object]) -> Callable[[str], None]:
    def judge(text: str) -> None:
        if match(text) is None:
            raise Decline

    return judge


def _blank_judge(judges: list[Callable[[Any], object]], *, required: bool) -> Callable[[Any], None]:
    def judge(text: str) -> None:
        if text.strip():
            for each in judges:
                each(text)
        elif required:
            raise Decline

    return judge


def _all_of(judges: list[Callable[[Any], object]]) -> Callable[[Any], None]:
    def judge(value: object) -> None:
        for each in judges:
            each(value)

    return judge


def parts_judge(
    judges: Mapping[str, Callable[[Any], None]], nullable: Container[str], absent: str
) -> Callable[[Any], None]:
    """Return what judges the parts of an object, each by its own judge."""

    def judge(part: object) -> None:
        for name, each in judges.items():
            value = getattr(part, name)
            if value is None:
                # The Struct takes anything for some types, and null with it.
                if name not in nullable:
                    raise Decline
            elif value is not absent:
                each(value)

    return judge


def check_of(unit: Unit, one: CompiledField) -> Callable[[Any], object] | None:
    """Return what judges a field's own checks without any proof; None where it can't be written."""
    checks = [check.condition for check in one.checks]
    if one.reference is not None or one.one_of is not None or not checks:
        return None
    if one.rule.type not in ("string", "integer", "boolean") or one.rule.blank is not None:
        return None
    try:
        writer = Cells(unit).writer({"value": Code("v", kind_of_field(one), sure=True, steady=True)})
        text = " and ".join(f"({writer.condition(check)})" for check in checks)
        if re.search(r"\bs\b", text) or unit.left:
            # It reads more than the value.
            return None
        namespace: dict[str, Any] = {"__builtins__": {}, **NAMES, **unit.constants}
        called = re.fullmatch(r"\((\w+)\(v\)\)", text)
        # No function around the one that does it all.
        source = f"lambda v: {text}" if called is None else called[1]
        return cast(
            "Callable[[Any], object]",
            eval(compile(source, f"<checks of {one.id}>", "eval"), namespace),  # noqa: S307
        )
    except Exception:  # then its values are proven one by one
        return None
