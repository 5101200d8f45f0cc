"""Types of text with a form of their own: postcodes, social security numbers, ids, slugs."""

from __future__ import annotations

from typing import Any, ClassVar

import re2

from rulewright.fieldtypes import FIELD_TYPES, PREFIXED_ID, SLUG, UK_POSTCODE, US_SSN
from rulewright.schema.fields import Text


class Patterned(Text):
    """Text that must match `form` as a whole. The message shows the type's example."""

    form: ClassVar[str]

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not self._fits(text):
            row = FIELD_TYPES[self.rule.type]
            raise self.refuse_format(f"{self.label} must be {row.meaning}, like {row.example}")
        return text

    def _fits(self, text: str) -> bool:
        return re2.fullmatch(self.form, text) is not None


class UkPostcode(Patterned):
    """uk_postcode: SW1A 1AA."""

    form = UK_POSTCODE


class UsSsn(Patterned):
    """us_ssn: 111-22-3333 or 111223333; numbers that are never given out are refused."""

    form = US_SSN

    def _fits(self, text: str) -> bool:
        digits = text.replace("-", "")
        return super()._fits(text) and digits[:3] != "000" and digits[3:5] != "00" and digits[5:] != "0000"


class PrefixedId(Patterned):
    """prefixed_id: eligibilitysubscription_ and 29 letters and digits."""

    form = PREFIXED_ID


class Slug(Patterned):
    """slug: lower-case words joined by hyphens."""

    form = SLUG
