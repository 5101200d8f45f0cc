"""What a field rule says in the keywords of JSON Schema, as far as one rule alone can say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rulewright.fieldtypes import FieldType
from rulewright.model import Field

NUMBERS: Final = ("integer", "number")
# What RE2 has and the regular expressions of JSON Schema have not, or have otherwise.
FOREIGN: Final = re.compile(r"\(\?[^:]|\\[AzQEpPC]|\[\[:|\$[^)]|\^.")


def metadata_of(rule: Field, kind: FieldType) -> dict[str, object]:
    """Return the metadata of a marshmallow field, from which tools such as apispec make documents.

    They tell by the field's class which type it has and what is nested in it, and say themselves what is
    required, read-only or null. Of a sensitive field no default is told: it may be somebody's.
    """
    said = described(rule)
    if rule.type not in ("object", "list", "map"):
        # A type that takes several kinds of values is none of marshmallow's, and says which.
        said |= {
            name: value
            for name, value in kind.json_schema.items()
            if name != "type" or not isinstance(value, str)
        }
    if rule.format not in (None, "iso"):
        said.pop("format", None)
    if rule.blank == "absent":
        # A blank text is taken, whatever is asked of others.
        return {name: value for name, value in said.items() if name in ("title", "description")}
    said |= bounds(rule, kind)
    if rule.nullable and isinstance(rule.one_of, tuple) and None not in rule.one_of:
        said["enum"] = [*rule.one_of, None]
    if rule.default is not None and not (rule.sensitive or kind.sensitive):
        said["default"] = rule.default.value
    return said


def described(rule: Field) -> dict[str, object]:
    """Return what a field is for people: its title and its description."""
    said: dict[str, object] = {}
    if rule.title:
        said["title"] = rule.title
    if rule.description:
        said["description"] = rule.description
    return said


def bounds(rule: Field, kind: FieldType, *, counted: bool = True) -> Iterator[tuple[str, object]]:
    """Yield what is asked of a value beside its type. `counted`: whether items and keys are counted."""
    if kind.basic in NUMBERS:
        yield from (
            (name, value)
            for name, value in (("minimum", rule.min), ("maximum", rule.max))
            if value is not None
        )
    unit = {"list": "Items", "map": "Properties"}.get(rule.type, "Length")
    if rule.min_length is not None and counted:
        yield f"min{unit}", rule.min_length
    if rule.max_length is not None and counted and rule.unique_items != "collapse":
        yield f"max{unit}", rule.max_length
    if rule.pattern is not None and not FOREIGN.search(rule.pattern):
        yield "pattern", f"^(?:{rule.pattern})$"
    if isinstance(rule.one_of, tuple):
        yield "enum", list(rule.one_of)
    if rule.unique_items == "refuse":
        yield "uniqueItems", True
