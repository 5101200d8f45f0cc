"""The user pages of the codes that a payload can be told (design.md section 4)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

PROBLEM_PAGES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "required": """required: a field must be given here, and is absent, null or blank.

The rule is `required: true`, or one of required_if, required_unless, required_with, required_without whose
condition holds; `because` shows what it read. Send the field, or change what makes it required.""",
        "forbidden": """forbidden: a field must not be given here.

The rule is forbidden_if, forbidden_with or forbidden_without, or a variant that was chosen. Leave the field
out; a nullable field may also be null.""",
        "unknown_field": """unknown_field: the payload has a field that the rule file does not declare.

Most often a name is misspelt; the message says which one may have been meant. Under `unknown: ignore` it is
a warning and the field is dropped.""",
        "type": """type: a value is of another type than the field's, or null where null is not allowed.

Values are not converted: "5" is a text and no number, "true" is no boolean.""",
        "format": "format: a text is not written as the field asks, for example a date in another order.",
        "min": "min: a number or date is below the least that is allowed.",
        "max": "max: a number or date is above the greatest that is allowed.",
        "min_length": "min_length: too few characters in a text, items in a list, or keys in a map.",
        "max_length": "max_length: too many characters in a text, items in a list, or keys in a map.",
        "pattern": "pattern: a text does not have the form that the field's regular expression asks for.",
        "one_of": "one_of: a value is none of the options. Options are compared exactly, case included.",
        "items": "items: a list holds an item twice (`unique_items`).",
        "variant": """variant: exactly one of several groups of fields must be sent, and none or several fit.

`because.variants` says why each was ruled out.""",
        "readonly": """readonly: a field is set by the system.

With `readonly: ignore` it is a warning and the sent value is not used; with `readonly: reject` it is an
error. Leave the field out.""",
        "immutable": """immutable: a field can't be changed once it is set, nor can a record's key.

Leave it out of the update.""",
        "reference": """reference: a value names a record that does not exist, or not in the rule's scope.

The scope is `where` of `references`, for example the caller's own firm.""",
        "unique": "unique: another record has this value already, among those that the rule compares.",
        "check": "check: a condition of the rule file does not hold; `because` shows it and what it read.",
        "conflict": """conflict: two effects would set one field differently, an effect finds another number
of records than it expects, or another change came first.""",
        "transition": "transition: the event is not possible in the state that the record is in.",
        "guard": "guard: the event is possible in this state, but its condition does not hold.",
        "unauthenticated": "unauthenticated: nobody is known to call. Give --actor, or send a token.",
        "permission": "permission: the caller lacks the permission that the operation asks for.",
        "not_found": """not_found: the record that the request is about is not there, or not for this caller.

It is the record of an update or event, or a look-up with `if_missing: not_found`.""",
        "idempotency": "idempotency: the idempotency key was used before, for another call or other data.",
        "undecided": """undecided: a rule can't be decided: its expression fails, or its look-up has no store.

Nothing is taken for false that is not known. Give --store or --records, or mend the rule: an optional value
is read with given(...) before it is used.""",
        "invalid_json": "invalid_json: the text is no JSON (or no YAML), so there is nothing to decide.",
        "limit": """limit: the payload is larger or deeper than is taken, or reactions go on for too long.

Rules of `infer` that match too much, or that do not come to an end, are refused so, too.""",
        "overruled": "overruled: a value was sent for a field that the rules compute; theirs is used (info).",
        "excluded": "excluded: a field does not apply here (`excluded_if`) and is left out (info).",
    }
)
