"""The keywords of a field, as a `Shape`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rulewright.fieldtypes import INT64_MAX
from rulewright.problem import CODES
from rulewright.reader.kinds import Book, JsonSchema, Kind, if_map, refuse
from rulewright.reader.scalars import (
    Anything,
    Bound,
    Cel,
    Choice,
    Flag,
    Name,
    Resource,
    Single,
    Switchable,
    Text,
    Whole,
    Word,
)
from rulewright.reader.shapes import Either, ListOf, Shape, Sub, Table, hints

OCCASIONS = 'When: `create`, `update`, names of events, or `"*"`.'
SEVERITIES = "`error` (the default), `warning` or `info`."

# `status == 'open'`, where a map is expected.
_EQUATION = re.compile(r"\s*(?:\w+\.)*(\w+)\s*={1,2}\s*([^=&|\"]*[^=&|\"\s])\s*")


class _Templates(Table):
    def advice(self, value: object) -> str | None:
        """Who knows SQL or CEL writes an equation."""
        found = _EQUATION.fullmatch(value) if isinstance(value, str) else None
        if found is None:
            return super().advice(value)
        return f"write {{{found[1]}: " + (f'"{found[2]}"' if "'" in found[2] else found[2]) + "}"


def template_table(meaning: str = "", **options: Any) -> Kind:
    """A map from names to templates: `by`, `where`, `set`, ..."""
    example = """{name: payload.name, status: "'open'"}"""
    return _Templates(Anything(allow_none=True), meaning, example=example, **options)


class ErrorShape(Shape):
    """The vendor's own error, in its long form."""

    code = Text("The vendor's code.", required=True)
    title = Text("The vendor's words for it.")
    status = Whole("The HTTP status.", least=100, most=599)


def vendor_error(meaning: str = "The vendor's own error.") -> Kind:
    """`error: resource/some_code`, or a map."""
    expected = "a code such as resource/some_code, or a map"
    return Either(expected, meaning, maps=Sub(lambda: ErrorShape), others=Text())


class CheckShape(Shape):
    """One condition."""

    id = Name("Its name. The rule is then `library/loan.due.not_past`.", required=True)
    check = Cel("The condition.", required=True)
    message = Text("What is said if it does not hold.")
    severity = Choice("error", "warning", "info", meaning=f"{SEVERITIES} Only an error refuses.")
    path = Text(
        "Where it is reported, as a JSON Pointer such as `/member`. A field's check is reported at the field."
    )
    on = ListOf(Text(), f"{OCCASIONS} Default: create and update.", alone=True)
    error = vendor_error()


class ReferenceShape(Shape):
    """`references`."""

    resource = Resource("Of which resource.", required=True)
    by = Name("By which of its fields; its key, if left out.")
    where = template_table("What must also be true of the record: a map from its fields to expressions.")
    as_ = Name(
        "A name under which expressions read the record: the record or null, for a list the records in "
        "order.",
        data_key="as",
    )
    error = vendor_error()


class UniqueShape(Shape):
    """`unique` in its long form."""

    within = ListOf(Name(), "Alike only among records that agree in these fields, too.", alone=True)
    where = template_table("Only records of which this is true count.")
    error = vendor_error()


class ComputeShape(Shape):
    """`compute` in its long form."""

    value = Anything("The expression.", required=True, allow_none=True)
    on = ListOf(Text(), "When it is worked out; at other times the stored value stays.", alone=True)


def is_long_compute(value: object) -> bool:
    """Is this `{value, on}`, and not a map of expressions?"""
    return isinstance(value, Mapping) and "value" in value and set(value) <= {*ComputeShape.keywords}


class Computed(Kind):
    """An expression, a map of them, or the long form."""

    expected = "an expression"

    def check(self, value: Any) -> None:
        """Raise the flaws of the long form; anything else is as it is."""
        if is_long_compute(value):
            Sub(lambda: ComputeShape).judge(value)

    def schema(self, book: Book) -> JsonSchema:
        """The long form is known by its keywords, which are offered in any map."""
        keywords = ComputeShape.keywords
        known = {"required": ["value"], "propertyNames": {"enum": list(keywords)}}
        types = Anything().schema(book)["type"]
        offered = {
            name: {"type": [*types, "null"], "markdownDescription": kind.meaning}
            for name, kind in keywords.items()
        }
        long = {"if": known, "then": {"$ref": book.refer(ComputeShape)}, "else": {"properties": offered}}
        return {"type": types, **if_map(long)}


class OneGenerator(Table):
    """`{sequence: {prefix, width}}`: exactly one generator with its options."""

    def check(self, value: Any) -> None:
        """Raise unless there is exactly one."""
        super().check(value)
        if len(value) != 1:
            refuse("one generator", value)

    def schema(self, book: Book) -> JsonSchema:
        """One of those that are known."""
        options = self.kind.json_schema(book)
        known = {
            name: {**options, **book.options(name), "markdownDescription": meaning}
            for name, meaning in book.words("generators").items()
        }
        others = False if book.strict else options
        one = {"minProperties": 1, "maxProperties": 1}
        return {"type": "object", "properties": known, "additionalProperties": others, **one}


