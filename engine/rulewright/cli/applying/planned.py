"""What `plan --format json` printed, read again, and whether a decision made now still agrees with it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, cast

from msgspec import Struct

from rulewright.compiled import CompiledRules
from rulewright.errors import PayloadError
from rulewright.evaluation.overlay import same
from rulewright.inputs import Broken, find_sources, read_items
from rulewright.outcome import Outcome
from rulewright.report.outcomes import outcome_json
from rulewright.report.text import dump_json, show_value

# What must be the same, and what of each problem: messages and positions may change freely.
_COMPARED: Final = ("verdict", "problems", "record", "changes", "messages")
_OF_PROBLEM: Final = ("rule", "code", "severity", "path")
_NEEDED: Final = ("resource", "operation", "verdict", "ruleset", "as_of", "changes", "payload")

# Generated values: as planned -> as they came out now.
_Renumbered = Sequence[tuple[object, object]]


class Planned(Struct, frozen=True):
    """One outcome of a plan, and which payload it was about."""

    outcome: Mapping[str, object]
    payload_at: str
    digest: str
    # Of an update: what --key said, where a plan may hold that.
    key: str | None = None
    # What --param said: the parameters of the path.
    path: Mapping[str, object] = {}

    def text(self, name: str) -> str:
        """A member that is a text."""
        return str(self.outcome[name])


def read_plan(file: str) -> list[Planned]:
    """Read a plan, JSON or JSONL. Raises PayloadError for what is none."""
    found = [_planned(item) for source in find_sources([file]) for item in _values(read_items(source))]
    for one in found:
        for name in ("resource", "operation", "ruleset"):
            if one.outcome[name] != found[0].outcome[name]:
                raise PayloadError(f"the plan mixes several {name}s", file)
    if not found:
        raise PayloadError("the plan is empty", file)
    return found


def digest_of(plan: Sequence[Planned]) -> str:
    """By what a store knows again that a plan was carried out: the sha256 of all that it says."""
    told = json.dumps([one.outcome for one in plan], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()


def difference(planned: Planned, outcome: Outcome, masked: Outcome, rules: CompiledRules) -> str | None:
    """The first difference between what was planned and what was decided now, in words.

    `masked` is `outcome` as a report shows it, for that is what a plan holds. Generated values may
    differ: they are numbered when they are stored.
    """
    now = cast(Mapping[str, object], json.loads(dump_json(outcome_json(masked))))
    renumbered = list(_renumbered(planned.outcome, outcome, rules))
    for name in _COMPARED:
        before, after = _comparable(name, planned.outcome), _comparable(name, now)
        if name == "verdict" and before != after:
            # The difference that all others come from.
            return f"this was {before} when planned and is {after} now{_reason(masked)}"
        for path, was, has in _differences(before, after, f"/{name}", renumbered):
            return f"{path} was {show_value(was)} when planned and is {show_value(has)} now"
    return None


def _reason(outcome: Outcome) -> str:
    found = next(
        (one for one in outcome.problems if one.severity == "error" or one.code == "undecided"), None
    )
    return "" if found is None else f": {found.message} ({found.code}{found.path and f' at {found.path}'})"


def _values(items: Iterable[object]) -> Iterator[tuple[object, str]]:
    for item in items:
        if isinstance(item, Broken):
            raise PayloadError(item.message, item.at)
        yield getattr(item, "value", None), str(getattr(item, "at", ""))


def _planned(read: tuple[object, str]) -> Planned:
    value, at = read
    payload = value.get("payload") if isinstance(value, Mapping) else None
    if (
        not isinstance(value, Mapping)
        or not isinstance(payload, Mapping)
        or not isinstance(value.get("changes"), list)
        or any(name not in value for name in _NEEDED)
    ):
        raise PayloadError("this is no plan; `rulewright plan --format json` prints one", at)
    key, path = payload.get("key"), payload.get("path")
    return Planned(
        value,
        str(payload.get("at")),
        str(payload.get("sha256")),
        key if isinstance(key, str) else None,
        path if isinstance(path, Mapping) else {},
    )


def _comparable(name: str, outcome: Mapping[str, object]) -> object:
    part = outcome.get(name)
    if not isinstance(part, list):
        return part
    kept = [dict(each) for each in part if isinstance(each, Mapping)]
    if name == "problems":
        return [{key: each.get(key) for key in _OF_PROBLEM} for each in kept]
    for each in kept:
        # A delivery's own random key.
        each.pop("idempotency_key", None)
    return kept


def _renumbered(
    planned: Mapping[str, object], outcome: Outcome, rules: CompiledRules
) -> Iterator[tuple[object, object]]:
    changes = cast(Sequence[Mapping[str, object]], planned["changes"])
    for before, now in zip(changes, outcome.changes, strict=False):
        values = before.get("set")
        if now.op != "create" or not isinstance(values, Mapping):
            continue
        for name, field in rules.resources[now.resource].fields.items():
            if field.rule.generate is not None and values.get(name) != now.set.get(name):
                yield values.get(name), now.set.get(name)


def _differences(
    before: object, now: object, path: str, renumbered: _Renumbered
) -> Iterator[tuple[str, object, object]]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for name in dict.fromkeys((*before, *now)):
            yield from _differences(before.get(name), now.get(name), f"{path}/{name}", renumbered)
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, (one, other) in enumerate(zip(before, now, strict=True)):
            yield from _differences(one, other, f"{path}/{number}", renumbered)
    elif not same(before, now) and not _is_renumbered(before, now, renumbered):
        yield path, before, now


def _is_renumbered(before: object, now: object, renumbered: _Renumbered) -> bool:
    """Whether a value is, or a text like an URL holds, a generated one."""
    if any(same(before, planned) and same(now, made) for planned, made in renumbered):
        return True
    if not isinstance(before, str) or not isinstance(now, str):
        return False
    for planned, made in renumbered:
        before = before.replace(str(planned), str(made))
    return before == now
