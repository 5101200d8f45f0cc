"""Expressions where something that was sent has a problem: what rests on it is unknown, the rest is not.

Of the rules of a refused payload most rest on nothing unsound, and generated lines judge them. The others are
evaluated here as compiled CEL, with names that raise cel.Unknown as the plain evaluator's do.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import cast

from rulewright import cel
from rulewright.compiled import CompiledField
from rulewright.evaluation.fitting import fit
from rulewright.evaluation.overlay import NoStoreError
from rulewright.evaluation.reasons import because_of
from rulewright.evaluation.records import computes, is_state
from rulewright.evaluation.stored_form import encode_value
from rulewright.evaluation.views import Layer, LazyRecord
from rulewright.formula import OWN_ROOTS, Formula, Valued
from rulewright.hotpath.runtime.refusals import Entry, Refusal, undecided, withdraw
from rulewright.hotpath.runtime.state import UNREAD, Decline, Missing, Names, State, decoded, payload_view
from rulewright.hotpath.runtime.values import truth


class Doubt(Names):
    """The names of expressions while the fields `unsound` can't be relied on."""

    __slots__ = ("unsound",)

    def __init__(self, state: State, unsound: AbstractSet[str]) -> None:
        super().__init__(state)
        self.unsound = unsound

    def __missing__(self, name: str) -> object:
        if name == "payload":
            view = payload_view(self.state)
            view.unsound.update(self.unsound)
            return self.setdefault(name, view)
        if name == "record":
            fields = self.state.link.resource.fields
            return self.setdefault(name, LazyRecord(fields.keys(), self._pull))
        link = self.state.link
        try:
            if name in link.lookups or name in link.bindings:
                self._require_sound(name)
            return super().__missing__(name)
        except Missing:
            raise cel.Unknown(f"{name} rests on a record that does not exist") from None

    def _require_sound(self, name: str) -> None:
        """Raise cel.Unknown where a name surely has no value, Decline where nobody knows here."""
        link = self.state.link
        fields, strict = link.rests[name]
        if fields.isdisjoint(self.unsound):
            return
        if strict:
            raise cel.Unknown(f"{name} rests on something that has a problem of its own")
        if name not in link.lookups:
            raise Decline
        # Its key may have a value all the same, which is then the one that generated code works out.
        lookup = link.resource.lookups[name]
        for path in lookup.by.reads:
            if len(path) > 1 and path[0] in OWN_ROOTS and path[1] in link.references:
                self._find_named(link.resource.fields[path[1]])
        _attempt(lookup.by, self)

    def _find_named(self, field: CompiledField) -> None:
        """Find the record that a field names: it has to be there before what is looked up by it."""
        if field.reference is None or field.name in self.unsound:
            return
        if cast("Mapping[str, object]", self["record"])[field.name] is not None:
            _attempt(field.reference.where, self)
            self.state.link.references[field.name](self.state)

    def _pull(self, name: str) -> object:
        """A field of the record."""
        link = self.state.link
        if name in self.unsound:
            raise cel.Unknown(f"{name} has a problem of its own")
        field = link.resource.fields[name]
        if not self._was_sent(field) and not link.rests[f"record.{name}"][0].isdisjoint(self.unsound):
            return self._work_out(field)
        try:
            return decoded(field, link.fields[name](self.state))
        except Missing:
            raise cel.Unknown(f"{name} rests on a record that does not exist") from None

    def _was_sent(self, field: CompiledField) -> bool:
        """Whether what was sent, or is stored, is the value, so that no other is worked out."""
        link = self.state.link
        is_computed, has_state = computes(field, link.operation), is_state(link.resource, field)
        if link.operation == "update":
            return has_state or not is_computed
        return not (is_computed or has_state) and field.name in self.state.payload

    def _work_out(self, field: CompiledField) -> object:
        link = self.state.link
        resource, workflow = link.resource, link.resource.workflow
        if workflow is not None and is_state(resource, field):
            state = self._value(workflow.initial_from)
            if state not in workflow.states:
                raise Decline
            return state
        is_computed = computes(field, link.operation)
        return fit(field, self._value(field.compute if is_computed else field.default_from))

    def _value(self, formula: Valued | None) -> object:
        if formula is None:
            raise Decline
        return _attempt(formula, self)


def _attempt(formula: Valued, names: Mapping[str, object]) -> object:
    """The value, or an error that nobody is told of."""
    return formula.attempt(names) if isinstance(formula, Formula) else formula.value(names)


def tell_in_doubt(
    s: State,
    unsound: AbstractSet[str],
    entries: list[Entry],
    refusal: Refusal,
    told: bool,
    field: CompiledField | None = None,
    stored: object = None,
    sensitive: bool = False,
) -> bool:
    """Judge a condition, and keep its problem where it surely gives `told`, or can't be decided without a
    store; gives whether something was told.

    `stored` is the value of a `field` that the condition is a check of.
    """
    names: Mapping[str, object] = Doubt(s, unsound)
    if field is not None:
        names = Layer({"value": decoded(field, stored)}, names, sensitive=sensitive)
    try:
        held = truth(_attempt(refusal.formula, names))
    except cel.Unknown:
        return False
    except NoStoreError as error:
        _note(s, entries, undecided(refusal), names, error.message)
        return True
    if held is told:
        if refusal.problem.code == "forbidden":
            withdraw(entries, refusal.problem.path)
        _note(s, entries, refusal, names)
    return held is told


def value_in_doubt(
    s: State,
    unsound: AbstractSet[str],
    field: CompiledField,
    entries: list[Entry] | None = None,
    refusal: Refusal | None = None,
) -> object:
    """A field of the record in stored form; UNREAD where it rests on something unsound.

    With a `refusal`, also where it needs a store and there is none: that is told.
    """
    names = Doubt(s, unsound)
    try:
        return encode_value(field, names._pull(field.name))
    except cel.Unknown:
        return UNREAD
    except NoStoreError as error:
        if entries is None or refusal is None:
            raise
        _note(s, entries, refusal, names, error.message)
        return UNREAD


def note_in_doubt(s: State, unsound: AbstractSet[str], entries: list[Entry], refusal: Refusal) -> None:
    """Keep a problem with those of the values its rule read that can be relied on."""
    _note(s, entries, refusal, Doubt(s, unsound))


def _note(
    s: State, entries: list[Entry], refusal: Refusal, names: Mapping[str, object], reason: str = ""
) -> None:
    link = s.link
    entries.append(refusal.told(because_of(link.resource, link.rules, refusal.formula, names), reason))
