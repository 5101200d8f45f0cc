"""A refused payload as an Outcome: the shape's problems by marshmallow's own fields, the rest by `collect`.

Only what fails is handed to marshmallow. Gives None where the plain evaluator might tell otherwise.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

import msgspec
from marshmallow import ValidationError

from rulewright.compiled import CompiledField, CompiledResource, CompiledRules
from rulewright.evaluation import Inputs
from rulewright.hotpath.accepting import accepted, rejected
from rulewright.hotpath.build import Generated
from rulewright.hotpath.refusals import Found
from rulewright.hotpath.sifting import Sifter
from rulewright.hotpath.state import Decline
from rulewright.outcome import Outcome
from rulewright.ports import Records
from rulewright.schema.fields import is_writable

_PLACE: Final = re.compile(r"at `\$\.([A-Za-z][A-Za-z0-9_]*)")
_MOST: Final = 20


class Teller:
    """Tells the problems of one resource's payloads; shared by all of them."""

    def __init__(self, rules: CompiledRules, resource: CompiledResource, generated: Generated) -> None:
        self.rules = rules
        self.resource = resource
        self.generated = generated
        self.sifter = Sifter(resource)
        self.tells = (
            generated.collect is not None
            and resource.file.unknown == "reject"
            and not any(
                child.rule.readonly is not None or one.rule.unknown == "ignore"
                for one in resource.fields.values()
                for child in one.children
            )
        )
        # What the Struct can't judge alone.
        self.read = frozenset(name for name, one in self.sifter.sendable.items() if _is_read(one))

    def tell(self, inputs: Inputs, records: Records | None) -> Outcome | None:
        """The outcome, or None."""
        payload = inputs.payload
        if not self.tells or payload.__class__ is not dict:
            return None
        try:
            return self._tell(cast("dict[str, Any]", payload), inputs, records)
        except Exception:  # the plain evaluator meets it again, and tells it
            return None

    def _tell(self, payload: dict[str, Any], inputs: Inputs, records: Records | None) -> Outcome | None:
        generated = self.generated
        sent, entries, unsound = self.sifter.sift(payload)
        found = Found(unsound, entries)
        p = self._shape(sent, found)
        run = generated.open(p, sent, records, inputs.actor, inputs.request, inputs.now, inputs.seed)
        for stage in generated.before:
            stage(run)
        try:
            generated.shape(run)
        except Decline:
            self._judge_again(run, sent, found)
        assert generated.collect is not None
        generated.collect(run, found)
        if found.has_errors:
            return rejected(self.rules, self.resource, inputs, run, found.problems())
        problems = found.problems()
        for problem in problems:
            # Look-ups are read anew after the effects, and what was read before is told.
            problem.settle()
        for stage in generated.after:
            stage(run)
        body = generated.respond(run)
        return accepted(self.rules, self.resource, generated, inputs, run, body, problems)

    def _shape(self, sent: dict[str, Any], found: Found) -> Any:
        """Take out what the Struct refuses until it takes the rest."""
        for _ in range(_MOST):
            try:
                return msgspec.convert(sent, self.generated.loose)
            except msgspec.ValidationError as error:
                place = _PLACE.search(str(error))
                if place is None:
                    raise Decline from None
                self._take_out(place[1], sent, found)
        raise Decline

    def _take_out(self, name: str, sent: dict[str, Any], found: Found) -> None:
        if sent[name] is None or self.sifter.sendable[name].children:
            raise Decline
        found.entries += self.sifter.entries_of(name, self.sifter.messages(name, sent.pop(name)))
        found.unsound.add(name)

    def _judge_again(self, run: Any, sent: dict[str, Any], found: Found) -> None:
        """Take out what the Struct took and generated lines refused: dates first, they are the commonest."""
        dates = [name for name in self.generated.dates if sent.get(name).__class__ is str]
        misfits = [name for name in dates if self._is_misfit(name, sent[name])]
        for name in misfits:
            self._take_out(name, sent, found)
        if misfits:
            run.p = msgspec.convert(sent, self.generated.loose)
            try:
                self.generated.shape(run)
            except Decline:
                pass
            else:
                return
        run.p = self._judge_read(sent, found)
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

    def _judge_read(self, sent: dict[str, Any], found: Found) -> Any:
        """Find the values that the Struct took and their fields refuse."""
        for name in [*sent]:
            if name in self.read or (sent[name].__class__ is str and not is_writable(sent[name])):
                try:
                    self.sifter.loaders[name].deserialize(sent[name], partial=True)
                except ValidationError:
                    self._take_out(name, sent, found)
        return msgspec.convert(sent, self.generated.loose)


def _is_read(field: CompiledField) -> bool:
    """Whether generated lines judge what the Struct took."""
    rule = field.rule
    if rule.type in ("string", "integer", "boolean"):
        return rule.blank is not None or rule.pattern is not None or rule.one_of is not None
    return True
