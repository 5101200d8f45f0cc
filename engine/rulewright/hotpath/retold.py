"""Problems and refusals for a warm start: as Problem and Refusal, which take long to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# Where a problem stands in the order of evaluation, and the problem.
Entry = tuple[tuple[int, ...], "Told"]


class _Unknown:
    """The type of NOT_READ."""


# In place of what a rule read, which is not worked out here.
NOT_READ: Final = _Unknown()


class Told:
    """As problem.Problem. `because` is None where the rule read nothing, else NOT_READ."""

    __slots__ = ("because", "code", "message", "path", "payload_at", "rule", "rule_at", "severity")

    def __init__(
        self, rule: str, code: str, path: str, message: str, severity: str, rule_at: str | None
    ) -> None:
        self.rule, self.code, self.path, self.message = rule, code, path, message
        self.severity, self.rule_at = severity, rule_at
        self.because: object = None
        self.payload_at: str | None = None


class Refusal:
    """As refusals.Refusal."""

    # What the rule reads is left out with what works it out.
    formula = None

    def __init__(self, place: tuple[int, ...], problem: Told) -> None:
        self.place, self.problem = place, problem

    def told(self, because: object) -> Entry:
        """See refusals.Refusal.told."""
        return self.place, changed(self.problem, because=because)

    def waiting(self, because: Callable[[], object]) -> Entry:
        """See refusals.Refusal.waiting."""
        return self.told(because())


def changed(one: Any, **parts: object) -> Any:
    """In place of dataclasses.replace."""
    if isinstance(one, Refusal):
        return Refusal(one.place, parts.get("problem", one.problem))  # type: ignore[arg-type]
    made = Told(one.rule, one.code, one.path, one.message, one.severity, one.rule_at)
    for name, value in parts.items():
        setattr(made, name, value)
    return made


def leave_unread(*_: object, **__: object) -> object:
    """In place of what says what a rule read."""
    return NOT_READ
