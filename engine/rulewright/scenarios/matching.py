"""Whether an outcome is as written (language.md "Scenario matching"), and the least that differs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias, TypeGuard

from msgspec import Struct

from rulewright.pointers import part_at, steps_of
from rulewright.scenarios.model import ABSENT, Expectation, Record, ResponseExpectation, StoreExpectation
from rulewright.scenarios.pairing import nearest, pair

Plain = Mapping[str, object]
_Compare: TypeAlias = "Callable[[Plain, Plain], Iterator[Difference]]"
_INFO_CODES = frozenset({"overruled", "excluded"})


class Difference(Struct, frozen=True):
    """One value that is not as written. ABSENT: it isn't there at all."""

    path: str
    expected: object
    actual: object
    note: str | None = None


def outcome_differences(expect: Expectation, outcome: Plain) -> Iterator[Difference]:
    """Yield what differs between an expectation and an outcome as plain data (stores are apart)."""
    if expect.problems is not None:
        yield from _problem_differences(expect.problems, _maps(outcome["problems"]))
    if expect.verdict != outcome["verdict"]:
        reasons = _reasons(outcome) if expect.problems is None else None
        yield Difference("verdict", expect.verdict, outcome["verdict"], reasons)
        # Record, changes and all else follow from the verdict.
        return
    if expect.record is not ABSENT:
        yield from differences(expect.record, outcome["record"], "record", absent_is_null=True)
    if expect.changes is not None:
        yield from _some_of("changes", expect.changes, _maps(outcome["changes"]), _change_differences)
    if expect.messages is not None:
        yield from _some_of("messages", expect.messages, _maps(outcome["messages"]), _map_differences)
    if expect.response is not None:
        yield from _response_differences(expect.response, outcome["response"])
    if expect.replayed is not None and expect.replayed != outcome["replayed"]:
        yield Difference("replayed", expect.replayed, outcome["replayed"])


def differences(expected: object, actual: object, path: str, *, absent_is_null: bool) -> Iterator[Difference]:
    """Yield where `actual` does not hold all of `expected`: maps by the keys written, lists item by item."""
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, wanted in expected.items():
            found = actual.get(key, ABSENT)
            if found is ABSENT and wanted is None and absent_is_null:
                continue
            yield from differences(wanted, found, f"{path}.{key}", absent_is_null=absent_is_null)
    elif _is_list(expected) and _is_list(actual) and len(expected) == len(actual):
        for index, (wanted, found) in enumerate(zip(expected, actual, strict=True)):
            yield from differences(wanted, found, f"{path}.{index}", absent_is_null=absent_is_null)
    elif isinstance(expected, Mapping | list | tuple) or not same_value(expected, actual):
        yield Difference(path, expected, actual)


