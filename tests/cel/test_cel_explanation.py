"""Every part of an expression with its value or error."""

from __future__ import annotations

from rulewright import cel
from rulewright.cel import HIDDEN, NOT_REACHED

BINDINGS = {"payload": {"age": 20, "pin": "1234", "items": [{"price": 5}, {"price": 50}]}}


def told(text: str, hide: tuple[str, ...] = ()) -> dict[str, object]:
    """The parts' texts with their values, or the message of their error."""
    explanation = cel.compile(text).explain(BINDINGS, hide=lambda path: path[-1] in hide)
    return {
        part.text: part.error.message if part.error is not None else part.value for part in explanation.walk()
    }


def test_every_operand_has_its_value() -> None:
    """In the order of the text; what was not needed says so."""
    assert told("payload.age >= 18 || payload.missing == 1") == {
        "payload.age >= 18 || payload.missing == 1": True,
        "payload.age >= 18": True,
        "payload.age": 20,
        "payload": NOT_REACHED,
        "18": 18,
        "payload.missing == 1": NOT_REACHED,
        "payload.missing": NOT_REACHED,
        "1": NOT_REACHED,
    }


def test_errors_stand_where_they_were_met() -> None:
    """Also those that were absorbed."""
    found = told("payload.missing == 1 || payload.age == 20")

    assert found["payload.missing"] == 'no such field "missing"'
    assert found["payload.missing == 1 || payload.age == 20"] is True
    assert told("payload.age == 'x' && payload.missing.y")["payload.age == 'x'"] is False
    assert told("payload.missing + 1")["payload.missing + 1"] == 'no such field "missing"'


def test_macros_show_their_last_round() -> None:
    """The one that decided, and how many there were."""
    explanation = cel.compile("payload.items.all(i, i.price < 10)").explain(BINDINGS)
    (price,) = [part for part in explanation.walk() if part.text == "i.price"]

    assert (explanation.value, price.value, price.times) == (False, 50, 2)


def test_what_must_not_be_shown_is_hidden() -> None:
    """With all that is computed from it, through macros and names too; conditions still give verdicts."""
    found = told("payload.pin == '1234' && size(payload.pin) > payload.age", hide=("pin",))
    assert found["payload.pin"] is HIDDEN
    assert found["payload.pin == '1234'"] is True
    assert found["size(payload.pin)"] is HIDDEN
    assert found["payload.age"] == 20

    found = told("payload.items.exists(i, i.price == 50)", hide=("items",))
    assert found["i.price"] is HIDDEN
    assert told("cel.bind(p, payload.pin, p + 'x')", hide=("pin",))["p + 'x'"] is HIDDEN
    assert told("payload.pin + 1", hide=("pin",))["payload.pin + 1"] == "this can't be evaluated"
    assert told("dyn(payload.pin == '1')", hide=("pin",))["dyn(payload.pin == '1')"] is HIDDEN


def test_given_shows_what_its_path_leads_to() -> None:
    """The value, or null."""
    assert told("given(payload.age)")["payload.age"] == 20
    assert told("given(payload.none)")["payload.none"] is None


def test_a_budget_that_is_used_up_is_told() -> None:
    """At the root, like any other error."""
    explanation = cel.compile("lists.range(1000000000)").explain({})

    assert isinstance(explanation.error, cel.LimitError)


def test_an_explanation_has_the_bounds_of_its_program() -> None:
    """What can't be evaluated within them is not explained as if it could."""
    program = cel.compile("items.all(i, i > 0)", limits=cel.Limits(steps=10))

    explanation = program.explain({"items": [1] * 100})

    assert isinstance(explanation.error, cel.LimitError)
