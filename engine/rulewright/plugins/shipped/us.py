"""us_ssn and us_zip: numbers of the United States."""

from __future__ import annotations

import re

from rulewright.fieldtypes import FieldType, text_type

# Three, two and four digits, hyphens or not; areas 666 and 9xx and parts of zeros only are never given.
_SSN = "^([0-578][0-9]{2}|6([0-57-9][0-9]|6[0-57-9]))-?[0-9]{2}-?[0-9]{4}$"
_ZIP = "^[0-9]{5}(-[0-9]{4})?$"
_fits_ssn = re.compile(_SSN).fullmatch
_fits_zip = re.compile(_ZIP).fullmatch


def is_ssn(text: str) -> bool:
    """Whether a text may be a social security number that was given to somebody."""
    if _fits_ssn(text) is None:
        return False
    digits = text.replace("-", "")
    return digits[:3] != "000" and digits[3:5] != "00" and digits[5:] != "0000"


def is_zip(text: str) -> bool:
    """Whether a text is written as ZIP codes are."""
    return _fits_zip(text) is not None


def rulewright_field_types() -> list[FieldType]:
    """The types us_ssn and us_zip."""
    return [
        text_type(
            "us_ssn",
            "a US social security number",
            check=is_ssn,
            example="111223333",
            wrong="000-12-3456",
            pattern=_SSN,
            sensitive=True,
            docs="""Nine digits, with hyphens as in 111-22-3333, without, or with one of them. Numbers that
are never given out (area 000, 666 or from 900, group 00, serial 0000) are refused. Fields of this type are
`sensitive` whether or not the rule file says so. It is stored as it was sent.""",
        ),
        text_type(
            "us_zip",
            "a US ZIP code",
            check=is_zip,
            example="12345-6789",
            wrong="1234",
            pattern=_ZIP,
            docs="Five digits, or nine as 12345-6789. It is text: 02134 keeps its zero.",
        ),
    ]
