"""Maps as expressions see them: a declared field that is absent reads as null, an unsound one is unknown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from copy import copy
from typing import Any, Final, NoReturn

from rulewright import cel
from rulewright.compiled import CompiledField

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


class LazyView(Whole):
    """A Whole whose values are decoded when they are first read.

    It has those names of `taken` that are in `stored`, in the order of `taken`.
    """

    __slots__ = ("_decode", "_stored", "_taken")

    def __init__(
        self,
        declared: Collection[str],
        taken: Collection[str],
        stored: Collection[str],
        decode: Callable[[str], object],
    ) -> None:
        super().__init__({}, declared)
        self._taken = taken
        self._stored = stored
        self._decode = decode

    def __missing__(self, name: str) -> object:
        if name in self.unsound or name not in self._taken or name not in self._stored:
            return super().__missing__(name)
        value = self[name] = self._decode(name)
        return value

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (name in self._stored and name in self._taken)

    def mark_unsound(self, name: str) -> None:
        """Let no rule rely on this name any more."""
        if name not in self.unsound and name in self:
            self.partial[name] = self[name]
            del self[name]
        self.unsound.add(name)

    def peek(self, name: str) -> object:
        """What a name stands for; NOT_READ where nobody may rely on it."""
        if name in self.unsound:
            return NOT_READ
        with suppress(KeyError):
            return self[name]
        return None

    def _require_sound(self) -> None:
        """Decode the rest, too: the whole is read."""
        super()._require_sound()
        if self._taken:
            values = {name: self[name] for name in self._taken if name in self._stored}
            self.clear()
            self.update(values)
            self._taken = ()

    def keys(self) -> Any:
        """As dict.keys, for a sound map only."""
        self._require_sound()
        return super().keys()

    def values(self) -> Any:
        """As dict.values, for a sound map only."""
        self._require_sound()
        return super().values()


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

    @contextmanager
    def working_out(self, name: str) -> Iterator[None]:
        """Within the block the field `name` is being worked out: who reads it sees what there is of it."""
        is_pulled = name in self._pulling
        self._pulling.add(name)
        try:
            yield
        finally:
            if not is_pulled:
                self._pulling.discard(name)
                self._partly.pop(name, None)

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
    if isinstance(values, LazyView):
        return values.peek(name)
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
