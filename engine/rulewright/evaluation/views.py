"""Maps as expressions see them: a declared field that is absent reads as null, an unsound one is unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from copy import copy
from datetime import date, datetime
from typing import Any, Final, NoReturn

from rulewright import cel
from rulewright.compiled import CompiledField
from rulewright.fieldtypes import print_date, print_datetime

Fields = Mapping[str, CompiledField]


class Everything(Collection[str]):
    """The names of a map that declares none: any of them reads as null when absent."""

    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


class View(dict[str, object]):
    """A map with declared names. `has(view.x)` is whether x is there; `view.x` is null when it is not.

    `unsound` names can't be relied on (language.md "Order, stops, unsound inputs"): reading one raises
    cel.Unknown, and so does reading the map as a whole. `partial` keeps what is sound of them.
    """

    __slots__ = ("declared", "nulls", "partial", "unsound")

    def __init__(self, values: Mapping[str, object], declared: Collection[str]) -> None:
        super().__init__(values)
        self.declared = declared
        self.unsound: set[str] = set()
        self.partial: dict[str, object] = {}
        # Names that were sent as null where null is no value: unsound, and yet surely not given.
        self.nulls: set[str] = set()

    def mark_unsound(self, name: str) -> None:
        """Let no rule rely on this name any more."""
        self.unsound.add(name)
        if name in self.keys():
            self.partial[name] = super().pop(name)

    def __missing__(self, name: str) -> object:
        if name in self.unsound:
            raise cel.Unknown(f"{name} has a problem of its own")
        if name in self.declared:
            return None
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        if name in self.unsound:
            raise cel.Unknown(f"{name} has a problem of its own")
        return super().__contains__(name)

    def is_given(self, name: str) -> bool:
        """Whether the name is there and not null. Raises cel.Unknown for an unsound one."""
        return name in self and self[name] is not None


class Whole(View):
    """A View that also refuses to be read as a whole while a part of it is unsound."""

    __slots__ = ()

    def _require_sound(self) -> None:
        if self.unsound:
            raise cel.Unknown("a part of it has a problem of its own")

    def __eq__(self, other: object) -> bool:
        self._require_sound()
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None  # type: ignore[assignment]  # dicts have none either

    def __len__(self) -> int:
        self._require_sound()
        return super().__len__()

    def __iter__(self) -> Iterator[str]:
        self._require_sound()
        return super().__iter__()

    def items(self) -> Any:
        """As dict.items, for a sound map only."""
        self._require_sound()
        return super().items()


class LazyRecord(dict[str, object]):
    """`record`: what will be stored. Each field is worked out when it is first read.

    `has(record.x)` is whether x is not null: what is stored knows no difference.
    """

    __slots__ = ("_encoded", "_failures", "_partly", "_pull", "_pulling", "declared")

    def __init__(self, declared: Collection[str], pull: Callable[[str], object]) -> None:
        super().__init__()
        self.declared = declared
        self._pull = pull
        self._pulling: set[str] = set()
        self._partly: dict[str, object] = {}
        self._failures: dict[str, cel.CelError] = {}
        self._encoded: dict[str, object] | None = None

    def __missing__(self, name: str) -> object:
        if name not in self.declared:
            raise KeyError(name)
        if name in self._failures:
            raise copy(self._failures[name])
        if name in self._partly:
            return self._partly[name]
        if name in self._pulling:
            raise cel.EvaluationError(f"record.{name} depends on itself")
        self._pulling.add(name)
        try:
            value = self[name] = self._pull(name)
        except cel.CelError as error:
            # A copy has no traceback, which would hold on to all that led here.
            self._failures[name] = copy(error)
            raise
        finally:
            self._pulling.discard(name)
            self._partly.pop(name, None)
        return value

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name in self.declared and self[name] is not None

    def show_partly(self, name: str, value: object) -> None:
        """While the field `name` is worked out, let its inner computes read what there is of it."""
        if name in self._pulling:
            self._partly[name] = value

    def forget(self) -> None:
        """Work every field out anew when it is read next."""
        self.clear()
        self._encoded = None
        self._failures.clear()

    def encoded(self, encode: Callable[[Mapping[str, object]], dict[str, object]]) -> dict[str, object]:
        """Return all fields in stored form, encoded once until something is forgotten."""
        if self._encoded is None:
            self._encoded = encode(self._everything())
        return self._encoded

    def _everything(self) -> dict[str, object]:
        return {name: self[name] for name in self.declared}

    def __iter__(self) -> Iterator[str]:
        return iter(self._everything())

    def __len__(self) -> int:
        return len(self.declared)

    def items(self) -> Any:
        """All fields, worked out."""
        return self._everything().items()

    def __eq__(self, other: object) -> bool:
        return self._everything() == other

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = None


class Scope(dict[str, object]):
    """The names that expressions read. Each is resolved when it is first read, then kept."""

    __slots__ = ("_failures", "_fixed", "_resolve", "_resolving")

    def __init__(self, fixed: Mapping[str, object], resolve: Callable[[str], object]) -> None:
        super().__init__(fixed)
        self._fixed = frozenset(fixed)
        self._resolve = resolve
        self._resolving: set[str] = set()
        self._failures: dict[str, cel.CelError] = {}

    def __missing__(self, name: str) -> object:
        if name in self._failures:
            raise copy(self._failures[name])
        if name in self._resolving:
            raise cel.EvaluationError(f"{name} depends on itself")
        self._resolving.add(name)
        try:
            value = self[name] = self._resolve(name)
        except cel.CelError as error:
            # A copy has no traceback, which would hold on to all that led here.
            self._failures[name] = copy(error)
            raise
        finally:
            self._resolving.discard(name)
        return value

    def forget(self) -> None:
        """Resolve every name anew when it is read next, except the fixed ones."""
        for name in self.keys() - self._fixed:
            del self[name]
        self._failures.clear()

    def __contains__(self, name: object) -> bool:
        if super().__contains__(name):
            return True
        try:
            self[str(name)]
        except KeyError:
            return False
        return True


NOT_READ: Final = object()


def peek(values: Mapping[str, object], name: str) -> object:
    """Return what a name stands for if that has been worked out already, else NOT_READ.

    What a map does not have at all reads as null.
    """
    if isinstance(values, Layer) and not values.has_own(name):
        return peek(values._below, name)
    if isinstance(values, View) and name in values.unsound:
        return NOT_READ
    lazy = isinstance(values, Scope | LazyRecord)
    return dict.get(values, name, NOT_READ if lazy else None) if isinstance(values, dict) else None


class Layer(dict[str, object]):
    """A few names, such as `value`, in front of a scope. `sensitive`: reports must mask them.

    `fields` tells of those names that stand for records what these hold, so that reports mask the right part
    and no other.
    """

    __slots__ = ("_below", "fields", "sensitive")

    def __init__(
        self,
        names: Mapping[str, object],
        below: Mapping[str, object],
        *,
        sensitive: bool = False,
        fields: Mapping[str, Fields] | None = None,
    ) -> None:
        super().__init__(names)
        self._below = below
        self.sensitive = sensitive
        self.fields: Mapping[str, Fields] = fields if fields is not None else {}

    def __missing__(self, name: str) -> object:
        return self._below[name]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or name in self._below

    def has_own(self, name: str) -> bool:
        """Whether the name is one of those in front."""
        return super().__contains__(name)


def never(name: str) -> NoReturn:
    """The resolver of a scope that has fixed names only."""
    raise KeyError(name)


class PrintedTimestamp(cel.Timestamp):
    """A timestamp that knows how its field prints it; to expressions it is one like any other."""

    __slots__ = ("text",)

    text: str

    def __init__(self, moment: date, text: str) -> None:
        instant = moment if isinstance(moment, datetime) else datetime(moment.year, moment.month, moment.day)
        super().__init__(cel.Timestamp.from_datetime(instant).nanos)
        object.__setattr__(self, "text", text)

    # Timestamps compare themselves with those of their own class alone.

    def __eq__(self, other: object) -> bool:
        return isinstance(other, cel.Timestamp) and self.nanos == other.nanos

    def __hash__(self) -> int:
        return hash(cel.Timestamp(self.nanos))

    def __lt__(self, other: cel.Timestamp) -> bool:
        return self.nanos < other.nanos

    def __le__(self, other: cel.Timestamp) -> bool:
        return self.nanos <= other.nanos

    def __gt__(self, other: cel.Timestamp) -> bool:
        return self.nanos > other.nanos

    def __ge__(self, other: cel.Timestamp) -> bool:
        return self.nanos >= other.nanos


def decode_value(field: CompiledField, stored: object, *, printed: bool = False) -> object:
    """Turn a stored value into what expressions see; `printed` dates remember their field's format."""
    if stored is None:
        return None
    if field.children and isinstance(stored, Mapping):
        return decode_record({child.name: child for child in field.children}, stored, printed=printed)
    if field.items is not None:
        if isinstance(stored, list | tuple):
            return [decode_value(field.items, item, printed=printed) for item in stored]
        if isinstance(stored, Mapping):
            return {name: decode_value(field.items, item, printed=printed) for name, item in stored.items()}
    value = field.type.decode(stored)
    if printed and isinstance(value, date):
        return PrintedTimestamp(value, print_instant(value, field.rule.type, field.rule.format))
    return value


