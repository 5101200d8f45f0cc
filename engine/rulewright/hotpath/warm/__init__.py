"""Deciding a create with what was kept of a generated program: accepted, refused, or not surely either."""

from __future__ import annotations

import marshal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rulewright.hotpath.warm.retold import MASK, NOT_READ, Told
from rulewright.hotpath.warm.sent import read_sent
from rulewright.hotpath.warm.thawed import Data, LostError, thaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime


class WarmProgram:
    """One resource's kept program. Whatever goes wrong with it is no answer: the whole command has it."""

    def __init__(self, data: bytes, *, because: bool = False, whole: bool = False) -> None:
        """Take what `kept.keep` made.

        `because`: of problems what their rules read is to be known; `whole`: all parts of outcomes are.
        """
        self._kept: Any = marshal.loads(data)  # noqa: S302 - sealed: private_cache says by whom it was written
        self._whole: Any = marshal.loads(self._kept["whole"]) if whole else None  # noqa: S302 - as above
        self._because = because or whole
        # The texts and numbers that were masked.
        self._secrets: set[str] = set()

    @cached_property
    def _parts(self) -> Mapping[str, Any]:
        return thaw((self._whole or self._kept)["frozen"])

    @cached_property
    def _refusing(self) -> tuple[Any, Mapping[str, Any]]:
        kept: Any = marshal.loads(self._kept["refusing"])  # noqa: S302 - sealed as the whole is
        return kept, thaw(kept["frozen"])

    @property
    def tables(self) -> Any:
        """What the stores' tables are made of."""
        return self._kept["tables"]

    def missing_parts(self, actor: Mapping[str, object] | None) -> Sequence[str]:
        """As evaluation/callers.py has it: the declared parts that this caller lacks."""
        return () if actor is None else [name for name in self._kept["declared"] if actor.get(name) is None]

    def decide(
        self,
        resource: str,
        payload: Any,
        records: Any,
        actor: Any,
        now: datetime,
        seed: int,
        path: Mapping[str, object] | None = None,
        *,
        tells_changes: bool = True,
    ) -> Decided:
        """What is decided about a create, fit to be shown. Whatever it raises: that is not sure.

        Parameters as in `Program.evaluate`; `path` is the request's. `tells_changes`: they are wanted.
        """
        self._secrets = set()
        kept = self._kept
        decided = Decided(resource)
        if actor is None and kept["nobody"] is not None:
            self._refuse_nobody(decided, payload, now)
            return decided
        request = Data()
        vars(request).update(path=path or {}, query={}, headers={})
        given = records, actor, request, now, seed
        sent = read_sent(kept["shape"], payload)
        try:
            run = self._parts["accept"](sent, payload, *given) if sent is not None else None
        except Exception:  # whatever it was, it is met again, and told or left to the whole command
            run = None
        if run is not None:
            self._accept(decided, run)
        else:
            run = self._refuse(decided, payload, given)
        if tells_changes and decided.verdict == "accepted":
            decided.changes = tuple(self._shown(resource, run))
        if self._whole is not None:
            self._masked(resource, payload)
            self._tell_rest(decided, run.reads, now)
        return decided

    def _refuse_nobody(self, decided: Decided, payload: Any, now: datetime) -> None:
        """Say that nobody is named as the caller, and nothing else."""
        decided.problems, decided.verdict = [Told(*self._kept["nobody"])], "rejected"
        if self._whole is not None:
            self._refuse_whole(decided)
            self._masked(decided.resource, payload)
            self._tell_rest(decided, (), now)

    def _accept(self, decided: Decided, run: Any, respond: Callable[[Any], object] | None = None) -> None:
        """Fill in what is told; `respond` shapes the response where that was not tried."""
        decided.verdict = "accepted"
        if self._whole is not None:
            decided.record = self._masked(decided.resource, run.record)
            if self._whole["status"] is not None:
                if respond is None and run.body is self._parts["unshaped"]:
                    respond = self._parts["respond"]
                body = respond(run) if respond is not None else run.body
                decided.response = Response(self._whole["status"], body)

    def _refuse(self, decided: Decided, payload: Any, given: tuple[Any, ...]) -> Any:
        """Fill in the problems; the state that they were found in. Raises LostError."""
        if self._kept["refusing"] is None:
            raise LostError
        from rulewright.hotpath.warm.retelling import tell, verdict_of  # noqa: PLC0415 - for what is not accepted

        kept, parts = self._refusing
        decided.problems, run = tell(kept, parts, payload, given)
        if self._because and any(problem.because is NOT_READ for problem in decided.problems):
            raise LostError
        decided.verdict = verdict_of(decided.problems)
        if decided.verdict == "accepted":
            self._accept(decided, run, parts["respond"])
        elif self._whole is not None:
            self._refuse_whole(decided)
        return run

    def _refuse_whole(self, decided: Decided) -> None:
        from rulewright.dialects import DIALECTS, refusal_in  # noqa: PLC0415 - for whole outcomes only

        whole = self._whole
        if not whole["speaks_http"]:
            return
        if whole["dialect"] is None:
            raise LostError
        api = None
        if whole["statuses"] is not None:
            api, errors = Data(), Data()
            vars(api)["errors"] = errors
            vars(errors)["status"] = whole["statuses"]
        written = refusal_in(DIALECTS[whole["dialect"]], api, decided.problems)
        decided.response = Response(*written) if written is not None else None

    def _tell_rest(self, decided: Decided, reads: Iterable[Any], now: datetime) -> None:
        """What all outcomes have."""
        if decided.response is not None:
            without, body = self._parts["without"], decided.response.body
            if decided.verdict == "accepted":
                body = self._parts["mask_held"](self._whole["held"], body)
            decided.response.body = without(self._parts["longest_first"](self._secrets), body)
        decided.reads = tuple(self._reads(reads))
        decided.ruleset = self._whole["digest"]
        decided.as_of = self._parts["clock"](now)

    def _reads(self, reads: Iterable[Any]) -> Iterator[Read]:
        """As evaluation/lookups.py notes them."""
        told: set[tuple[str, str]] = set()
        for name, resource, by, found in reads:
            fields = self._parts["secret"].get(resource)
            shown = self._parts["mask"](fields, by) if fields is not None else by
            if (name, repr(shown)) not in told:
                told.add((name, repr(shown)))
                yield Read(name, resource, shown, found)

    def _shown(self, resource: str, run: Any) -> Iterator[Change]:
        """As accepting.py makes changes, and as evaluation/outcome_masking.py shows them."""
        written = {name: value for name, value in run.record.items() if value is not None}
        own = [("create", resource, run.key, written, None, f"{resource}.record")] if written else []
        for op, name, key, values, before, rule, *_ in (*own, *run.changes):
            shown = MASK if name in self._kept["hidden_keys"] else key
            yield Change(op, name, shown, self._masked(name, values), self._masked(name, before), rule)

    def _masked(self, resource: str, values: Any) -> Any:
        fields = self._parts["secret"].get(resource)
        if fields is None or values is None:
            return values
        masked = self._parts["mask"](fields, values)
        if self._whole is not None:
            self._secrets.update(self._parts["hidden"](values, masked))
        return masked


