"""A plug-in for Rulewright: charity numbers, Gift Aid and a plain error dialect.

Rulewright finds this module by its entry point and calls the functions below when a program is loaded.
Nothing happens on import, and nothing is registered anywhere.
"""

from __future__ import annotations

from rulewright.plugins import CelFunction, EffectKind, ErrorDialect, FieldType, RuleCheck, text_type
from rulewright_charity.gift_aid import claim_gift_aid
from rulewright_charity.numbers import is_charity_number, register_of
from rulewright_charity.reasons import write_reasons
from rulewright_charity.rule_check import PAGE, check_number_types


def rulewright_field_types() -> list[FieldType]:
    """The type uk_charity_number."""
    return [
        text_type(
            "uk_charity_number",
            "a UK charity number",
            check=is_charity_number,
            example="SC005336",
            wrong="5336",
            pattern="^([1-9][0-9]{5,6}|SC0[0-9]{5}|NIC1[0-9]{5})$",
            docs="""The number of a charity in one of the three registers: six or seven digits for England and
Wales, `SC` and six digits for Scotland, `NIC` and six digits for Northern Ireland. Whether the charity exists
is not asked.""",
        )
    ]


def rulewright_functions() -> list[CelFunction]:
    """The function charity_register."""
    return [
        CelFunction(
            "charity_register",
            ["string"],
            "string",
            register_of,
            [
                "charity_register('SC005336') == 'Scotland'",
                "charity_register('202918') == 'England and Wales'",
            ],
            "the part of the UK in whose register a charity number is; an error for any other text",
        )
    ]


def rulewright_effects() -> list[EffectKind]:
    """The keyword gift_aid."""
    return [
        EffectKind(
            "gift_aid",
            claim_gift_aid,
            {"into": "giving/claim", "amount": "payload.amount"},
            {"amount": "payload.amount"},
            "creates a claim for 25 % of a donation's amount",
        )
    ]


def rulewright_dialects() -> list[ErrorDialect]:
    """The dialect reasons."""
    return [ErrorDialect("reasons", write_reasons, "a list of sentences, for a web form")]


def rulewright_checks() -> list[RuleCheck]:
    """The check charity-number-type."""
    return [RuleCheck("charity-number-type", check_number_types, PAGE)]
