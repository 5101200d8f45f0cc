"""Deciding a create with what was kept of a generated program: accepted, refused, or not surely either."""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING, Any

from rulewright.hotpath.sent import read_sent
from rulewright.hotpath.thawed import Data, thaw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from rulewright.hotpath.retold import Told

_MASK = "***"


class WarmProgram:
    """One resource's kept program. Whatever goes wrong with it is no answer: the whole command has it."""

    def __init__(self, data: bytes) -> None:
        """Take what `kept.keep` made."""
        self._kept: Any = marshal.loads(data)  # noqa: S302 - sealed: private_cache says by whom it was written
        self._thawed: Mapping[str, Any] | None = None

    @property
    def _parts(self) -> Mapping[str, Any]:
        if self._thawed is None:
            self._thawed = thaw(self._kept["frozen"])
        return self._thawed

    @property
    def tables(self) -> Any:
        """What the stores' tables are made of."""
        return self._kept["tables"]

    def decide(
        self, resource: str, payload: Any, records: Any, actor: Any, now: datetime, seed: int
    ) -> Decided | None:
        """What is decided about a create, fit to be shown in lines; None where that is not sure.

        Parameters as in `Program.evaluate`.
        """
        kept = self._kept
        if actor is not None and any(actor.get(name) is None for name in kept["declared"]):
            return None
        if self._may_be_taken(resource, payload, records):
            return None
        request = Data()
        vars(request).update(path={}, query={}, headers={})
        given = records, actor, request, now, seed
        sent = read_sent(kept["shape"], payload)
        try:
            run = self._parts["accept"](sent, payload, *given) if sent is not None else None
        except Exception:  # whatever it was, it is met again, and told or left to the whole command
            run = None
        if run is not None:
            return Decided("accepted", changes=tuple(self._shown(resource, run)))
        return self._refuse(payload, given)

    def _refuse(self, payload: Any, given: tuple[Any, ...]) -> Decided | None:
        if self._kept["refusing"] is None:
            return None
        from rulewright.hotpath.retelling import tell  # noqa: PLC0415 - what is accepted needs none of it

        kept = marshal.loads(self._kept["refusing"])  # noqa: S302 - sealed as the whole is
        return Decided("rejected", problems=tuple(tell(kept, thaw(kept["frozen"]), payload, given)))

    def _may_be_taken(self, resource: str, payload: Mapping[str, object], records: Any) -> bool:
        """As in deciding.py: a key of the caller's may be there already."""
        if self._kept["makes_key"] or records is None:
            return False
        name = self._kept["key"]
        key = payload.get(name)
        return not isinstance(key, str | int) or bool(records.find(resource, {name: key}, 1))

    def _shown(self, resource: str, run: Any) -> Iterator[Change]:
        """As accepting.py makes changes, and as evaluation/outcome_masking.py shows them."""
        written = {name: value for name, value in run.record.items() if value is not None}
        own = [("create", resource, run.key, written, None)] if written else []
        for op, name, key, values, before, *_ in (*own, *run.changes):
            shown = _MASK if name in self._kept["hidden_keys"] else key
            yield Change(op, name, shown, self._masked(name, values), self._masked(name, before))

    def _masked(self, resource: str, values: Any) -> Any:
        fields = self._parts["secret"].get(resource)
        return values if fields is None or values is None else self._parts["mask"](fields, values)


class Change:
    """As outcome.Change, whose making takes the import of dataclasses."""

    def __init__(self, op: str, resource: str, key: object, values: Any, before: Any) -> None:
        self.op, self.resource, self.key, self.set, self.before = op, resource, key, values, before


class Decided:
    """What an outcome holds that reports in lines show."""

    replayed = False
    messages = ()

    def __init__(
        self, verdict: str, *, problems: tuple[Told, ...] = (), changes: tuple[Change, ...] = ()
    ) -> None:
        self.verdict, self.problems, self.changes = verdict, problems, changes