class Change:
    """As outcome.Change, whose making takes the import of dataclasses."""

    def __init__(self, op: str, resource: str, key: object, values: Any, before: Any, rule: str) -> None:
        self.op, self.resource, self.key, self.set, self.before = op, resource, key, values, before
        self.rule = rule


class Read:
    """As outcome.Read."""

    def __init__(self, lookup: str, resource: str, by: Mapping[str, object], found: int) -> None:
        self.lookup, self.resource, self.by, self.found = lookup, resource, by, found


class Response:
    """As outcome.Response."""

    def __init__(self, status: int, body: object) -> None:
        self.status, self.body = status, body


class Decided:
    """As outcome.Outcome, of which only verdict, problems and changes are filled in where lines are told."""

    version = 1
    operation = "create"
    replayed = False
    messages: Sequence[Any] = ()
    verdict = ""
    problems: Sequence[Told] = ()
    record: Mapping[str, object] | None = None
    changes: Sequence[Change] = ()
    reads: Sequence[Read] = ()
    ruleset = ""
    as_of = ""
    response: Response | None = None

    def __init__(self, resource: str) -> None:
        self.resource = resource


class Entry:
    """As report.entry.Entry."""

    planned = None

    def __init__(self, outcome: Decided, at: str, *, alone: bool) -> None:
        self.outcome, self.at, self.alone = outcome, at, alone
