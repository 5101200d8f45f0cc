"""What a kind of value is: what does not fit is refused as `Flaw`s, and editors are told as JSON Schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from rulewright.reader.flaws import Flaw, FlawedError

if TYPE_CHECKING:
    from rulewright.reader.shapes import Shape


def describe(value: object) -> str:
    """How a report names a value: the text itself where it is short, else its kind."""
    if isinstance(value, str):
        return f'the text "{value}"' if len(value) <= 40 else "a text"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"the number {value}" if len(str(value)) <= 40 else "a number"
    if value is None:
        return "nothing (null)"
    return "a map" if isinstance(value, Mapping) else "a list"


def refuse(expected: str, value: object, hint: str | None = None) -> NoReturn:
    """Raise that something else stands where `expected` should."""
    raise flawed(Flaw("wrong-value", f"expected {expected}, found {describe(value)}", hint))


def flawed(flaw: Flaw) -> FlawedError:
    """One `Flaw` of a whole value."""
    return FlawedError((flaw,))


JsonSchema = dict[str, Any]


class Book(Protocol):
    """What a JSON Schema of kinds is written into.

    `strict`: a word that is not known is refused. What nobody uses yet is not judged.
    """

    @property
    def strict(self) -> bool: ...

    def refer(self, shape: type[Shape]) -> str:
        """Where a map of keywords is defined, once: what stands behind `$ref`."""

    def words(self, table: str) -> Mapping[str, str]:
        """The words of a table of the registry, each with its meaning ("" where it has none)."""

    def options(self, generator: str) -> JsonSchema:
        """What is known of a generator's options."""


class Kind:
    """The value of one keyword. `check` raises what is wrong with it, `schema` says it as JSON Schema.

    `meaning` is what the keyword means, in Markdown, as the pages in docs/ have it. `data_key` is the keyword
    where Python needs another name for it.
    """

    expected = "a value"

    def __init__(
        self,
        meaning: str = "",
        *,
        required: bool = False,
        allow_none: bool = False,
        data_key: str | None = None,
    ) -> None:
        self.meaning = meaning
        self.required = required
        self.allow_none = allow_none
        self.data_key = data_key

    def check(self, value: Any) -> None:
        """Raise FlawedError if the value, which is not null, can't stand here."""

    def judge(self, value: Any) -> None:
        """Raise FlawedError if the value can't stand here."""
        if value is not None:
            self.check(value)
        elif not self.allow_none:
            refuse(self.expected, value, self.advice(value))

    def advice(self, value: object) -> str | None:
        """What to write in the place of a value of another kind, where that can be told."""
        return None

    def json_schema(self, book: Book) -> JsonSchema:
        """What JSON Schema can say of the value; it never refuses what `judge` takes."""
        said = self.schema(book)
        if not self.allow_none:
            return said
        if "$ref" in said:
            return {"type": ["object", "null"], **if_map(said)}
        for keyword in ("type", "enum"):
            if keyword in said:
                said[keyword] = [*as_list(said[keyword]), "null" if keyword == "type" else None]
        return said

    def schema(self, book: Book) -> JsonSchema:
        """The same of a value that is not null."""
        raise NotImplementedError

    def scalar(self, *types: str, **said: object) -> JsonSchema:
        """The schema of a scalar. An editor that knows `errorMessage` then says what the reader says."""
        return {
            "type": types[0] if len(types) == 1 else list(types),
            **said,
            "errorMessage": f"expected {self.expected}",
        }


def if_map(said: JsonSchema) -> JsonSchema:
    """What is said of a map, where the value may be something else."""
    return {"if": {"type": "object"}, "then": said}


def as_list(value: Any) -> list[Any]:
    """A value alone, or as many as there are."""
    return value if isinstance(value, list) else [value]


def anchored(pattern: re.Pattern[str]) -> str:
    """A regular expression of JSON Schema that the whole text must match, as `fullmatch` asks."""
    return f"^(?:{pattern.pattern})$"