class FieldShape(Shape):
    """Everything a field may say. `type` may be missing where an event's field inherits it."""

    misplaced = hints(
        {
            "a field's condition is required_if, forbidden_if or excluded_if": "if when condition only_if",
            "a field is optional where nothing says required": "optional",
            "say key: and the field's name at the top of the file": "primary_key key",
            "did you mean generate?": "auto autoincrement auto_increment",
        }
    )

    type = Word("types", "What kind of value it is: field types, or a shared type of `api.yaml`.", free=True)
    title = Text("For people.")
    description = Text("For people.")
    example = Anything("For people.", allow_none=True)
    messages = Table(
        Text(),
        "Own words for a refusal, by keyword. `required` serves for every `required_...`, `forbidden` for "
        "every `forbidden_...`.",
        example="{required: please say who}",
        # Problems that no keyword of the field stands for have their code.
        known=lambda: CODES | FieldShape.keywords.keys(),
        prefixed=True,
    )
    error = vendor_error(
        "The vendor's own error for a value that does not have the right shape: its type, and the keywords "
        "about that from `min` to `unique_items`."
    )
    sensitive = Flag(
        "`true`: the value never shows in a problem, trace, log or report; `***` stands in its place. So "
        "do the values that rules make of it. `false`: the value may be shown, whatever it is made of."
    )
    required = Flag("`true`: must be given.")
    required_if = Cel("Must be given if the condition holds.")
    required_unless = Cel("Must be given if the condition does not hold.")
    required_with = ListOf(Name(), "Must be given if any of these siblings is given.")
    required_without = ListOf(Name(), "Must be given if any of these siblings is not given.")
    forbidden_if = Cel("Must not be given if the condition holds.")
    prohibited_if = Cel("Must not be given if the condition holds. Another name of `forbidden_if`.")
    forbidden_with = ListOf(Name(), "Must not be given if any of these siblings is given.")
    forbidden_without = ListOf(Name(), "Must not be given if any of these siblings is not given.")
    excluded_if = Cel(
        "If the condition holds, the field is dropped, with an info `excluded`, be it right or wrong; in "
        "an update also what is stored, once the field or what the condition reads changes."
    )
    nullable = Flag("`true`: null may be sent.")
    blank = Choice("absent", meaning="`absent`: empty text, and text of spaces only, count as not given.")
    default = Anything("The value of an absent field, as written.", allow_none=True)
    default_from = Anything("The value of an absent field, worked out by an expression.", allow_none=True)
    compute = Computed(
        "The value, always worked out, in an update of something else too. A different value that was sent"
        " is overruled, with an info `overruled`.",
        allow_none=True,
    )
    readonly = Switchable(
        "ignore",
        "reject",
        meaning="The caller may not set it: `ignore` drops what was sent with a warning, `reject` refuses "
        "it. `settings.NAME`: as that setting says.",
    )
    immutable = Flag("`true`: set once; an update may not change it. It is computed on create only.")
    generate = Either(
        "sequence, uuid or another generator",
        "The system makes the value: `sequence`, `uuid`, `prefixed_id`.",
        texts=Word("bare_generators"),
        maps=OneGenerator(Table(Anything(allow_none=True))),
    )
    min = Bound("The least number or date.")
    max = Bound("The largest number or date.")
    # What `explain` suggests is made: a million characters are enough.
    min_length = Whole(
        "How many characters a text has at least, how many items a list, how many keys a map.",
        least=0,
        most=1_000_000,
    )
    max_length = Whole(
        "How many characters a text has at most, how many items a list, how many keys a map.",
        least=0,
        most=INT64_MAX,
    )
    pattern = Text("A regular expression that the **whole** text matches.")
    one_of = Either(
        "a list, or a CEL expression that gives one",
        "The values that are allowed: a list, or an expression that gives one.",
        lists=ListOf(Single(allow_none=True)),
        texts=Cel(),
    )
    format = Text("How a date is written: `iso`, `iso_ms_z`, `iso_offset`, or letters such as `%d/%m/%Y`.")
    items = Sub(
        lambda: FieldShape,
        "What each item of a list, or each value of a map, is like.",
        example="items: {type: string}",
    )
    fields_ = Table(
        Sub(lambda: FieldShape, example="{type: string}"),
        "The fields of an object.",
        data_key="fields",
    )
    unknown_ = Choice(
        "reject",
        "ignore",
        meaning="`reject` or `ignore`, for what is in this object but not declared.",
        data_key="unknown",
    )
    unique_items = Choice(
        True,
        False,
        "collapse",
        meaning="`true`: no item twice. `collapse`: repeats are dropped, the first stays.",
    )
    references = Sub(
        lambda: ReferenceShape,
        "It names a record that exists.",
        example="{resource: rubixx/person, as: person}",
    )
    unique = Either(
        "true, or a map with within and where",
        "No other record has it.",
        maps=Sub(lambda: UniqueShape),
        others=Flag(),
    )
    checks = ListOf(
        Sub(lambda: CheckShape, example="{id: in_time, check: value < 12, message: too late}"),
        "Conditions of its own, which read it as `value`.",
    )


def fields_table(meaning: str = "", **options: Any) -> Kind:
    """A map of fields."""
    return Table(Sub(lambda: FieldShape, example="{type: string, required: true}"), meaning, **options)
