"""The shape of a file against its Shape: problems with places, and the nodes that are sound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rulewright.problem import SourceProblem
from rulewright.reader.flaws import Flaw, Flaws
from rulewright.reader.shapes import Shape
from rulewright.source import Entry, ListNode, MapNode, Node, Scalar, to_plain

_Path = tuple[str | int, ...]


def sound_part(shape: type[Shape], node: MapNode) -> tuple[MapNode | None, tuple[SourceProblem, ...]]:
    """What is left of `node` without the parts that do not fit `shape`, and the problems of those.

    Leaving a part out may leave its parent incomplete, so this goes round until all fits; what later
    rounds find follows from the first and isn't reported. None: too little is left.
    """
    problems: tuple[SourceProblem, ...] | None = None
    sound: Node | None = node
    while isinstance(sound, MapNode):
        flaws = tuple(_placed(shape.flaws_in(_keyed(sound)), ()))
        if problems is None:
            meant = _meant(flaws)
            problems = tuple(
                _problem(node, path, flaw)
                for path, flaw in flaws
                if flaw.code != "missing-keyword" or path not in meant
            )
        unsound = {_unsound(path, flaw) for path, flaw in flaws if not _is_spared(shape, path, flaw)}
        if not unsound:
            return sound, problems
        left = _without(sound, unsound)
        # A flaw of a part that is not there could be told for ever.
        sound = None if left == sound else left
    return None, problems or ()


def _keyed(node: MapNode) -> Mapping[str, object]:
    return {entry.key.text: to_plain(entry.value) for entry in node.entries}


def _placed(flaws: Flaws, path: _Path) -> Iterator[tuple[_Path, Flaw]]:
    """Nested flaws, each with its path."""
    if isinstance(flaws, Mapping):
        for key, below in flaws.items():
            yield from _placed(below, (*path, key))
    else:
        for flaw in flaws:
            yield path, flaw


def _meant(flaws: Iterable[tuple[_Path, Flaw]]) -> frozenset[_Path]:
    """The keywords that unknown ones seem to be: where one is said to be meant, it is not missing, too."""
    return frozenset(
        (*path[:-1], flaw.hint.removeprefix("did you mean ").removesuffix("?"))
        for path, flaw in flaws
        if flaw.code == "unknown-keyword" and flaw.hint is not None
    )


def _problem(root: Node, path: _Path, flaw: Flaw) -> SourceProblem:
    """The flaw at its key, its value, or, where something is missing, at what lacks it."""
    node: Node = root
    key: Scalar | None = None
    before: Node | None = None
    for step in path:
        entry = _step(node, step)
        if entry is None:
            break
        before, (key, node) = node, entry
    if flaw.code == "unknown-keyword" and key is not None and _is_cut_by_comma(before, key):
        quoted = "put the whole expression in single quotes"
        return key.problem("cut-by-comma", "inside { } and [ ] a comma cuts an unquoted text", hint=quoted)
    hint = flaw.hint
    if flaw.code == "unknown-keyword" and key is not None:
        hint = hint or _of_an_object(before, key, node)
    place: Node = key if key is not None and (flaw.at_key or flaw.code == "missing-keyword") else node
    return place.problem(flaw.code, flaw.message, hint=hint)


def _is_cut_by_comma(parent: Node | None, key: Scalar) -> bool:
    """Does the value before `key` have a bracket that is still open, and what follows close it?"""
    if not isinstance(parent, MapNode):
        return False
    index = parent.keys().index(key.text)
    rest = [key.text, *(entry.key.text for entry in parent.entries[index:] if _is_bare(entry))]
    if not any(closing in text for text in rest for closing in ")]}"):
        return False
    while index > 0 and _is_bare(parent.entries[index - 1]):
        index -= 1
    value = parent.entries[index - 1].value if index else None
    if not isinstance(value, Scalar) or value.style != "plain":
        return False
    return any(
        value.text.count(opening) > value.text.count(closing) for opening, closing in ("()", "[]", "{}")
    )


def _is_bare(entry: Entry) -> bool:
    """A key without a colon and a value, as commas within an expression leave it."""
    return isinstance(entry.value, Scalar) and not entry.value.text and entry.value.style == "plain"


def _of_an_object(field: Node | None, key: Scalar, value: Node) -> str | None:
    """The hint for a part of an object that stands among the object's own keywords."""
    if not isinstance(field, MapNode) or not isinstance(value, MapNode) or value.get("type") is None:
        return None
    return f"the parts of an object stand under fields: fields: {{{key.text}: ...}}"


def _step(node: Node, step: str | int) -> tuple[Scalar | None, Node] | None:
    if isinstance(node, MapNode):
        entry = node.entry(str(step))
        return None if entry is None else (entry.key, entry.value)
    if isinstance(node, ListNode) and isinstance(step, int) and step < len(node.items):
        return None, node.items[step]
    return None


def _is_spared(shape: type[Shape], path: _Path, flaw: Flaw) -> bool:
    return flaw.code == "missing-keyword" and path in {(keyword,) for keyword in shape.spared}


def _unsound(path: _Path, flaw: Flaw) -> _Path:
    """What must go: the part itself, or the whole that lacks a keyword."""
    return path[:-1] if flaw.code == "missing-keyword" else path


def _without(node: Node, unsound: set[_Path], path: _Path = ()) -> Node | None:
    if path in unsound:
        return None
    if isinstance(node, MapNode):
        kept = (
            (entry.key, _without(entry.value, unsound, (*path, entry.key.text))) for entry in node.entries
        )
        return MapNode(
            tuple(Entry(key, value) for key, value in kept if value is not None), node.span, node.origin
        )
    if isinstance(node, ListNode):
        below = (_without(item, unsound, (*path, index)) for index, item in enumerate(node.items))
        return ListNode(tuple(item for item in below if item is not None), node.span, node.origin)
    return node
