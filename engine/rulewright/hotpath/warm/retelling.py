"""Telling what is wrong with a payload by what was foretold: as telling.py does, without marshmallow.

Whatever is not surely told so raises LostError: the whole command has it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from rulewright.hotpath.warm.retold import Entry, Told
from rulewright.hotpath.warm.sent import read_sent
from rulewright.hotpath.warm.thawed import LostError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


def tell(kept: Any, parts: Mapping[str, Any], payload: Any, given: tuple[Any, ...]) -> tuple[list[Told], Any]:
    """The problems of a create, in the order of evaluation, and the state that they were found in.

    Where none of them is an error the create is accepted with warnings, and all stages were gone through.
    `kept` is what kept.py made of the refusals, `parts` its thawed functions; `given` are the store and
    what follows it in `Generated.open`.
    """
    sent, entries, unsound = _sifted(kept, parts, payload)
    p = read_sent(kept["loose"], sent)
    if p is None:
        raise LostError
    run = parts["open"](p, sent, *given)
    parts["shape"](run)
    parts["collect"](run, unsound, entries)
    entries.sort(key=lambda entry: entry[0])
    problems = [problem for _, problem in entries]
    if verdict_of(problems) == "accepted":
        for stage in parts["after"]:
            stage(run)
        if parts["conclude"] is not None:
            parts["conclude"](run, entries)
            problems = [problem for _, problem in entries]
    return problems, run


def verdict_of(problems: Iterable[Told]) -> str:
    """As evaluation/decision.py has it."""
    against = {"error" if one.severity == "error" else one.code for one in problems}
    return "rejected" if "error" in against else "undecided" if "undecided" in against else "accepted"


def _sifted(
    kept: Any, parts: Mapping[str, Any], payload: Any
) -> tuple[dict[str, object], list[Entry], set[str]]:
    """What of a payload is judged on, what is wrong with the rest, and on which fields no rule may rely."""
    if type(payload) is not dict:
        raise LostError
    foretold = kept["foretold"]
    sent, entries, unsound, unknown = _sifted_level(foretold, parts, payload, "")
    for name, (within, is_rested) in foretold["objects"].items():
        value = sent.get(name)
        if type(value) is not dict:
            continue
        sent[name], misfits, _, strange = _sifted_level(within, parts, value, f"/{name}")
        if strange and _is_any_ignored(foretold) and (unknown or entries):
            # What is ignored is told of in the order in which it was sent.
            raise LostError
        # Unknown parts are told before unknown fields, which have the same place.
        entries += strange
        if misfits:
            # Nothing else judges the other parts.
            if is_rested or read_sent(kept["loose"], {name: sent[name]}) is None:
                raise LostError
            _require_tested(within, sent.pop(name))
            unsound.add(name)
            entries += misfits
    return sent, [*entries, *unknown], unsound


def _is_any_ignored(foretold: Any) -> bool:
    """Whether something unknown is ignored, in the payload or in an object of it."""
    return foretold["ignores"] or any(within["ignores"] for within, _ in foretold["objects"].values())


def _require_tested(foretold: Any, values: Any) -> None:
    """Raise LostError where tests are not all there is to say of a value."""
    if any(value is not None and foretold["tests"][name] is None for name, value in values.items()):
        raise LostError


def _sifted_level(
    foretold: Any, parts: Mapping[str, Any], values: Mapping[str, Any], pointer: str
) -> tuple[dict[str, object], list[Entry], set[str], list[Entry]]:
    """The same of one object, which stands at `pointer`; last, what is unknown."""
    sent: dict[str, object] = {}
    entries: list[Entry] = []
    unsound: set[str] = set()
    unknown: list[Entry] = []
    for name, value in values.items():
        classes = foretold["classes"].get(name)
        if classes is None:
            unknown.append(_unknown(foretold, parts, name, pointer))
            continue
        told = classes.get(type(value).__name__)
        if told is None:
            raise LostError
        entries += map(_entry, told["entries"])
        misfits = _misfits(foretold, parts, name, value) if told["keeps"] else []
        entries += misfits
        if told["ends"] or misfits:
            unsound.add(name)
        elif told["keeps"]:
            sent[name] = value
    if len(unknown) > foretold["most_unknown"]:
        raise LostError
    return sent, entries, unsound, unknown


def _entry(plain: tuple[tuple[int, ...], tuple[Any, ...]]) -> Entry:
    place, problem = plain
    return place, Told(*problem)


def _unknown(foretold: Any, parts: Mapping[str, Any], name: str, pointer: str) -> Entry:
    if foretold["unknown"] is None:
        raise LostError
    place, (rule, code, _, _, *rest) = foretold["unknown"]
    # As evaluation/shape.py has it.
    before, _, after = rule.rpartition("..")
    path = f"{pointer}/{name.replace('~', '~0').replace('/', '~1')}"
    ignored = " (ignored)" if foretold["ignores"] else ""
    message = f"{parts['say unknown'](path, foretold['fields'])}{ignored}"
    return place, Told(f"{before}.{name}.{after}", code, path, message, *rest)


def _misfits(foretold: Any, parts: Mapping[str, Any], name: str, value: Any) -> list[Entry]:
    """What is wrong with a value that is of the right class."""
    if type(value) is str:
        if not parts["is writable"](value):
            raise LostError
        if name in foretold["blank"] and not value.strip():
            return [*map(_entry, foretold["blank"][name] or ())]
    entries: list[Entry] = []
    for test in foretold["tests"][name] or ():
        # A null that is let through is judged no further.
        if value is not None and not _TESTS[test["kind"]](value, test["given"], parts):
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
