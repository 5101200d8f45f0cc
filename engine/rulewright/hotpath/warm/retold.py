"""Problems and refusals for a warm start: as Problem and Refusal, which take long to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Where a problem stands in the order of evaluation, and the problem.
Entry = tuple[tuple[int, ...], "Told"]


class _Unknown:
    """The type of NOT_READ."""


# In place of what a rule read, where that is not known here.
NOT_READ: Final = _Unknown()
MASK: Final = "***"


class Because:
    """As problem.Because."""

    def __init__(
        self, expression: str | None, values: Mapping[str, object], extra: Mapping[str, object] | None = None
    ) -> None:
        self.expression, self.values, self.extra = expression, values, extra or {}


class Vendor:
    """As problem.VendorError."""

    def __init__(self, code: str, title: str | None, status: int | None) -> None:
        self.code, self.title, self.status = code, title, status


class Told:
    """As problem.Problem. `because` is None where nothing was read, NOT_READ where nobody here knows what."""

    fix = None
    payload_at: str | None = None

    def __init__(
        self,
        rule: str,
        code: str,
        path: str,
        message: str,
        severity: str,
        rule_at: str | None,
        vendor: tuple[str, str | None, int | None] | None,
    ) -> None:
        self.rule, self.code, self.path, self.message = rule, code, path, message
        self.severity, self.rule_at = severity, rule_at
        self.vendor: Vendor | None = Vendor(*vendor) if vendor is not None else None
        self.because: Because | _Unknown | None = None


class Site:
    """As evaluation.log.Site; `rule_at` is its span as text."""

    def __init__(
        self, rule: str, path: str, rule_at: str | None, stage: int, order: tuple[int, ...] = ()
    ) -> None:
        self.rule, self.path, self.rule_at = rule, path, rule_at
        self.place = stage, *order

    def problem(
        self, code: str, message: str, *, severity: str, because: Because | None, vendor: Vendor | None
    ) -> Told:
        """See log.Site.problem."""
        told = Told(self.rule, code, self.path, message, severity, self.rule_at, None)
        told.because, told.vendor = because, vendor
        return told


class Template:
    """As formula.FormulaMap and the like; `reading` is what readings.py made of it."""

    def __init__(self, reading: Any, reads: Any, value: Callable[[Mapping[str, object]], object]) -> None:
        self.reading, self.reads, self.value = reading, reads, value


class Formula(Template):
    """As formula.Formula."""

    def __init__(self, reading: Any, reads: Any, value: Any, attempt: Any) -> None:
        super().__init__(reading, reads, value)
        self.attempt = attempt


class Refusal:
    """As refusals.Refusal."""

    def __init__(self, place: tuple[int, ...], problem: Told, formula: Any) -> None:
        self.place, self.problem, self.formula = place, problem, formula

    def told(self, because: object, reason: str = "") -> Entry:
        """See refusals.Refusal.told."""
        told = changed(self.problem, because=because)
        if reason:
            told.message = f"{told.message}: {reason}"
        return self.place, told


def read_now(read: Callable[..., object], given: tuple[object, ...]) -> object:
    """In place of problem.read_later: it is about to be shown."""
    return read(*given)


def changed(one: Any, **parts: object) -> Any:
    """In place of dataclasses.replace."""
    made = object.__new__(type(one))
    vars(made).update(vars(one), **parts)
    return made


def read(state: Any, formula: Any, names: object = None) -> Because | _Unknown:
    """In place of refusals.read_now."""
    return _read(state, formula, None, False)


def read_with_value(
    state: Any, formula: Any, field: object, stored: object, sensitive: bool
) -> Because | _Unknown:
    """In place of refusals.read_with_value."""
    return _read(state, formula, stored, sensitive)


def read_named(state: Any, formula: Any, label: str, value: object, sensitive: bool) -> Because | _Unknown:
    """In place of refusals.read_named."""
    found = _read(state, formula, None, False)
    if isinstance(found, Because) and isinstance(value, _SHOWN):
        return Because(None, {f"payload.{label}": MASK if sensitive else value, **found.values})
    return NOT_READ


def read_in_doubt(*_: object) -> _Unknown:
    """In place of reasons.because_of: what a rule read while it was in doubt is for the engine to tell."""
    return NOT_READ


def _read(state: Any, formula: Template, value: object, sensitive: bool) -> Because | _Unknown:
    if formula.reading is None:
        return NOT_READ
    text, steps = formula.reading
    values: dict[str, object] = {}
    for label, (kind, taken, path, hidden) in steps:
        try:
            found = _VALUES[kind](state, taken, value)
        except Exception as error:
            # What needs a store, and there is none, is shown as nothing.
            if not hasattr(error, "message"):
                raise
            found = None
        if path and kind == "call" and found is not None and not isinstance(found, dict):
            return NOT_READ
        for step in path:
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, _SHOWN) and found != [] and kind != "constant":
            return NOT_READ
        values[label] = MASK if (hidden or (kind == "value" and sensitive)) and found is not None else found
    return Because(text, values)


def _sent(state: Any, name: str, _: object) -> object:
    return getattr(state.p, name) if name in state.payload else None


def _today(state: Any, encode: Callable[[object], object], _: object) -> object:
    return encode(state.now.replace(hour=0, minute=0, second=0, microsecond=0))


# What is shown as it is stored.
_SHOWN: Final = (str, int, float, bool, type(None))
_VALUES: Final[Mapping[str, Callable[[Any, Any, object], Any]]] = {
    "constant": lambda _, value, __: value,
    "sent": _sent,
    "call": lambda state, function, _: function(state),
    "actor": lambda state, _, __: state.actor,
    "request": lambda state, _, __: vars(state.request),
    "now": lambda state, encode, _: encode(state.now),
    "today": _today,
    "value": lambda _, __, value: value,
}
