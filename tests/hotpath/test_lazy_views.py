"""`payload`, and a response's `record`, for expressions that are called: decoded where they are read."""

from __future__ import annotations

import pytest

from rulewright import cel
from rulewright.evaluation.views import NOT_READ, LazyView, peek


@pytest.fixture
def decoded() -> list[str]:
    """The names that were decoded so far."""
    return []


@pytest.fixture
def view(decoded: list[str]) -> LazyView:
    """Of a, b, c and d, of which d can't be sent; sent are c, a and d."""

    def decode(name: str) -> object:
        decoded.append(name)
        return name.upper()

    return LazyView("abc", "abc", "cad", decode)


def test_only_what_is_read_is_decoded(view: LazyView, decoded: list[str]) -> None:
    """Once; whether a name is there takes no decoding."""
    assert ("c" in view, "b" in view, "d" in view, view["c"], view["c"], view["b"]) == (
        *(True, False, False),
        *("C", "C", None),
    )
    assert decoded == ["c"]


def test_the_whole_is_in_the_order_of_the_fields(view: LazyView) -> None:
    """Whichever was read before."""
    assert view["c"] == "C"

    assert (list(view), len(view)) == (["a", "c"], 2)
    assert list(view.items()) == [("a", "A"), ("c", "C")]
    assert (list(view.keys()), list(view.values())) == (["a", "c"], ["A", "C"])


def test_it_equals_a_map_of_the_same(view: LazyView) -> None:
    """From either side, though nothing was read before."""
    assert view == {"a": "A", "c": "C"}
    assert view == {"a": "A", "c": "C"}.copy()
    assert view != {"c": "C"}


def test_what_was_read_is_told_without_reading(view: LazyView) -> None:
    """Of what is there the value, also where no expression came so far; nothing of what is unsound."""
    view.mark_unsound("c")

    assert (peek(view, "a"), peek(view, "b"), peek(view, "d")) == ("A", None, None)
    assert peek(view, "c") is NOT_READ


def test_nothing_relies_on_what_is_unsound(view: LazyView) -> None:
    """Neither on its value nor on whether it is there; nor can the whole be read."""
    view.mark_unsound("a")

    for read in (lambda: view["a"], lambda: "a" in view, lambda: list(view), view.items, view.values):
        with pytest.raises(cel.Unknown):
            read()
    assert view["c"] == "C"


def test_a_name_that_is_no_field(view: LazyView) -> None:
    """Is an error, as it is of any map."""
    with pytest.raises(KeyError):
        view["d"]
