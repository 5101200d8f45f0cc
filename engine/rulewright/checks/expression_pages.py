"""The user pages of what the static checker finds in expressions."""

from __future__ import annotations

from collections.abc import Mapping

EXPRESSION_PAGES: Mapping[str, str] = {
    "unknown-name": """unknown-name: an expression uses a name that is not there.

Everywhere there are payload, request, actor, record, current, now, today, settings, the look-ups of the
file and the names that references give with `as`. Some names are there only in their place: value and
item in a field's own checks, source in reactions, body in the envelope, and what an effect has bound in
the effects after it. A field is read as payload.field or record.field, never by its bare name.""",
    "unknown-path": """unknown-path: an expression reads a field that is not declared.

    required_if: given(payload.adress)     # the field is called address

Checked below payload, record, current, settings, actor (where auth declares one), request.path (where a
path is declared) and below every look-up, reference and bound record, each of a list's items too.""",
    "unknown-function": """unknown-function: an expression calls a function that does not exist.

Functions are those of CEL (size, contains, matches, ...), of its extensions for strings, math and lists,
and ours: given, slug, money, pick, find.""",
    "wrong-type": """wrong-type: an operator or a function does not take values of this type.

    check: payload.name >= 18              # name is a text
    check: payload.age >= 18               # right

A whole number and a decimal number can be compared, but not added: write 2.0, or double(payload.age). A date
is compared with a date: timestamp('2025-01-31T00:00:00Z'), record.startDate, today.""",
    "wrong-arguments": "wrong-arguments: a function is called with more or fewer values than it takes.",
    "wrong-result": """wrong-result: an expression gives another type than its field takes.

    set: {head_of_household: "'yes'"}      # head_of_household is a boolean
    set: {head_of_household: true}         # right""",
    "not-a-condition": """not-a-condition: a condition is neither true nor false.

    required_if: payload.uorn              # a text
    required_if: given(payload.uorn)       # right""",
    "impossible-comparison": """impossible-comparison: two values of these types never equal each other.

    check: payload.age == '18'             # a number never equals a text
    check: payload.age == 18               # right""",
    "constant-condition": """constant-condition: a condition is always true or always false.

    check: payload.status == 'new' && payload.status == 'open'     # never both: || was meant
    check: payload.status == 'new' || payload.status == 'open'     # right

A warning: it works, and says nothing.""",
    "may-be-null": """may-be-null: a value that may be absent or null is used where null is an error.

Reading a field of null, ordering null and reckoning with null are errors, so the rule can't be decided when
the value is missing. Ask first, in the same condition:

    check: payload.age >= 18                             # undecided without age
    check: '!given(payload.age) || payload.age >= 18'    # right

given(x), has(x), x != null and x == 'text' all tell that x is there. Where a value may be null on some
operations only (a required field is not always in an update's payload), the message says on which; `on:`
limits a check to the others. A warning.""",
    "bad-literal": """bad-literal: a function always fails on the text or number that is written out.

    check: record.start > timestamp('01/02/2025')              # no timestamp
    check: record.start > timestamp('2025-02-01T00:00:00Z')    # right""",
    "division-by-zero": "division-by-zero: a whole number is divided by a zero that is written out.",
    "duplicate-map-key": "duplicate-map-key: a map that an expression makes has one key twice.",
    "too-costly": """too-costly: an expression may take more steps than are allowed.

Its cost is worked out from max_length of the fields it reads; where a field has none, 250 characters and
100 items are taken. Nested all, exists, map and filter multiply: give the lists a max_length.""",
}