def same_value(one: object, other: object) -> bool:
    """Whether two whole values are equal: true is not 1, 5 is 5.0, and null keys count as absent."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return all(same_value(one.get(key), other.get(key)) for key in {*one, *other})
    if _is_list(one) and _is_list(other):
        return len(one) == len(other) and all(map(same_value, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other


def count_matching(expectation: StoreExpectation, records: Sequence[Record]) -> int:
    """Count the records that hold exactly the values of `where`."""
    return sum(
        all(same_value(value, record.get(name)) for name, value in expectation.where.items())
        for record in records
    )


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple)


def _maps(value: object) -> Sequence[Plain]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list | tuple) else ()


def _reasons(outcome: Plain) -> str | None:
    """The problems behind a verdict that was not expected: else nobody knows what to look for."""
    lines = [
        f"{problem['severity']} {problem['code']} at {problem['path'] or 'the whole'}: {problem['message']}"
        f" ({problem['rule']})"
        for problem in _maps(outcome["problems"])
        if problem["severity"] != "info"
    ]
    return "\n".join(lines) or None


def _map_differences(expected: Plain, actual: Plain) -> Iterator[Difference]:
    return differences(expected, actual, "", absent_is_null=False)


def _change_differences(expected: Plain, actual: Plain) -> Iterator[Difference]:
    """`before` and what is created are records, where absent counts as null; an update writes its nulls."""
    for key, wanted in expected.items():
        lenient = key == "before" or (key == "set" and actual.get("op") == "create")
        yield from differences(wanted, actual.get(key, ABSENT), f".{key}", absent_is_null=lenient)


def _problem_differences(expected: Sequence[Plain], actual: Sequence[Plain]) -> Iterator[Difference]:
    """Exact among errors and warnings; infos count only if one is written."""
    heavy = [problem for problem in actual if problem["severity"] != "info"]
    counted = actual if any(_is_info(entry, actual, heavy) for entry in expected) else heavy
    unused = dict(enumerate(counted))
    for _, entry, problem in _unpaired(expected, unused, _map_differences):
        if problem is None:
            yield Difference("problems", entry, ABSENT, "no such problem")
            continue
        for found in _map_differences(entry, problem):
            label = f"problems[{entry.get('path', problem['path'])!s}]"
            yield Difference(label + found.path, found.expected, found.actual, str(problem["message"]))
    for problem in unused.values():
        shown = {key: problem[key] for key in ("path", "code", "severity", "rule")}
        yield Difference("problems", ABSENT, shown, str(problem["message"]))


def _is_info(entry: Plain, actual: Sequence[Plain], heavy: Sequence[Plain]) -> bool:
    if "severity" in entry:
        return entry["severity"] == "info"
    if entry.get("code") in _INFO_CODES:
        return True
    alike = _alike(_map_differences)
    return any(alike(entry, one) for one in actual) and not any(alike(entry, one) for one in heavy)


def _some_of(
    name: str,
    expected: Sequence[Plain],
    actual: Sequence[Plain],
    compare: _Compare,
) -> Iterator[Difference]:
    """Each entry written must be there, in any order; none written means that there are none."""
    if not expected:
        if actual:
            yield Difference(name, [], [_brief(one) for one in actual])
        return
    unused = dict(enumerate(actual))
    for index, entry, found in _unpaired(expected, unused, compare):
        if found is None:
            yield Difference(f"{name}[{index}]", entry, ABSENT, _others(name, unused.values()))
            continue
        for difference in compare(entry, found):
            path = f"{name}[{index}]{difference.path}"
            yield Difference(path, difference.expected, difference.actual, _label(found))


def _unpaired(
    expected: Sequence[Plain], unused: dict[int, Plain], compare: _Compare
) -> Iterator[tuple[int, Plain, Plain | None]]:
    """Yield each expected entry that nothing fits: its index, itself, and the nearest of the rest, if any.

    `unused` is all that is there, by index; what fits an entry, or was nearest to one, is taken out of it.
    """
    pairs = pair(expected, list(unused.values()), _alike(compare))
    for index in pairs.values():
        del unused[index]
    for index, entry in enumerate(expected):
        if index not in pairs:
            near = nearest(entry, unused, compare, limit=len(entry))
            yield index, entry, None if near is None else unused.pop(near)


def _alike(compare: _Compare) -> Callable[[Plain, Plain], bool]:
    return lambda expected, actual: next(compare(expected, actual), None) is None


def _brief(one: Plain) -> Plain:
    names = ("op", "resource", "key", "set", "target", "method", "body")
    return {name: one[name] for name in names if name in one}


def _label(one: Plain) -> str:
    if "op" in one:
        return f"{one['op']} {one['resource']} {one['key']}"
    return f"{one.get('method')} to {one.get('target')}"


def _others(name: str, unused: Iterable[Plain]) -> str:
    labels = [_label(one) for one in unused]
    return f"the other {name}: " + ("; ".join(labels) if labels else "none")


_NO_RESPONSE = "there is no response: the rules say nothing of HTTP (docs/rules.md#operations)"


def _response_differences(expected: ResponseExpectation, actual: object) -> Iterator[Difference]:
    if not isinstance(actual, Mapping):
        yield Difference("response", _named(expected), ABSENT, _NO_RESPONSE)
        return
    if expected.status is not ABSENT and expected.status != actual["status"]:
        yield Difference("response.status", expected.status, actual["status"])
    if expected.body is not ABSENT:
        yield from differences(expected.body, actual["body"], "response.body", absent_is_null=False)
    for pointer in expected.absent:
        found = _at(actual["body"], pointer)
        if found is not ABSENT:
            yield Difference(f"response.body {pointer}", ABSENT, found, "it should not be there")


def _named(expected: ResponseExpectation) -> Plain:
    parts = {"status": expected.status, "body": expected.body, "absent": list(expected.absent) or ABSENT}
    return {name: part for name, part in parts.items() if part is not ABSENT}


def _at(body: object, pointer: str) -> object:
    """What a JSON Pointer finds, or ABSENT."""
    for name in steps_of(pointer):
        body = part_at(body, name, ABSENT)
    return body
