"""What is kept of a generated program decides as the plain evaluator does, or says nothing."""

from __future__ import annotations

import json
import marshal
import tracemalloc
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payloads import Case, PayloadMaker, seeds_of

from rulewright import Program, cel, load
from rulewright.cel.compiler.runtime import caller
from rulewright.evaluation import Request, decide, mask_outcome
from rulewright.formula import Constant, Formula, FormulaList, FormulaMap
from rulewright.hotpath.keeping.frozen import freeze
from rulewright.hotpath.keeping.kept import _members, keep
from rulewright.hotpath.warm import Decided, WarmProgram
from rulewright.hotpath.warm.sent import read_sent
from rulewright.hotpath.warm.thawed import LostError, Sent, thaw
from rulewright.inputs.json_text import JsonFlaw, parse_json
from rulewright.problem import Span
from rulewright.report.changes import changes_in_words
from rulewright.report.outcomes import outcome_json
from rulewright.report.text import dump_json

# All that ship, but for those whose scenarios send headers.
ANSWERED = {
    *("ct_oi/case", "ct_oi/case_detail", "ct_oi/county", "ct_oi/detail", "ct_oi/release_of_information"),
    *("goodstack/activity_sub_tag", "goodstack/eligibility_subscription", "goodstack/organisation"),
    *("goodstack/partner_configuration", "goodstack/validation_request"),
    *("plannr/account", "plannr/case", "plannr/case_status", "plannr/case_type", "plannr/plan"),
    *("rubixx/occupancy", "rubixx/person", "rubixx/support_scheme"),
}
# Those of which the hot path tells refusals.
REFUSED = {*ANSWERED, "rubixx/engagement"}
# Those that look something up.
UNDECIDED = {
    *("ct_oi/case", "ct_oi/case_detail", "ct_oi/release_of_information"),
    *("goodstack/eligibility_subscription", "goodstack/organisation", "goodstack/partner_configuration"),
    *("plannr/case", "plannr/case_status", "rubixx/engagement"),
}


def cases_of(program: Program, resource: str) -> Iterator[Case]:
    """Generated calls of a resource as a warm start has them: a request has a path and nothing else."""
    random = Random(zlib.crc32(resource.encode()))
    maker = PayloadMaker(program, resource, seeds_of(program)[resource], random)
    for case in maker.cases(150):
        if case.inputs.request == Request(path=case.inputs.request.path):
            yield case


def decided(kept: WarmProgram, case: Case) -> Decided | None:
    """What a kept program says."""
    inputs = case.inputs
    try:
        return kept.decide(
            *(case.resource, inputs.payload, case.records, inputs.actor, inputs.now, inputs.seed),
            path=inputs.request.path,
        )
    except Exception:  # as warm_start has it
        return None


def is_json(payload: object) -> bool:
    """Whether a payload may have been read from a file."""
    try:
        return bool(parse_json(json.dumps(payload)) == payload)
    except (JsonFlaw, ValueError, TypeError):
        return False


def told(problems: Iterable[Any]) -> list[tuple[object, ...]]:
    """Problems as reports in lines show them."""
    return [(one.rule, one.code, one.path, one.message, one.severity) for one in problems]


@pytest.fixture(scope="module")
def answers(program: Program) -> Mapping[tuple[str, str], int]:
    """How many payloads were answered, by resource and verdict; each as the plain evaluator answers it."""
    answered: Counter[tuple[str, str]] = Counter()
    for resource in program.resources:
        compiled = program.compiled.resources[resource]
        data = both_ways(keep(program.compiled, compiled, program.tables))
        alone = both_ways(keep(program.compiled, compiled, program.tables, has_store=False))
        for number, case in enumerate(cases_of(program, resource)):
            if not is_json(case.inputs.payload):
                continue
            if data is not None and case.records is not None:
                answered.update((resource, verdict) for verdict in answers_to(case, program, data))
            if alone is not None and (case.records is None or number % 3 == 0):
                case = replace(case, records=None)  # noqa: PLW2901
                told_of = answers_to(case, program, alone)
                answered.update((resource, f"{verdict} without a store") for verdict in told_of)
    return answered


def both_ways(data: bytes | None) -> tuple[WarmProgram, WarmProgram] | None:
    """What was kept as it is run for lines, and for whole outcomes."""
    return None if data is None else (WarmProgram(data), WarmProgram(data, whole=True))


