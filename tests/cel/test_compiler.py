"""Compiled programs: their public face, and what they share with the tree-walker."""

from __future__ import annotations

import datetime as dt
import pickle
import threading
import time
from collections.abc import Mapping
from contextlib import suppress

import pytest
from cel_case_files import CaseFromFile, read_cases

from rulewright import cel
from rulewright.cel.conformance import same_value
from rulewright.cel.values import BOOL, INT, STRING


class Lazy(dict[str, object]):
    """Names computed when they are read."""

    def __init__(self) -> None:
        super().__init__(payload={"age": 20})
        self.reads: list[str] = []

    def __missing__(self, name: str) -> object:
        self.reads.append(name)
        if name == "lookup":
            raise cel.Unknown("no store")
        if name == "broken":
            raise ValueError("a mistake of the engine's")
        raise KeyError(name)


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case.name)
def test_case_gives_what_the_file_says(case: CaseFromFile) -> None:
    """Compiled as walked: the value, or the error with its words and place."""
    if case.gives is not None:
        expected = cel.evaluate(cel.parse(case.gives), case.bindings)

        assert same_value(cel.compile(case.expr).evaluate(case.bindings), expected)
        assert same_value(cel.compile(case.expr).absorb(case.bindings), expected)
        return
    with pytest.raises(cel.CelError) as walked:
        cel.evaluate(cel.parse(case.expr), case.bindings)
    with pytest.raises(cel.CelError) as compiled:
        cel.compile(case.expr).evaluate(case.bindings)

    assert (type(compiled.value), str(compiled.value)) == (type(walked.value), str(walked.value))
    assert (compiled.value.start, compiled.value.end) == (walked.value.start, walked.value.end)


def test_a_program_is_compiled_once_and_evaluated_often() -> None:
    """Bindings are any mapping of names to values."""
    program = cel.compile("payload.age >= 18 && payload.country in ['GB', 'IE']", ["payload"])

    assert program.evaluate({"payload": {"age": 20, "country": "GB"}}) is True
    assert program.evaluate({"payload": {"age": 20, "country": "FR"}}) is False


def test_undeclared_names_are_refused_at_once() -> None:
    """Where variables are declared; types and macros' variables need no declaration."""
    with pytest.raises(cel.CelSyntaxError, match="undeclared name 'payloda'") as caught:
        cel.compile("payload.x == payloda.y", {"payload": cel.TYPE_NAMES["int"]})

    assert (caught.value.start, caught.value.end) == (13, 20)
    assert cel.compile("[1].all(x, type(x) == int)", []).evaluate({}) is True
    with pytest.raises(cel.CelSyntaxError, match="undeclared"):
        cel.compile("[1].all(x, .x == 1)", [])


def test_dotted_names_and_containers_are_resolved() -> None:
    """As CEL's namespaces have it."""
    assert cel.compile("b.c + 1", {"a.b.c": INT}, container="a").evaluate({"a.b.c": 1}) == 2


def test_custom_functions() -> None:
    """Declared with their signature, namespaced or as methods; their mistakes are the expression's errors."""
    functions = [
        cel.function("uk.postcode", lambda text: text[-3:].isalnum(), [STRING], BOOL),
        cel.function("shout", lambda text: text.upper() + "!", [STRING], STRING, method=True),
        cel.function("size", lambda value: 7, [INT], INT),
        cel.function("fail", lambda: {}["x"], [], INT),
    ]

    def value(text: str) -> object:
        return cel.compile(text, ["s"], functions=functions).evaluate({"s": "ab1"})

    assert value("uk.postcode(s) && s.shout() == 'AB1!'") is True
    assert value("size(3)") == 7
    with pytest.raises(cel.EvaluationError, match=r"fail\(\) failed"):
        value("fail()")
    assert value("fail() == 1 || true") is True


def test_names_are_read_when_they_are_reached() -> None:
    """Not before, and not at all where the answer is clear without them."""
    bindings = Lazy()

    assert cel.compile("payload.age > 18 || lookup.x == 1").evaluate(bindings) is True
    assert bindings.reads == []
    assert cel.compile("lookup.x == 1 || payload.age > 18").evaluate(bindings) is True
    with pytest.raises(cel.Unknown, match="no store"):
        cel.compile("lookup.x == 1 || payload.age > 21").evaluate(bindings)


def test_a_mistake_of_the_embedding_program_is_not_hidden() -> None:
    """Only CEL's errors are absorbed."""
    with pytest.raises(ValueError, match="a mistake of the engine's"):
        cel.compile("broken == 1 || true").evaluate(Lazy())


def test_pythons_dates_are_adapted() -> None:
    """Wherever they come from, whatever they meet."""
    bindings = {"at": dt.datetime(2025, 1, 1), "days": [dt.date(2025, 1, 1)], "span": dt.timedelta(hours=1)}

    assert cel.compile("at").evaluate(bindings) == cel.Timestamp.from_datetime(dt.datetime(2025, 1, 1))
    assert cel.compile("at == days[0] && at in days && days.exists(d, d == at)").evaluate(bindings) is True
    assert cel.compile("days.map(d, d)[0] + span > at").evaluate(bindings) is True
    assert cel.compile("[at, at].size() == 2 && type(at) == google.protobuf.Timestamp", None)
    assert cel.compile("at > timestamp('2024-12-31T00:00:00Z')").evaluate(bindings) is True


