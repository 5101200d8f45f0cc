"""A refused payload as an Outcome: the shape's problems by marshmallow's own fields, the rest by `collect`.

Only what fails is handed to marshmallow. Gives None where the plain evaluator might tell otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Any, Final, cast

import msgspec
from marshmallow import ValidationError

from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation import Inputs
from rulewright.evaluation.decision import verdict_of
from rulewright.fieldtypes import is_writable
from rulewright.hotpath.accepting import RefusedParts, accepted, claim_of
from rulewright.hotpath.intake import is_map
from rulewright.hotpath.runtime.refusals import Entry
from rulewright.hotpath.runtime.state import UNREAD, Decline, State
from rulewright.hotpath.sifting import Sifted, Sifter
from rulewright.hotpath.writing.build import Generated
from rulewright.outcome import Outcome, OutcomeDraft, Verdict
from rulewright.ports import Records, StoredRecord
from rulewright.problem import Problem

_PLACE: Final = re.compile(r"at `\$\.([A-Za-z_][A-Za-z0-9_]*)")
_MOST: Final = 20
_place: Final = itemgetter(0)
_problem: Final = itemgetter(1)


class Teller:
    """Tells the problems of one resource's payloads; shared by all of them."""

    def __init__(
        self, rules: CompiledRules, resource: CompiledResource, operation: str, generated: Generated
    ) -> None:
        self.rules = rules
        self.resource = resource
        self.generated = generated
        self.sifter = Sifter(resource, operation, generated.rested)
        self.tells = generated.collect is not None
        # Whether the last payload was not surely accepted.
        self.has_refused = False
        # Objects with parts that only the system sets, which are left out, with a word, before all else.
        self.guarded = [
            (name, parts) for name, one in self.sifter.sendable.items() if (parts := _readonly(one))
        ]
        # What the Struct can't judge alone.
        self.read = frozenset(name for name, one in self.sifter.sendable.items() if _is_read(one))
        # Of a map an update takes away what is null, before its values are judged.
        self.patched = [name for name, one in self.sifter.sendable.items() if _holds_map(one)]

    def tell(
        self,
        inputs: Inputs,
        records: Records | None,
        stored: StoredRecord | None = None,
        *,
        at_sight: bool = False,
    ) -> Outcome | None:
        """The outcome, or None. `stored` is the record that an update is of.

        `at_sight`: only where names and classes show that the payload is unsound.
        """
        payload: Any = inputs.payload
        if not self.tells or payload.__class__ is not dict:
            return None
        if self.guarded and any(_may_hold(payload.get(name), parts) for name, parts in self.guarded):
            return None
        if stored is not None and any(_holds_null(payload.get(name)) for name in self.patched):
            return None
        try:
            sight = self.sifter.see(payload)
            sifted = self.sifter.sift(payload, sight)
            if at_sight and not (sight.dropped or sifted[1]):
                return None
            return self._tell(sifted, inputs, records, stored)
        except Exception:  # the plain evaluator meets it again, and tells it
            return None

    def _tell(
        self,
        sifted: Sifted,
        inputs: Inputs,
        records: Records | None,
        stored: StoredRecord | None,
    ) -> Outcome | None:
        generated = self.generated
        sent, entries, unsound = sifted
        try:
            p = msgspec.convert(sent, generated.loose)
        except msgspec.ValidationError as error:
            p = self._shape(sifted, error)
        # A tuple of what is the same for both would have to be made, and taken apart.
        actor, request, now, seed = inputs.actor, inputs.request, inputs.now, inputs.seed
        if stored is None:
            run = generated.open(p, sent, records, actor, request, now, seed)
        else:
            run = generated.open(p, sent, records, actor, request, now, seed, stored)
        if generated.keep is not None:
            generated.keep(run)
        try:
            generated.shape(run)
        except Decline:
            self._judge_again(run, sifted)
        if generated.merge is not None:
            generated.merge(run)
            self._mark(run, cast("dict[str, Any]", inputs.payload), unsound)
        assert generated.collect is not None
        generated.collect(run, unsound, entries)
        if len(entries) > 1:
            entries.sort(key=_place)
        problems = tuple(map(_problem, entries))
        verdict = verdict_of(problems)
        if verdict == "accepted":
            return self._conclude(run, inputs, entries)
        return self.refused(verdict, inputs, run, problems)

    def refused(self, verdict: Verdict, inputs: Inputs, run: State, problems: tuple[Problem, ...]) -> Outcome:
        """The outcome of what is not accepted: of most, nothing but the problems is ever read."""
        outcome = OutcomeDraft()
        outcome.resource = self.resource.name
        outcome.operation = inputs.operation
        outcome.verdict = verdict
        outcome.problems = problems
        outcome._later = RefusedParts(self.rules, self.resource, inputs, run, problems)
        return outcome.finish()

    def _mark(self, run: State, payload: Mapping[str, Any], unsound: Iterable[str]) -> None:
        """Take what is unsound for changed, with a value that nobody may read."""
        for name in unsound:
            is_null = payload[name] is None
            if is_null and run.kept[name] is None and self.sifter.sendable[name].rule.nullable:
                # It changes nothing, and is told to have been sent.
                raise Decline
            run.changed.add(name)
            run.merged[name] = None if is_null else UNREAD
        # What was read of the payload before it was judged.
        run.names = None

    def _conclude(self, run: State, inputs: Inputs, entries: list[Entry]) -> Outcome:
        """The outcome of a payload that has nothing but warnings so far."""
        generated = self.generated
        if claim_of(run) is not None:
            # A claim is of the whole payload, of which something was taken out.
            raise Decline
        for _, problem in entries:
            # Look-ups are read anew after the effects, and what was read before is told.
            if problem.because is not None:
                problem.because.settle()
        for stage in generated.after:
            stage(run)
        if generated.conclude is not None:
            generated.conclude(run, entries)
        problems = tuple(map(_problem, entries))
        verdict = verdict_of(problems)
        if verdict != "accepted":
            return self.refused(verdict, inputs, run, problems)
        body = generated.respond(run)
        return accepted(self.rules, self.resource, generated, inputs, run, body, problems)

    def _shape(self, sifted: Sifted, error: msgspec.ValidationError) -> Any:
        """Take out what the Struct refuses until it takes the rest."""
        for _ in range(_MOST):
            place = _PLACE.search(str(error))
            if place is None:
                raise Decline
            self._take_out(place[1], sifted)
            try:
                return msgspec.convert(sifted[0], self.generated.loose)
            except msgspec.ValidationError as another:
                error = another
        raise Decline

    def _take_out(self, name: str, sifted: Sifted) -> None:
        sent, entries, unsound = sifted
        if sent[name] is None:
            raise Decline
        entries += self.sifter.entries_of(name, sent.pop(name))
        unsound.add(name)

    def _judge_again(self, run: State, sifted: Sifted) -> None:
        """Take out what the Struct took and generated lines refused: dates first, they are the commonest."""
        sent = sifted[0]
        dates = [name for name in self.generated.dates if sent.get(name).__class__ is str]
        misfits = [name for name in dates if self._is_misfit(name, sent[name])]
        for name in misfits:
            self._take_out(name, sifted)
        if misfits:
            run.p = msgspec.convert(sent, self.generated.loose)
            try:
                self.generated.shape(run)
            except Decline:
                pass
            else:
                return
        run.p = self._judge_read(sifted)
        self.generated.shape(run)

    def _is_misfit(self, name: str, text: str) -> bool:
        """Whether a text surely misses the date format of its field, which is all there is to say of it."""
        if not text.strip() or not is_writable(text):
            return False
        try:
            self.generated.dates[name](text)
        except Decline:
            return True
        return False

    def _judge_read(self, sifted: Sifted) -> Any:
        """Find the values that the Struct took and their fields refuse."""
        sent = sifted[0]
        for name in [*sent]:
            if name in self.read or (sent[name].__class__ is str and not is_writable(sent[name])):
                try:
                    self.sifter.loaders[name].deserialize(sent[name], partial=True)
                except ValidationError:
                    self._take_out(name, sifted)
        return msgspec.convert(sent, self.generated.loose)


def _is_read(field: CompiledField) -> bool:
    """Whether generated lines judge what the Struct took."""
    rule = field.rule
    if rule.type in ("string", "integer", "boolean"):
        return rule.blank is not None or rule.pattern is not None or rule.one_of is not None
    return True


def _holds_map(field: CompiledField) -> bool:
    """Whether a map, with keys of the sender's choice, may stand in a value, however deep."""
    return is_map(field) or any(map(_holds_map, field.parts))


def _holds_null(value: object) -> bool:
    """Whether a null stands in a value; a value that is null has nothing in it."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(part is None or _holds_null(part) for part in parts)


def _readonly(field: CompiledField) -> frozenset[str]:
    """The names of the parts that only the system sets, however deep."""
    own = (one.name for one in field.children if one.rule.readonly is not None)
    return frozenset(own).union(*map(_readonly, field.parts))


def _may_hold(value: object, parts: frozenset[str]) -> bool:
    """Whether one of these parts may stand in a value."""
    if isinstance(value, dict):
        return not parts.isdisjoint(value) or any(_may_hold(part, parts) for part in value.values())
    return isinstance(value, list) and any(_may_hold(part, parts) for part in value)
