"""The cost bound: never below what an evaluation takes, and drawn from the sizes of a schema."""

from __future__ import annotations

import pytest
from cel_case_files import read_cases

from rulewright.cel import DEFAULT_LIMITS, Budget, CelError, evaluate, parse
from rulewright.cel.checker import Size, cost
from rulewright.cel.checker.sizes import SCALAR, larger, list_of_size, number_of_size, text_of


def _size_of(value: object) -> Size:
    """The size of a value as it is."""
    if isinstance(value, str | bytes):
        return text_of(len(value))
    if isinstance(value, dict):
        fields = {key: _size_of(part) for key, part in value.items() if isinstance(key, str)}
        return Size(len(value), item=_largest([*value, *value.values()]), fields=fields)
    if isinstance(value, list):
        return list_of_size(len(value), _largest(value))
    return number_of_size(value) if type(value) is int else SCALAR


def _largest(values: list[object]) -> Size:
    found = SCALAR
    for value in values:
        found = larger(found, _size_of(value))
    return found


def test_the_bound_is_never_below_what_is_taken() -> None:
    """For every expression of the case files that gives a value."""
    too_low: list[str] = []
    for case in read_cases():
        budget = Budget()
        try:
            node = parse(case.expr)
            evaluate(node, case.bindings, budget=budget)
        except CelError:
            continue
        taken = budget.total - budget.remaining
        bound = cost(node, {name: _size_of(value) for name, value in case.bindings.items()})
        if bound < taken:
            too_low.append(f"{case.expr}: {bound} < {taken}")

    assert too_low == []


@pytest.mark.parametrize(
    ("text", "items", "fits"),
    [
        ("l.exists(x, x == 'a')", 100, True),
        ("l.exists(x, l.exists(y, x == y))", 100, True),
        ("l.exists(x, l.exists(y, x == y))", 1_000, False),
        ("l.exists(x, l.exists(y, l.exists(z, x == y && y == z)))", 100, False),
        ("l.exists(x, l.exists(y, l.exists(z, x == y && y == z)))", 10, True),
        ("l.filter(x, x in l)", 100, True),
        ("l.filter(x, x in l)", 5_000, False),
        ("size(l) < 10", 5_000, True),
    ],
)
def test_nested_macros_multiply(text: str, items: int, fits: bool) -> None:
    """A maximum on a list is what keeps a nested macro within the limit."""
    bound = cost(parse(text), {"l": list_of_size(items, text_of(20))})

    assert (bound <= DEFAULT_LIMITS.steps) is fits


@pytest.mark.parametrize(
    "text",
    [
        "known + unknown + unknown",
        "sum(l.map(x, x + x)) + known + known",
        "math.greatest(l) + known + known",
        "'text' + unknown + unknown",
    ],
)
def test_what_is_added_to_a_number_is_one(text: str) -> None:
    """A name without a size is as large as a list, but to a number or a text only its like is added."""
    sizes = {"known": number_of_size(), "l": list_of_size(100, number_of_size())}

    assert cost(parse(text), sizes) < 2_000


def test_what_no_schema_bounds_has_a_default() -> None:
    """A name nothing is known about counts as a list of 100 texts."""
    assert 100 < cost(parse("x.exists(y, y == 'a')"), {}) < 5_000


def test_a_bound_never_grows_beyond_reckoning() -> None:
    """Sizes and costs stop at a number beyond every limit, however deep the nesting."""
    text = "l" + ".map(a, l)" * 10
    for level in range(30):
        text = f"l.map(a{level}, {text})"

    assert DEFAULT_LIMITS.steps < cost(parse(text), {}) <= 10**16