def answers_to(case: Case, program: Program, kept: tuple[WarmProgram, WarmProgram]) -> Iterator[str]:
    """The verdicts that a kept program came to, in lines and as a whole."""
    lines, whole = (decided(one, case) for one in kept)
    outcome = decide(program.compiled, case.resource, case.inputs, case.records)
    shown = mask_outcome(outcome, program.compiled, case.inputs.payload)
    if lines is not None:
        assert lines.verdict == outcome.verdict
        assert told(lines.problems) == told(shown.problems)
        assert [*changes_in_words(cast(Any, lines))] == [*changes_in_words(shown)]
        yield lines.verdict
    if whole is not None:
        assert dump_json(outcome_json(cast(Any, whole))) == dump_json(outcome_json(shown))
        yield f"{whole.verdict} as a whole"


def test_shipped_resources_accept_generated_payloads(answers: Mapping[tuple[str, str], int]) -> None:
    """Whoever is accepted by what was kept is accepted, with the same changes and without a problem."""
    assert {resource for resource, verdict in answers if verdict == "accepted"} >= ANSWERED
    assert {resource for resource, verdict in answers if verdict == "accepted as a whole"} >= ANSWERED


def test_shipped_resources_refuse_generated_payloads(answers: Mapping[tuple[str, str], int]) -> None:
    """Whoever is refused by what was kept is refused, for the same reasons in the same words."""
    assert {resource for resource, verdict in answers if verdict == "rejected"} >= REFUSED
    assert {resource for resource, verdict in answers if verdict == "rejected as a whole"} >= REFUSED
    rejected = {resource for resource, verdict in answers if verdict == "rejected without a store"}
    assert rejected >= REFUSED


def test_shipped_resources_leave_generated_payloads_undecided(answers: Mapping[tuple[str, str], int]) -> None:
    """What needs a store, and there is none, is told in the same words."""
    undecided = {resource for resource, verdict in answers if verdict == "undecided without a store"}
    whole = {resource for resource, verdict in answers if verdict == "undecided as a whole without a store"}

    assert undecided >= UNDECIDED
    assert whole >= UNDECIDED


PART = msgspec.defstruct(
    "Part",
    [("a", str | msgspec.UnsetType, msgspec.UNSET), ("b", int | None | msgspec.UnsetType, msgspec.UNSET)],
    forbid_unknown_fields=True,
)
TYPES: dict[str, Any] = {
    "text": str,
    "text or null": str | None,
    "bounded text": msgspec.Meta(min_length=1, max_length=2),
    "number": float,
    "flag": bool,
    "options": None,
    "list": list[str],
    "part": PART,
    "anything": Any,
}
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.just(2**70) | st.floats() | st.text("ab", max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abx"), inner, max_size=3),
    max_leaves=4,
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(TYPES)), VALUES, st.booleans())
def test_shapes_as_msgspec_judges_them(name: str, value: object, required: bool) -> None:
    """What is read without msgspec, msgspec reads, and as the same values."""
    from typing import Annotated, Literal  # noqa: PLC0415

    type_ = TYPES[name]
    if name == "bounded text":
        type_ = Annotated[str, type_]
    if name == "options":
        type_ = Literal["a", "ab"]
    member = ("v", type_) if required else ("v", type_, None)
    struct = msgspec.defstruct("Payload", [member], forbid_unknown_fields=True, kw_only=True)
    shape = tuple(_members(msgspec.inspect.type_info(struct)))
    for payload in ({"v": value}, {}, {"v": value, "x": 1}):
        read = read_sent(shape, payload)
        if read is not None:
            expected = msgspec.convert(payload, struct)
            assert spelled(vars(read)["v"]) == spelled(expected.v)


def spelled(value: object) -> str:
    """A value as text, whichever way a part was read."""
    if isinstance(value, msgspec.Struct):
        return repr([(name, spelled(getattr(value, name))) for name in value.__struct_fields__])
    if isinstance(value, Sent):
        return repr([(name, spelled(part)) for name, part in vars(value).items()])
    return "UNSET" if type(value).__name__ in ("UnsetType", "_Unset") else repr(value)


def thawed(value: object, namespace: dict[str, object] | None = None) -> Any:
    """A value there and back, as bytes in between."""
    return thaw(marshal.loads(marshal.dumps(freeze({"it": value}, namespace or {}))))["it"]


def made(source: str) -> dict[str, Any]:
    """The names of a module like a generated one."""
    namespace: dict[str, Any] = {"__builtins__": {"__build_class__": __build_class__, "__name__": "hotpath"}}
    exec(source, namespace)
    return namespace


