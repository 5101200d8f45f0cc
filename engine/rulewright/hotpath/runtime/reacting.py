"""Reactions of other records: most find nobody, and then nothing happens but a read.

Where a record is found, the plain evaluator fires its event.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from rulewright.compiled import CompiledReaction
from rulewright.evaluation.lookups import evaluate_where
from rulewright.evaluation.stored_form import decode_record
from rulewright.evaluation.views import Layer
from rulewright.hotpath.runtime.ahead import fits
from rulewright.hotpath.runtime.state import Decline, State, names_of


def require_nobody(s: State, reactions: Sequence[CompiledReaction]) -> None:
    """Look for records that react to what is planned, as `evaluation.reactions`; Decline where one does."""
    source = decode_record(s.link.resource.fields, s.record)
    scope = Layer({"source": source}, names_of(s))
    for reaction in reactions:
        rule = reaction.rule
        # The evaluator's function asks its run for the rules, which the link has too.
        where = evaluate_where(cast(Any, s.link), rule.for_each.resource, reaction.by, scope)
        reaction.with_.value(scope)
        if s.store is None or None in where.values():
            continue
        # Without effects nothing is planned in `s.records`, where the own record may react, too.
        is_own = rule.for_each.resource == s.link.resource.name and fits(s.record, where)
        if is_own or s.records.find(rule.for_each.resource, where):
            raise Decline
        s.reads.append((rule.fire, rule.for_each.resource, where, 0))
