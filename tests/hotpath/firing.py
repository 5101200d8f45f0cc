"""Events made from rule files: fired on stored records in every state, with what the event takes and more."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from calls import Seed, Stored
from patches import PatchMaker

from rulewright.compiled import CompiledField, CompiledWorkflow


class EventMaker(PatchMaker):
    """Makes events of one kind: `situations` are those of the event; the rest as of updates."""

    @property
    def workflow(self) -> CompiledWorkflow:
        """The workflow that the event is of."""
        assert self.resource.workflow is not None
        return self.resource.workflow

    @property
    def intake(self) -> Mapping[str, CompiledField]:
        """The fields that the event takes."""
        return self.resource.event_fields(self.operation)

    def _stored(self, seed: Seed) -> dict[str, list[Mapping[str, object]]]:
        """What is stored, mostly in a state that the event starts from."""
        stored = super()._stored(seed)
        if (field := self.workflow.rule.field) is not None and self.random.random() < 0.8:
            state = self._state()
            own = stored.get(self.resource.name, [])
            own[:] = [{**one, field: state} if self._is_own(one, seed.key) else one for one in own]
        return stored

    def _state(self) -> str:
        """A state that the event starts from, now and then another."""
        starts = [
            state
            for one in self.workflow.transitions
            if one.rule.event == self.operation
            for state in one.rule.from_states
        ]
        states = [one.name for one in self.workflow.rule.states]
        wanted = [one for one in starts if one != "*"] if self.random.random() < 0.85 else states
        return self.random.choice(wanted or states)

    def _fill(self, payload: dict[str, Any], current: Mapping[str, Any], stored: Stored) -> None:
        """Send what the event takes, mostly, and now and then what it does not."""
        random = self.random
        for name, field in self.intake.items():
            if name not in payload and random.random() < (0.95 if field.rule.required else 0.6):
                payload[name] = copy.deepcopy(self.changer.sampler.value(field, stored))
        if self.intake and random.random() < 0.3:
            self.changer.change(payload, [*self.intake.values()], stored)
        if random.random() < 0.04:
            self.changer.change(payload, [*self.resource.fields.values()], stored)
        if random.random() < 0.05:
            self.changer.spoil(payload, stored)