@pytest.mark.parametrize(
    "value",
    [None, 5, "x", (1, [2, {"a": frozenset({3})}]), slice(1, None), {"a": {1, 2}}, len, int, type(None)],
    ids=repr,
)
def test_plain_values_survive(value: object) -> None:
    """Values, and what any process finds in the standard library, are kept."""
    assert thawed(value) == value


def test_mappings_become_dicts() -> None:
    """A read-only view is kept as what it shows."""
    assert thawed(MappingProxyType({"a": (object,)})) == {"a": (object,)}


def test_functions_survive() -> None:
    """Functions that call each other, with defaults and cells; classes with slots, bases and properties."""
    namespace = made(
        "def even(n, *, step=1): return True if n == 0 else odd(n - step)\n"
        "def odd(n): return False if n == 0 else even(n - 1)\n"
        "def adding(m):\n"
        "    def add(n=2): return n + m\n"
        "    return add\n"
        "class Base:\n"
        "    __slots__ = ('n',)\n"
        "    def twice(s): return s.n * 2\n"
        "class Run(Base):\n"
        "    __slots__ = ()\n"
        "    kept = 3\n"
    )
    assert thawed(namespace["even"], namespace)(6) is True
    assert thawed(namespace["adding"](5), namespace)() == 7
    run = thawed(namespace["Run"], namespace)()
    run.n = 4
    assert (run.twice(), run.kept) == (8, 3)
    with pytest.raises(AttributeError):
        run.other = 1


@dataclass(frozen=True, slots=True)
class Pair:
    """A data object of the hot path, as far as freezing knows."""

    one: int
    other: object

    def added(self, n: int) -> int:
        return self.one + n


Pair.__module__ = "rulewright.hotpath.runtime.days"


def test_data_objects_with_functions_survive() -> None:
    """What the hot path's own data objects can do is kept with what they hold."""
    Pair.added.__module__ = Pair.__module__
    pair = Pair(2, Pair(3, None))

    assert thawed(pair).other.added(1) == 4
    assert thawed(pair.added)(5) == 7


def test_generated_code_gets_no_builtins() -> None:
    """As before it was kept: it has the names that it was given."""
    namespace = made("def reach(): return open")

    with pytest.raises(NameError):
        thawed(namespace["reach"], namespace)()


class Foreign:
    """Something that is not kept."""


FOREIGN = Foreign()


@pytest.mark.parametrize(
    "use",
    [
        lambda lost: lost.name,
        lambda lost: lost(),
        list,
        bool,
        lambda lost: lost == 5,
        lambda lost: 5 in [lost],
        hash,
        lambda lost: lost.__class__,
        lambda lost: isinstance(lost, str),
        len,
        lambda lost: lost + 1,
    ],
)
def test_what_is_not_kept_is_no_value(use: Callable[[Any], object]) -> None:
    """Whoever meets it can't go on."""
    with pytest.raises((LostError, TypeError)):
        use(thawed(FOREIGN))


def test_sets_with_something_lost_are_lost() -> None:
    """Nobody is told that something is not in a set which can't be known."""
    for value in (frozenset({FOREIGN, 1}), {FOREIGN: 1}):
        with pytest.raises((LostError, TypeError)):
            assert 2 not in thawed(value)


# Value or error, each of every kind of thing that expressions are compiled to.
EXPRESSIONS = (
    *("1 + n", "n / 0", "1.5 * 2.0", "n - 9223372036854775807 - 9", "-n", "n % 2 == 1", "7u + 1u"),
    *("text + 'ß'", "text < 'b'", "text == name", "text.size() + size(items)", "b'a' + bytes(text)"),
    *("n == 3.0", "n in [1, 2.0, 3u]", "text in {'Ann': 1}", "null == given(a.b)", "{'a': [1]} == a"),
    *("given(a.b.c) || n > 2", "absent || n == 3", "n == 3 || absent", "absent && false", "absent ? 1 : 2"),
    *("a.b", "a['b']", "a.none", "has(a.b) && !has(a.none)", "items[0]", "items[9]", "a.?none.orValue(5)"),
    *("items.all(x, x > 0)", "items.exists(x, x.none)", "items.exists_one(x, x == 2)", "items.map(x, x * 2)"),
    *("items.filter(x, x > 1)", "find(items, x, x > 1)", "[1, 2].transformList(i, v, i + v)"),
    *("{'a': 1}.transformMap(k, v, v + 1)", "cel.bind(x, items, x + x)", "optional.of(1).optMap(x, x + 1)"),
    *("text.upperAscii().lowerAscii().replace('n', 'm')", "text.split('n').join('-')", "text.charAt(0)"),
    *("'  x '.trim().startsWith('x')", "text.matches('^A.*n$')", "'ß☃'.matches('.')", "text.indexOf('n')"),
    *("'%s is %d and %.2f'.format([text, n, 1.5])", "strings.quote(text)", "base64.encode(b'x')"),
    *(
        "int('12') + int(2.9)",
        "double('1e3')",
        "string(n) + string(1.5)",
        "bool('true')",
        "uint(n)",
        "int('x')",
    ),
    *("type(n) == int", "type(text)", "timestamp('2025-01-31T09:00:00Z') + duration('36h')", "day < today"),
    *("day.getDayOfWeek('Europe/London')", "duration('90s').getMinutes()", "string(day)", "timestamp(1)"),
    *("math.greatest(n, 5, 1)", "math.round(2.5)", "sum(items)", "sum(['x'])", "slug('Ann Lee & Co')"),
    *("pick(a, ['b', 'z'])", "money(1250, 'GBP')", "money(null, 'GBP')", "items.sort()", "items.distinct()"),
    *("[3, 1].sortBy(x, x)", "lists.range(3).reverse().slice(0, 2).flatten()", "ip('10.0.0.1').family()"),
    *("unknown == 1 || n == 3", "n == 3 && unknown == 1", "[unknown].exists(x, true)"),
)


