"""email and phone: how to reach people."""

from __future__ import annotations

from typing import Any

from rulewright.fieldtypes import FieldType, text_type


def is_phone(text: str) -> bool:
    """Whether a text is a whole phone number, with + and the country, that exists in that country's plan."""
    # Metadata of all countries: imported when the first number is judged.
    import phonenumbers  # noqa: PLC0415

    if not text.startswith("+") or not text.isascii():
        return False
    try:
        found: Any = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return False
    return found.extension is None and bool(phonenumbers.is_valid_number(found))


def rulewright_field_types() -> list[FieldType]:
    """The types email and phone."""
    return [
        FieldType(
            "email",
            "an email address",
            "rulewright.schema.fields:EmailText",
            "text",
            "string",
            {"type": "string", "format": "email"},
            example="ann@example.org",
            wrong="ann at example",
            keywords=frozenset({"min_length", "max_length", "pattern", "one_of"}),
            base="string",
            docs="""What marshmallow takes for one: a local part and a domain, as in RFC 5322, without
comments. Whether the mailbox exists is not asked.""",
        ),
        text_type(
            "phone",
            "a phone number with + and its country",
            check=is_phone,
            example="+44 20 7183 8750",
            wrong="020 7183 8750",
            needs=("phonenumbers", "rulewright[phone]"),
            docs="""The number as it is dialled from abroad, spaces and hyphens as you like: `+` and the
country, then a number that the country's numbering plan has (by Google's libphonenumber, in the package
`phonenumbers`). It needs `pip install 'rulewright[phone]'`. It is stored as it was sent.""",
        ),
    ]