def print_instant(value: date, type_: str, format_: str | None) -> str:
    """Print a date or an instant in a format of the rule language (default: iso)."""
    return str((print_date if type_ == "date" else print_datetime)(value, format_ or "iso"))


def decode_record(fields: Fields, stored: Mapping[str, object], *, printed: bool = False) -> View:
    """Turn a stored record into a View; nulls are left out, so that `has` tells null from a value.

    `printed` is for responses: dates remember their field's format, and every declared field is there,
    because an API's callers tell a null from a missing key.
    """
    if printed:
        stored = {**dict.fromkeys(fields), **stored}
    return View(
        {
            name: decode_value(fields[name], value, printed=printed) if name in fields else value
            for name, value in stored.items()
            if value is not None or printed
        },
        fields.keys(),
    )


def encode_value(field: CompiledField, value: object) -> object:
    """Turn a decoded value into what is stored."""
    if value is None:
        return None
    if field.children and isinstance(value, Mapping):
        children = {child.name: child for child in field.children}
        return {
            name: encode_value(children[name], part) if name in children else part
            for name, part in value.items()
        }
    if field.items is not None:
        if isinstance(value, list | tuple):
            return [encode_value(field.items, item) for item in value]
        if isinstance(value, Mapping):
            return {name: encode_value(field.items, item) for name, item in value.items()}
    return field.type.encode(value)


def encode_record(fields: Fields, values: Mapping[str, object]) -> dict[str, object]:
    """Turn decoded fields into stored ones, in the order of the rule file."""
    return {name: encode_value(field, values[name]) for name, field in fields.items() if name in values}
