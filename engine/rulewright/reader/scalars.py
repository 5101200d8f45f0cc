"""The kinds of single values that keywords take: texts, words, numbers, flags, expressions."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any

from rulewright.reader.flaws import Flaw, did_you_mean
from rulewright.reader.kinds import Book, JsonSchema, Kind, anchored, describe, flawed, refuse

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
RESOURCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*/[A-Za-z_][A-Za-z0-9_]*")
SETTING = re.compile(r"settings\.([A-Za-z_][A-Za-z0-9_]*)")
_DURATION = re.compile(r"([1-9][0-9]{0,8})([dhms])")
_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
# YAML 1.1 words and forms that other readers would have typed.
_LOOKS_BOOLEAN = {"yes", "no", "on", "off", "True", "False", "TRUE", "FALSE", "y", "n", "Yes", "No"}
_LOOKS_CONDITIONAL = re.compile(r"[.(=<>!]")
_LOOKS_NUMERIC = re.compile(r"[-+]?(0[0-9]+|0x[0-9A-Fa-f]+|[0-9]+(_[0-9]+)+|\.[0-9]+|[0-9]+\.|[0-9]+)")


def duration_seconds(text: str) -> int | None:
    """The seconds of `21d`, `12h`, `90m` or `10s`; None for another text."""
    found = _DURATION.fullmatch(text)
    return int(found.group(1)) * _SECONDS[found.group(2)] if found else None


class Anything(Kind):
    """Any value at all: constants and templates."""

    def schema(self, book: Book) -> JsonSchema:
        """Everything, by name: an editor knows then that a value follows."""
        return self.scalar("string", "number", "boolean", "object", "array")


class Single(Kind):
    """One of several values: no list, and no map."""

    expected = "a text, a number, true, false or null"

    def check(self, value: Any) -> None:
        """Raise for lists and maps."""
        if isinstance(value, list | Mapping):
            refuse(self.expected, value)

    def schema(self, book: Book) -> JsonSchema:
        """Any scalar."""
        return self.scalar("string", "number", "boolean")


class Text(Kind):
    """A text; a number or boolean must be quoted to be one."""

    expected = "a text"

    def check(self, value: Any) -> None:
        """Raise for anything but text."""
        if not isinstance(value, str):
            hint = f'quote it: "{str(value).lower()}"' if isinstance(value, bool | int | float) else None
            refuse(self.expected, value, hint)

    def schema(self, book: Book) -> JsonSchema:
        """Any text."""
        return self.scalar("string")


class _TextOrNumber(Kind):
    def check(self, value: Any) -> None:
        """Raise for lists, maps and booleans."""
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            refuse(self.expected, value)

    def schema(self, book: Book) -> JsonSchema:
        """Text or number."""
        return self.scalar("string", "number")


class Label(_TextOrNumber):
    """What people call something, such as a version: text or number."""

    expected = "a text"


class Bound(_TextOrNumber):
    """min and max: a number, or a text for a date."""

    expected = "a number, or a date as text"


class Flag(Kind):
    """true or false."""

    expected = "true or false"

    def check(self, value: Any) -> None:
        """Raise for anything else, with the word to write for a word such as `yes`."""
        if isinstance(value, bool):
            return
        hint = None
        if isinstance(value, str) and value in _LOOKS_BOOLEAN:
            meant = "true" if value.lower() in {"yes", "on", "true", "y"} else "false"
            hint = f"{value} is text here; write {meant}"
        elif value in ("true", "false"):
            hint = f"write {value} without quotes"
        elif isinstance(value, str) and _LOOKS_CONDITIONAL.search(value):
            hint = "a condition has keywords of its own, such as required_if and forbidden_if"
        refuse(self.expected, value, hint)

    def schema(self, book: Book) -> JsonSchema:
        """true or false."""
        return self.scalar("boolean")


class Whole(Kind):
    """A whole number, from `least` to `most`."""

    def __init__(
        self, meaning: str = "", *, least: int | None = None, most: int | None = None, **options: Any
    ) -> None:
        super().__init__(meaning, **options)
        self.least = least
        self.most = most
        self.expected = "a whole number" + (f" from {least}" if least is not None else "")

    def check(self, value: Any) -> None:
        """Raise for anything else or out of range."""
        if isinstance(value, bool) or not isinstance(value, int):
            refuse(self.expected, value, number_hint(value))
        if (self.least is not None and value < self.least) or (self.most is not None and value > self.most):
            refuse(self.expected + (f" to {self.most}" if self.most is not None else ""), value)

    def schema(self, book: Book) -> JsonSchema:
        """Within its bounds."""
        bounds = {"minimum": self.least, "maximum": self.most}
        return self.scalar("integer", **{name: one for name, one in bounds.items() if one is not None})


def number_hint(value: object) -> str | None:
    """What to do about a text that other YAML readers take for a number."""
    if isinstance(value, str) and _LOOKS_NUMERIC.fullmatch(value):
        return f"{value} is text here; write a plain decimal number without quotes, _ or leading zeros"
    return None


class Choice(Kind):
    """One of a few words."""

    def __init__(self, *words: str | bool, meaning: str = "", **options: Any) -> None:
        super().__init__(meaning, **options)
        self.words = words
        shown = [str(word).lower() if isinstance(word, bool) else word for word in words]
        self.expected = f"{', '.join(shown[:-1])} or {shown[-1]}" if len(shown) > 1 else shown[0]

    def check(self, value: Any) -> None:
        """Raise for any other word, naming the nearest."""
        if not any(value is word or (isinstance(value, str) and value == word) for word in self.words):
            known = [word for word in self.words if isinstance(word, str)]
            refuse(self.expected, value, did_you_mean(value, known) if isinstance(value, str) else None)

    def schema(self, book: Book) -> JsonSchema:
        """These words."""
        return {"enum": list(self.words), "errorMessage": f"expected {self.expected}"}


class Switchable(Choice):
    """One of a few words, or the setting of api.yaml that gives one."""

    def __init__(self, *words: str, meaning: str = "", **options: Any) -> None:
        super().__init__(*words, meaning=meaning, **options)
        self.expected = f"{', '.join(words)} or a setting such as settings.some_switch"

    def check(self, value: Any) -> None:
        """Raise for any other word, naming the nearest; settings are looked for by the checks."""
        if not isinstance(value, str) or SETTING.fullmatch(value) is None:
            super().check(value)

    def schema(self, book: Book) -> JsonSchema:
        """These words, and the names of settings."""
        setting = self.scalar("string", pattern=anchored(SETTING), description="A setting of `api.yaml`.")
        return {"anyOf": [super().schema(book), setting]}


class Cel(Kind):
    """A CEL expression: always a text."""

    expected = "a CEL expression"

    def check(self, value: Any) -> None:
        """Raise for anything but a text that is not empty."""
        if isinstance(value, str) and value.strip():
            return
        hint = "write it as text in quotes"
        if isinstance(value, bool):
            hint = (
                f"a condition that is always {str(value).lower()} needs no expression: drop it, or quote it"
            )
        elif isinstance(value, Mapping):
            hint = "an expression that starts with { must be in quotes"
        elif isinstance(value, list):
            hint = "an expression that starts with [ must be in quotes"
        raise flawed(Flaw("not-an-expression", f"expected a CEL expression, found {describe(value)}", hint))

    def schema(self, book: Book) -> JsonSchema:
        """A text that is not blank."""
        return self.scalar("string", pattern=r"\S")


class Pattern(Kind):
    """A text that a regular expression describes."""

    def __init__(
        self,
        pattern: re.Pattern[str],
        expected: str,
        hint: str,
        code: str,
        meaning: str = "",
        **options: Any,
    ) -> None:
        super().__init__(meaning, **options)
        self.pattern = pattern
        self.expected = expected
        self.hint = hint
        self.code = code

    def check(self, value: Any) -> None:
        """Raise for other texts and other values."""
        if not isinstance(value, str):
            # A number alone is a duration without its unit.
            refuse(self.expected, value, self.hint if isinstance(value, int | float) else None)
        if not self.pattern.fullmatch(value):
            raise flawed(Flaw(self.code, f"expected {self.expected}, found {describe(value)}", self.hint))

    def schema(self, book: Book) -> JsonSchema:
        """The whole of it."""
        said = self.scalar("string", pattern=anchored(self.pattern))
        return {**said, "errorMessage": f"{said['errorMessage']}: {self.hint}"}


LETTERS = "letters, digits and _ only, and no digit first: names become columns and tables of a database"
Name = functools.partial(Pattern, NAME, "a name", LETTERS, "bad-name")
Resource = functools.partial(
    Pattern, RESOURCE, "a resource as <api>/<name>", "for example rubixx/person", "bad-name"
)
Duration = functools.partial(
    Pattern, _DURATION, "a duration", "for example 21d, 12h, 90m or 10s", "bad-duration"
)


class Word(Pattern):
    """A name of which the registry knows some. `free`: there may be others, of the rule files themselves."""

    def __init__(self, table: str, meaning: str = "", *, free: bool = False, **options: Any) -> None:
        super().__init__(NAME, "a name", LETTERS, "bad-name", meaning, **options)
        self.table = table
        self.free = free

    def check(self, value: Any) -> None:
        """Raise for other values; a text that is no name is told by who knows the names that there are."""
        if not (self.free and isinstance(value, str)):
            super().check(value)

    def schema(self, book: Book) -> JsonSchema:
        """The known words, each with its meaning."""
        known = book.words(self.table)
        listed: JsonSchema = {"enum": list(known)}
        if any(known.values()):
            listed["markdownEnumDescriptions"] = list(known.values())
        if book.strict and not self.free:
            return {**listed, "errorMessage": f"expected {', '.join(known)}"}
        others = {
            "pattern": f"^(?!(?:{'|'.join(known)})$)(?:{NAME.pattern})$",
            # Told apart from the known words, an editor shows what is said of the keyword.
            "description": "A name of the rule files themselves.",
        }
        told = f"expected a name: {LETTERS}"
        return self.scalar("string", anyOf=[{**one, "errorMessage": told} for one in (listed, others)])
