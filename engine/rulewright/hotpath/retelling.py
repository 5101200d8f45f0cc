"""Telling what is wrong with a payload by what was foretold: as telling.py does, without marshmallow.

Whatever is not surely told so raises LostError: the whole command has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rulewright.hotpath.retold import Entry, Told
from rulewright.hotpath.sent import read_sent
from rulewright.hotpath.thawed import LostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def tell(kept: Any, parts: Mapping[str, Any], payload: Any, given: tuple[Any, ...]) -> tuple[list[Told], Any]:
    """The problems of a create, in the order of evaluation, and the state that they were found in.

    Where none of them is an error the create is accepted with warnings, and all stages were gone through.
    `kept` is what kept.py made of the refusals, `parts` its thawed functions; `given` are the store and
    what follows it in `Generated.open`.
    """
    sent, entries, unsound = _sifted(kept["foretold"], parts, payload)
    p = read_sent(kept["loose"], sent)
    if p is None:
        raise LostError
    run = parts["open"](p, sent, *given)
    parts["shape"](run)
    parts["collect"](run, unsound, entries)
    entries.sort(key=lambda entry: entry[0])
    problems = [problem for _, problem in entries]
    if not has_error(problems):
        if any(problem.code == "undecided" for problem in problems):
            raise LostError
        for stage in parts["after"]:
            stage(run)
    return problems, run


def has_error(problems: Iterable[Told]) -> bool:
    """Whether one of the problems refuses."""
    return any(problem.severity == "error" for problem in problems)


def _sifted(
    foretold: Any, parts: Mapping[str, Any], payload: Any
) -> tuple[dict[str, object], list[Entry], set[str]]:
    """What of a payload is judged on, what is wrong with the rest, and on which fields no rule may rely."""
    if type(payload) is not dict:
        raise LostError
    sent: dict[str, object] = {}
    entries: list[Entry] = []
    unsound: set[str] = set()
    unknown: list[str] = []
    for name, value in payload.items():
        classes = foretold["classes"].get(name)
        if classes is None:
            unknown.append(name)
            continue
        told = classes.get(type(value).__name__)
        if told is None:
            raise LostError
        entries += map(_entry, told["entries"])
        if told["ends"]:
            unsound.add(name)
        if told["keeps"]:
            misfits = _misfits(foretold, parts, name, value)
            entries += misfits
            if misfits:
                unsound.add(name)
            else:
                sent[name] = value
    if len(unknown) > foretold["most_unknown"]:
        raise LostError
    entries += [_unknown(foretold, parts, name) for name in unknown]
    return sent, entries, unsound


def _entry(plain: tuple[tuple[int, ...], tuple[Any, ...]]) -> Entry:
    place, problem = plain
    return place, Told(*problem)


def _unknown(foretold: Any, parts: Mapping[str, Any], name: str) -> Entry:
    place, (rule, code, _, _, *rest) = foretold["unknown"]
    # As evaluation/shape.py has it, of a resource's own names.
    before, _, after = rule.rpartition("..")
    path = f"/{name.replace('~', '~0').replace('/', '~1')}"
    message = parts["say unknown"](path, foretold["fields"])
    return place, Told(f"{before}.{name}.{after}", code, path, message, *rest)


def _misfits(foretold: Any, parts: Mapping[str, Any], name: str, value: Any) -> list[Entry]:
    """What is wrong with a value that is of the right class."""
    if type(value) is str:
        if not parts["is writable"](value):
            raise LostError
        if name in foretold["blank"] and not value.strip():
            if foretold["blank"][name]:
                raise LostError
            return []
    entries: list[Entry] = []
    for test in foretold["tests"][name] or ():
        if not _TESTS[test["kind"]](value, test["given"], parts):
            entries += map(_entry, test["entries"])
            if test["kind"] in ("date", "uuid"):
                # What has not the format is judged no further.
                break
    return entries


def _is_date(text: str, field: str, parts: Mapping[str, Any]) -> bool:
    if not text.strip():
        raise LostError
    try:
        parts["functions"][field](text)
    except parts["Decline"]:
        return False
    return True


def _matches(text: str, field: str, parts: Mapping[str, Any]) -> bool:
    return parts["functions"][field](text) is not None


def _is_option(value: object, options: tuple[object, ...], parts: Mapping[str, Any]) -> bool:
    found: bool = parts["is one of"](value, options)
    return found


_TESTS: Final[dict[str, Callable[[Any, Any, Any], bool]]] = {
    "min": lambda value, bound, _: value >= bound,
    "max": lambda value, bound, _: value <= bound,
    "min_length": lambda text, bound, _: len(text) >= bound,
    "max_length": lambda text, bound, _: len(text) <= bound,
    "pattern": _matches,
    "one_of": _is_option,
    "date": _is_date,
    "uuid": _matches,
}
