"""What is kept of a generated program decides as the plain evaluator does, or says nothing."""

from __future__ import annotations

import json
import marshal
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from types import MappingProxyType
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payloads import Case, PayloadMaker, seeds_of

from rulewright import Program
from rulewright.evaluation import Request, decide, mask_outcome
from rulewright.hotpath.frozen import freeze
from rulewright.hotpath.kept import _members, keep
from rulewright.hotpath.sent import read_sent
from rulewright.hotpath.thawed import LostError, Sent, thaw
from rulewright.hotpath.warm import Decided, WarmProgram
from rulewright.inputs.json_text import JsonFlaw, parse_json
from rulewright.report.changes import changes_in_words
from rulewright.report.outcome_json import outcome_json
from rulewright.report.text import dump_json

# Resources with creates that need nothing that is not kept, such as CEL's own library.
ANSWERED = {
    *("ct_oi/case", "ct_oi/case_detail", "ct_oi/county", "ct_oi/detail"),
    *("plannr/account", "plannr/case_type", "plannr/plan", "rubixx/support_scheme"),
}
# Those of which the hot path tells refusals, and that no e-mail, list or state of others is needed for.
REFUSED = {
    *("ct_oi/case", "ct_oi/case_detail", "ct_oi/county", "ct_oi/detail", "ct_oi/release_of_information"),
    *("goodstack/activity_sub_tag", "goodstack/organisation", "goodstack/validation_request"),
    *("rubixx/occupancy", "rubixx/person", "rubixx/support_scheme"),
}
# Those that look something up, and that paths of operations are not needed for.
UNDECIDED = {"ct_oi/case", "ct_oi/case_detail", "ct_oi/release_of_information"}


def cases_of(program: Program, resource: str) -> Iterator[Case]:
    """Generated calls of a resource as a warm start has them: nothing but payload, caller and records."""
    random = Random(zlib.crc32(resource.encode()))
    maker = PayloadMaker(program, resource, seeds_of(program)[resource], random)
    for case in maker.cases(150):
        if case.inputs.operation == "create" and case.inputs.request == Request():
            yield case


def decided(kept: WarmProgram, case: Case) -> Decided | None:
    """What a kept program says."""
    inputs = case.inputs
    try:
        return kept.decide(case.resource, inputs.payload, case.records, inputs.actor, inputs.now, inputs.seed)
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
        data = keep(program.compiled, compiled, program.tables)
        alone = keep(program.compiled, compiled, program.tables, has_store=False)
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


def answers_to(case: Case, program: Program, data: bytes) -> Iterator[str]:
    """The verdicts that a kept program came to, in lines and as a whole."""
    lines, whole = decided(WarmProgram(data), case), decided(WarmProgram(data, whole=True), case)
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


Pair.__module__ = "rulewright.hotpath.days"


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
