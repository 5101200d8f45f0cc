"""The names that generated code may use, beside the constants of its own rule file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec.structs import asdict

from rulewright.evaluation.idempotency import key_in
from rulewright.evaluation.views import Layer
from rulewright.hotpath.runtime import (
    choosing,
    doubt,
    merging,
    plan,
    reacting,
    refusals,
    standstill,
    state,
    texts,
    values,
)
from rulewright.hotpath.runtime.ahead import fits
from rulewright.hotpath.runtime.inferring import may_fire
from rulewright.hotpath.runtime.state import UNREAD, UNSHAPED, Decline, Missing, NoStore, State
from rulewright.schema.repeats import is_one_of

NAMES: Final[Mapping[str, object]] = {
    **{one.__name__: one for one in (all, any, dict, float, int, len, list, set, str)},
    **{
        one.__name__: one
        for one in (
            key_in,
            may_fire,
            choosing.tell_variants,
            doubt.note_in_doubt,
            doubt.tell_in_doubt,
            doubt.value_in_doubt,
            merging.changed_of,
            merging.merged_of,
            merging.require_in_scope,
            merging.without_nulls,
            plan.begin,
            plan.claimed,
            plan.begin_update,
            plan.create_record,
            plan.expected,
            plan.judge_uniques,
            plan.require_named,
            plan.send,
            plan.set_own,
            plan.require_unchanged,
            plan.stored_again,
            plan.update_record,
            refusals.is_clean,
            refusals.note,
            refusals.note_missing,
            refusals.note_missing_items,
            refusals.note_value,
            refusals.tell,
            refusals.tell_missing,
            refusals.tell_taken,
            refusals.tell_undecided,
            refusals.tell_undecided_value,
            reacting.require_nobody,
            refusals.withdraw,
            refusals.tell_value,
            standstill.tell_step,
            state.decoded,
            state.enveloped,
            state.names_of,
            state.now_text,
            state.print_plain,
            state.printing_names,
            state.scalar,
            state.shown,
            state.shown_record,
            state.today_text,
            texts.require_writable,
            values.all_of,
            values.any_of,
            values.differs,
            values.fitted,
            values.flag_of,
            values.flat_of,
            values.generated,
            values.in_order,
            values.next_number,
            values.number_of,
            values.numbered,
            values.chance_of,
            values.chance_within,
            values.listed,
            values.match,
            values.matched,
            values.member,
            values.same,
            values.truth,
            values.matched_all,
            values.other_of,
            values.permitted,
            values.plain_key,
            values.money_of,
            values.plain_keys,
            values.slug_of,
            values.refitted,
            values.require_none,
            values.text_of,
            values.where_value,
            values.whole_of,
            values.with_defaults,
            is_one_of,
        )
    },
    "asdict": asdict,
    "fits": fits,
    "new": object.__new__,
    "Layer": Layer,
    "State": State,
    "Decline": Decline,
    "Missing": Missing,
    "NoStore": NoStore,
    "UNREAD": UNREAD,
    "UNSHAPED": UNSHAPED,
    "UNSET": msgspec.UNSET,
}