def test_evaluate_may_be_kept_before_anything_is_compiled() -> None:
    """A program made from a tree compiles when it is hot; who kept the function from before gets the same."""
    program = cel.Program("a + 1", cel.parse("a + 1"), warm_up=3)
    kept = program.evaluate

    assert [kept({"a": number}) for number in range(6)] == [1, 2, 3, 4, 5, 6]
    assert program.evaluate is not kept
    assert program.evaluate({"a": 1}) == 2


def test_a_program_can_be_pickled() -> None:
    """For pools of processes: by its text and tree."""
    program = pickle.loads(pickle.dumps(cel.compile("a > 1 && b", ["a", "b"])))

    assert program.evaluate({"a": 2, "b": True}) is True


def test_threads_share_a_program() -> None:
    """Also while it is being compiled."""
    program = cel.Program("a > 1 || b.c", cel.parse("a > 1 || b.c"))
    found: list[object] = []

    def run() -> None:
        found.extend(program.evaluate({"a": number % 3, "b": {"c": True}}) for number in range(200))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == [True] * 800


DEEP: Mapping[str, str] = {
    "brackets": "1 + (" * 78 + "a" + ")" * 78,
    "calls": "size([" * 39 + "a" + "])" * 39,
    "negations": "!" * 78 + "true",
    "selects": "a" + ".b" * 78,
    "conditions": "true ? 1 : " * 78 + "1",
    "logic": "(true && (false || " * 39 + "true" + "))" * 39,
    "macros": "[1].exists(x, " * 39 + "true" + ")" * 39,
    "lists": "[" * 78 + "1" + "]" * 78,
    "maps": "{'a': " * 39 + "1" + "}" * 39,
    "keys": "{1: " * 39 + "1" + "}" * 39,
    "binds": "cel.bind(x, 1, " * 78 + "x" + ")" * 78,
    "optionals": "optional.of(1).optMap(x, " * 39 + "x" + ")" * 39,
    "indexes": "a" + "[0]" * 78,
    "minus": "-(" * 78 + "a" + ")" * 78,
    "given": "given(a" + ".b" * 78 + ")",
    "memberships": "'a' in [" * 39 + "'a'" + "]" * 39,
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP.keys())
def test_the_deepest_trees_compile(text: str) -> None:
    """Both versions, without meeting Python's limits on brackets."""
    program = cel.compile(text)
    for evaluate in (program.evaluate, program.absorb):
        walked = outcome(program.walk)

        assert outcome(evaluate) == walked  # type: ignore[arg-type]
    assert program.dump() != b""


def outcome(evaluate: object) -> object:
    """The value, or the class of the error."""
    try:
        return evaluate({"a": 1})  # type: ignore[operator]
    except cel.CelError as error:
        return type(error)


def test_a_wide_expression_compiles_and_a_huge_one_is_walked() -> None:
    """Python's compiler takes long over what is mostly data."""
    wide = cel.compile(" || ".join(f"a == {number}" for number in range(2, 500)) + " || a == 1")
    text = f"a in [{', '.join(map(str, range(4_000)))}]"
    huge = cel.compile(text, limits=cel.Limits(characters=len(text)))

    assert wide.evaluate({"a": 1}) is True
    assert huge.evaluate({"a": 3_999}) is True
    assert huge.dump() == b""


@pytest.mark.parametrize(
    "text",
    [
        "lists.range(100000).all(x, lists.range(100000).all(y, x != -1))",
        "cel.bind(a, 'aaaaaaaaaaaaaaaa', cel.bind(b, a + a + a + a, " * 8 + "b" + "))" * 8 + ".size() > 0",
        "items.all(x, items.all(y, items.all(z, x == y || y == z || x < 0)))",
        "items.map(x, items.map(y, items))",
    ],
)
def test_no_input_takes_more_than_its_budget(text: str) -> None:
    """Compiled code pays for its loops in advance, and the tree-walker has the last word."""
    began = time.perf_counter()
    with suppress(cel.LimitError):
        cel.compile(text).evaluate({"items": list(range(2_000))})

    assert time.perf_counter() - began < 5


def test_a_loop_over_a_long_list_is_paid_for() -> None:
    """Loops that count nothing end where their list could be too long."""
    program = cel.compile("items.all(x, x >= 0)", limits=cel.Limits(steps=1_000))

    assert program.evaluate({"items": [1] * 100}) is True
    with pytest.raises(cel.LimitError):
        program.evaluate({"items": [1] * 100_000})


def test_the_referee_is_at_hand() -> None:
    """`walk` evaluates without any compiled code, with a budget or a recorder."""
    program = cel.compile("a + 1")
    seen: list[object] = []

    assert program.walk({"a": 1}, on_value=lambda _, value: seen.append(value)) == 2
    assert seen == [1, 1, 2]
    with pytest.raises(cel.LimitError):
        program.walk({"a": 1}, budget=cel.Budget(1))
