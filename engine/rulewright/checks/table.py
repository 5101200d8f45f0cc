"""The table of checks: one row each. Adding a check is adding a module and its row."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from rulewright.checks import (
    bad_address,
    bad_format,
    bad_pattern,
    contradiction,
    created_key,
    duplicate_id,
    effect_conflict,
    effect_shape,
    empty_range,
    endless_inference,
    expression_syntax,
    expression_types,
    generator_options,
    inference_shape,
    key_field,
    keyword_for_place,
    keyword_for_type,
    look_up_shape,
    name_clash,
    never_runs,
    never_sent,
    no_inference,
    payload_on_update,
    reference_type,
    refused_default,
    sensitive_copied,
    unknown_event,
    unknown_field,
    unknown_resource,
    unknown_state,
    unknown_target,
    unknown_type,
    unknown_word,
    unreachable_state,
    unused_look_up,
    value_cycle,
    workflow_shape,
    wrong_constant,
    wrong_literal,
)
from rulewright.checks.expression_pages import EXPRESSION_PAGES
from rulewright.checks.pages import READING_PAGES
from rulewright.checks.subject import Checker

_MODULES: tuple[ModuleType, ...] = (
    expression_syntax,
    expression_types,
    unknown_type,
    unknown_resource,
    unknown_field,
    unknown_target,
    unknown_state,
    unknown_event,
    unknown_word,
    generator_options,
    name_clash,
    duplicate_id,
    key_field,
    keyword_for_place,
    keyword_for_type,
    wrong_constant,
    wrong_literal,
    refused_default,
    reference_type,
    empty_range,
    bad_pattern,
    bad_format,
    bad_address,
    contradiction,
    look_up_shape,
    effect_shape,
    created_key,
    effect_conflict,
    workflow_shape,
    unreachable_state,
    never_runs,
    never_sent,
    inference_shape,
    endless_inference,
    no_inference,
    value_cycle,
    payload_on_update,
    sensitive_copied,
    unused_look_up,
)

CHECKS: Mapping[str, Checker] = {module.CODE: module.check for module in _MODULES}


def pages() -> Mapping[str, str]:
    """The user page of every code that a rule file can be told, those of reading it included."""
    pages = {module.CODE: (module.__doc__ or "").strip() for module in _MODULES}
    # The checker of expressions gives codes of its own.
    del pages[expression_types.CODE]
    return {**READING_PAGES, **EXPRESSION_PAGES, **pages}
