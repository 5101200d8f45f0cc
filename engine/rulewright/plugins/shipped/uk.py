"""uk_postcode: postcodes of the United Kingdom."""

from __future__ import annotations

import re

from rulewright.fieldtypes import FieldType, text_type

# Outward and inward code, the space optional, as people type them; GIR 0AA is an exception of its own.
_POSTCODE = "^([Gg][Ii][Rr] ?0[Aa]{2}|[A-Za-z]{1,2}[0-9][0-9A-Za-z]? ?[0-9][A-Za-z]{2})$"
_fits = re.compile(_POSTCODE).fullmatch


def is_postcode(text: str) -> bool:
    """Whether a text is written as UK postcodes are."""
    return _fits(text) is not None


def rulewright_field_types() -> list[FieldType]:
    """The type uk_postcode."""
    return [
        text_type(
            "uk_postcode",
            "a UK postcode",
            check=is_postcode,
            example="SW1A 1AA",
            wrong="SW1A",
            pattern=_POSTCODE,
            docs="""The outward and the inward code, with one space between them or none, in capital or small
letters. The form is judged, not whether mail is delivered there. It is stored as it was sent.""",
        )
    ]
