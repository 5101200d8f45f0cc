"""Effects that plug-ins made keywords for, written out as the effects that they stand for.

It happens before anything is checked, so what comes out is checked, compiled, explained and shown as if it
had been written. Texts of the rule file that a plug-in passes on keep their places.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

from rulewright.errors import in_words
from rulewright.plugins import EffectKind
from rulewright.plugins.verifying import BESIDE_EFFECTS, OWN_EFFECTS, effect_faults
from rulewright.problem import SourceProblem
from rulewright.reader.flaws import did_you_mean
from rulewright.source import Entry, ListNode, MapNode, Node, Scalar

Kinds = Mapping[str, EffectKind]
# One keyword stands for a few effects; a plug-in that never ends must not hold up the reading.
_MOST: Final = 100


class _Passed(str):
    """A text of the rule file on its way through a plug-in."""

    __slots__ = ("node",)
    node: Scalar


def expand_effects(root: MapNode, kinds: Kinds, problems: list[SourceProblem]) -> MapNode:
    """A resource's file with its effects written out, those of transitions too."""
    if not kinds:
        return root
    root = _with(root, "effects", _expanded(root.get("effects"), kinds, problems))
    workflow = root.get("workflow")
    if not isinstance(workflow, MapNode) or not isinstance(moves := workflow.get("transitions"), ListNode):
        return root
    moved = tuple(
        _with(move, "effects", _expanded(move.get("effects"), kinds, problems))
        if isinstance(move, MapNode)
        else move
        for move in moves.items
    )
    changed = _with(workflow, "transitions", ListNode(moved, moves.span, moves.origin))
    return _with(root, "workflow", changed)


def hint_at_kinds(root: MapNode, kinds: Kinds, flaws: Iterable[SourceProblem]) -> Iterator[SourceProblem]:
    """Where a keyword of an effect is none, the plug-ins' may have been meant as well as the language's."""
    keys = {entry.key.span: entry.key.text for effect in _effects(root) for entry in effect.entries}
    for flaw in flaws:
        name = keys.get(flaw.span) if flaw.code == "unknown-keyword" else None
        yield (
            flaw
            if name is None
            else replace(flaw, hint=did_you_mean(name, (*kinds, *OWN_EFFECTS)) or flaw.hint)
        )


def _effects(root: MapNode) -> Iterator[MapNode]:
    workflow = root.get("workflow")
    moves = workflow.get("transitions") if isinstance(workflow, MapNode) else None
    holders = (root, *(moves.items if isinstance(moves, ListNode) else ()))
    for holder in holders:
        effects = holder.get("effects") if isinstance(holder, MapNode) else None
        for effect in effects.items if isinstance(effects, ListNode) else ():
            if isinstance(effect, MapNode):
                yield effect


def _with(node: MapNode, key: str, value: Node | None) -> MapNode:
    """The map with another value for a key that it has."""
    if value is None:
        return node
    entries = (Entry(one.key, value) if one.key.text == key else one for one in node.entries)
    return MapNode(tuple(entries), node.span, node.origin)


def _expanded(effects: Node | None, kinds: Kinds, problems: list[SourceProblem]) -> Node | None:
    if not isinstance(effects, ListNode):
        return effects
    written: list[Node] = []
    for effect in effects.items:
        asked = [e for e in effect.entries if e.key.text in kinds] if isinstance(effect, MapNode) else []
        if isinstance(effect, MapNode) and asked:
            written += _written_out(effect, asked[0], kinds[asked[0].key.text], problems)
        else:
            written.append(effect)
    return ListNode(tuple(written), effects.span, effects.origin)


def _written_out(
    effect: MapNode, asked: Entry, kind: EffectKind, problems: list[SourceProblem]
) -> Iterator[MapNode]:
    for entry in effect.entries:
        if entry is not asked and entry.key.text not in BESIDE_EFFECTS:
            message = f"{entry.key.text} can't stand beside {kind.name}, which stands for whole effects"
            hint = did_you_mean(entry.key.text, BESIDE_EFFECTS) or f"{', '.join(BESIDE_EFFECTS)} can"
            problems.append(entry.key.problem("contradiction", message, hint=hint))
            return
    try:
        made = list(islice(kind.expand(_plain(asked.value)), _MOST + 1))
    except ValueError as error:
        problems.append(asked.value.problem("wrong-value", f"{kind.name}: {error}"))
        return
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        message = f"the plug-in of {kind.name} fails: {in_words(error)}"
        problems.append(asked.value.problem("wrong-value", message))
        return
    faults = [fault for one in made for fault in effect_faults(one)]
    if len(made) > _MOST:
        faults.append(f"expand gives more than {_MOST} effects")
    for fault in faults:
        problems.append(asked.key.problem("wrong-value", f"the plug-in of {kind.name}: {fault}"))
    for place, one in enumerate(made if not faults else ()):
        yield _effect(effect, asked.key, one, place)


def _effect(effect: MapNode, key: Scalar, made: Mapping[str, object], place: int) -> MapNode:
    """One effect: id, when and on of what was written, the rest of what the plug-in made."""
    entries: list[Entry] = []
    name = effect.entry("id")
    if name is not None and isinstance(name.value, Scalar):
        own = made.get("id", place + 1 if place else None)
        value: Node = name.value if own is None else _scalar(key, f"{name.value.text}_{own}")
        entries.append(Entry(name.key, value))
    outer, inner = effect.entry("when"), made.get("when")
    if outer is not None and isinstance(outer.value, Scalar) and inner is not None:
        entries.append(Entry(outer.key, _scalar(key, f"({outer.value.text}) && ({inner})")))
    elif outer is not None:
        entries.append(outer)
    elif inner is not None:
        entries.append(Entry(_scalar(key, "when"), _node(key, inner)))
    if (on := effect.entry("on")) is not None:
        entries.append(on)
    left = {name: value for name, value in made.items() if name not in ("id", "when")}
    entries += [
        Entry(_scalar(key, name), _node(key, value))
        for name, value in left.items()
        if name != "on" or on is None
    ]
    return MapNode(tuple(entries), effect.span, effect.origin)


def _plain(node: Node) -> object:
    if isinstance(node, MapNode):
        return {entry.key.text: _plain(entry.value) for entry in node.entries}
    if isinstance(node, ListNode):
        return [_plain(item) for item in node.items]
    if not isinstance(node.value, str):
        return node.value
    passed = _Passed(node.text)
    passed.node = node
    return passed


def _node(key: Scalar, value: object) -> Node:
    """What a plug-in made as nodes, at the place of its keyword."""
    if isinstance(value, _Passed):
        return value.node
    if isinstance(value, Mapping):
        entries = (Entry(_scalar(key, str(name)), _node(key, below)) for name, below in value.items())
        return MapNode(tuple(entries), key.span, key.origin)
    if isinstance(value, list | tuple):
        return ListNode(tuple(_node(key, item) for item in value), key.span, key.origin)
    return _scalar(key, value if isinstance(value, bool | int | float) or value is None else str(value))


def _scalar(key: Scalar, value: str | int | float | bool | None) -> Scalar:
    # An empty range: no character of the text stands in the file, so all of it stands at the keyword.
    return Scalar(value, str(value), "double", key.span, key.origin, key.start, key.start)
