"""`variants` of a refused payload: the evaluator's own judgement, on what generated code has read."""

from __future__ import annotations

from typing import Any, cast

from rulewright import cel
from rulewright.evaluation.log import Site, Stage, is_within
from rulewright.evaluation.variants import judge_variants
from rulewright.hotpath.runtime.refusals import Entry
from rulewright.hotpath.runtime.state import State
from rulewright.problem import Because, Severity, VendorError


def tell_variants(s: State, unsound: set[str], entries: list[Entry]) -> None:
    """Keep the problem of a payload that fits no variant, or several; else of what its variant forbids."""
    judge_variants(cast(Any, _Choice(s, unsound, entries)))


class _Choice:
    """What `judge_variants` asks of a run, of what was sent, of the log and of the views."""

    is_create = True

    def __init__(self, s: State, unsound: set[str], entries: list[Entry]) -> None:
        self.resource = s.link.resource
        self.sent = self.log = self.record = self.scope = self
        self._p = s.p
        self._unsound = unsound
        self._entries = entries

    def is_given(self, name: str) -> bool:
        """Whether a field was sent. Raises cel.Unknown for an unsound one."""
        if name in self._unsound:
            raise cel.Unknown(f"{name} has a problem of its own")
        return getattr(self._p, name, None) is not None

    def mark_unsound(self, name: str) -> None:
        """Let no rule rely on a field any more."""
        self._unsound.add(name)

    def forget(self) -> None:
        """Nothing is kept here."""

    def has_error(self, path: str, stage: Stage) -> bool:
        """See Log.has_error."""
        return any(
            place[0] == stage and problem.path == path and problem.severity == "error"
            for place, problem in self._entries
        )

    def withdraw(self, path: str, stage: Stage) -> None:
        """See Log.withdraw."""
        self._entries[:] = [
            (place, problem)
            for place, problem in self._entries
            if place[0] != stage or not is_within(problem.path, path) or problem.severity != "error"
        ]

    def report(
        self,
        site: Site,
        code: str,
        message: str,
        *,
        severity: Severity = "error",
        because: Because | None = None,
        vendor: VendorError | None = None,
    ) -> None:
        """Keep a problem."""
        problem = site.problem(code, message, severity=severity, because=because, vendor=vendor)
        self._entries.append((site.place, problem))
