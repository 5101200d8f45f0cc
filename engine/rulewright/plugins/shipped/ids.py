"""prefixed_id, slug and numeric_id: ids; and the generator prefixed_id."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from typing import Any

from rulewright.fieldtypes import FieldType, text_type
from rulewright.plugins.kinds import Chance, IdGenerator

# A kind, an underscore and 29 base-62 characters (apis.md 2b).
_PREFIXED_ID = "^[a-z][a-z0-9]*_[0-9A-Za-z]{29}$"
_SLUG = "^[a-z0-9]+(-[a-z0-9]+)*$"
_BASE_62 = string.digits + string.ascii_uppercase + string.ascii_lowercase
_LENGTH = 29
_fits_id = re.compile(_PREFIXED_ID).fullmatch
_fits_slug = re.compile(_SLUG).fullmatch


def is_prefixed_id(text: str) -> bool:
    """Whether a text is a kind, an underscore and 29 letters and digits."""
    return _fits_id(text) is not None


def is_slug(text: str) -> bool:
    """Whether a text is lower-case words joined by hyphens."""
    return _fits_slug(text) is not None


def is_number(number: int) -> bool:
    """Whether a whole number is one: text of digits is taken, too, but stored as a number."""
    return isinstance(number, int)


def make_prefixed_id(chance: Chance, options: Mapping[str, Any]) -> str:
    """Make `<prefix>_` and as many letters and digits as `length` says (default: 29)."""
    return f"{options['prefix']}_{chance.letters(_BASE_62, int(options.get('length', _LENGTH)))}"


def rulewright_field_types() -> list[FieldType]:
    """The types prefixed_id, slug and numeric_id."""
    return [
        text_type(
            "prefixed_id",
            "an id with its kind in front",
            check=is_prefixed_id,
            example="organisation_0123456789ABCDEFGHIJKLMNOPQRS",
            wrong="organisation",
            pattern=_PREFIXED_ID,
            docs="""The kind of thing in small letters and digits, an underscore, and 29 letters and digits,
as `generate: {prefixed_id: {prefix: organisation}}` makes them.""",
        ),
        text_type(
            "slug",
            "a slug",
            check=is_slug,
            example="patricks-case",
            wrong="Patrick's Case",
            pattern=_SLUG,
            docs="""Words of small letters and digits, joined by hyphens; the function `slug` makes one of
a text in Latin letters.""",
        ),
        FieldType(
            "numeric_id",
            "an id: a whole number, or its digits as text",
            "rulewright.schema.fields:NumericId",
            "integer",
            "int",
            {"type": ["integer", "string"], "format": "int64", "pattern": "^[0-9]{1,19}$"},
            example=1001,
            wrong="the Smiths",
            keywords=frozenset({"min", "max", "one_of"}),
            base="integer",
            check=is_number,
            docs="""For callers that send the ids of records now as numbers and now as text: `"1001"` is
taken for 1001, and stored as a number. Other text is refused, the empty text too. Numbers are judged as
integers are.""",
        ),
    ]


def rulewright_generators() -> list[IdGenerator]:
    """The generator prefixed_id."""
    return [
        IdGenerator(
            "prefixed_id",
            make_prefixed_id,
            "the kind of thing, an underscore and random letters and digits",
            {"prefix": "organisation", "length": _LENGTH},
        )
    ]