class Bindings(dict[str, object]):
    """Names, one of which nobody can know."""

    def __init__(self, unknown: type[Exception]) -> None:
        super().__init__({"n": 3, "text": "Ann", "name": "Bob", "items": [1, 2, 2]})
        self |= {"a": {"b": {"c": None}}, "day": date(2025, 1, 31), "today": date(2025, 2, 1)}
        self._unknown = unknown

    def __missing__(self, name: str) -> object:
        raise self._unknown if name == "unknown" else KeyError(name)


def outcome_of(evaluate: Callable[[Mapping[str, object]], object], unknown: type[Exception]) -> object:
    """The value of an expression in plain parts, or whether it is an error, or unknown."""
    try:
        return parts_of(evaluate(Bindings(unknown)))
    except Exception as error:
        return "unknown" if isinstance(error, unknown) else "error"


def parts_of(value: object) -> object:
    """A value, with its class named, which may be one of two of the same name."""
    if isinstance(value, list):
        return [parts_of(one) for one in value]
    if isinstance(value, dict):
        return {name: parts_of(one) for name, one in value.items()}
    slots = getattr(type(value), "__slots__", ())
    inner = [parts_of(getattr(value, name)) for name in slots]
    return type(value).__name__, inner or repr(value)


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_expressions_survive(text: str) -> None:
    """Compiled expressions have the values that walking the tree gives, and none where that gives none."""
    program = cel.compile(text)
    formula = Formula(text, program.node, (), Span("", 1, 1, 1, 1))
    kept, unknown = thawed((formula, cel.Unknown))

    expected = outcome_of(program.walk, cel.Unknown)

    assert outcome_of(kept.value, unknown) == outcome_of(kept.attempt, unknown) == expected


@pytest.mark.parametrize("name", sorted(cel.ALL_FUNCTIONS))
def test_functions_of_expressions_survive(name: str) -> None:
    """Nothing that they reach is left out, save for what few addresses are compared with."""
    _, records = freeze({"it": caller(cel.ALL_FUNCTIONS[name], False)}, {})

    lost = {record[1] for record in records if record[0] == "lost"}

    assert lost <= {"IPv4Address", "IPv4Network"}


def test_templates_survive() -> None:
    """Maps and lists of expressions, and constants, are evaluated entry by entry."""
    node = cel.compile("n + 1").node
    one = Formula("n + 1", node, (("n",),), Span("", 1, 1, 1, 1))
    template = FormulaMap({"a": FormulaList((one, Constant(5)), one.reads)}, one.reads)

    kept = thawed(template)

    assert kept.value({"n": 1}) == {"a": [2, 5]}
    assert kept.reads == (("n",),)


def test_a_program_of_long_texts_is_kept_in_little_memory(tmp_path: Path) -> None:
    """What is said of a text that is too long is found out without one: it took two gigabytes."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.yaml").write_text(
        "rulewright: 1\nresource: a/b\nkey: id\nfields:\n  id: {type: integer}\n"
        "  note: {type: string, max_length: 100000000}\n"
    )
    program = load(tmp_path)
    compiled = program.compiled.resources["a/b"]
    tracemalloc.start()

    kept = keep(program.compiled, compiled, program.tables)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert kept is not None
    assert peak < 50_000_000
