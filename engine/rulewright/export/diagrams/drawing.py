"""What a diagram shows, before it is written in a language of diagrams."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

# How many records may stand at an end of a line: exactly one, none or one, any number.
End = Literal["one", "maybe", "many"]


class State(Struct, frozen=True):
    """A state of a record. `id` is unlike all others of the diagram; `notes` are lines of one note."""

    id: str
    name: str
    title: str | None = None
    final: bool = False
    notes: tuple[str, ...] = ()


class Arrow(Struct, frozen=True):
    """All moves from one state to another; `start` is None where a record begins. `labels` are lines."""

    start: str | None
    to: str
    labels: tuple[str, ...] = ()


class Chart(Struct, frozen=True):
    """The workflow of one resource."""

    id: str
    resource: str
    states: tuple[State, ...]
    arrows: tuple[Arrow, ...]


class Row(Struct, frozen=True):
    """A line in a box: a field that is a key of some kind. `path` is its whole path where it lies deeper."""

    type: str
    name: str
    keys: tuple[str, ...] = ()
    path: str | None = None


class Box(Struct, frozen=True):
    """A resource with its keys, or a target of messages. `note`: what it does with others of its kind."""

    name: str
    rows: tuple[Row, ...] = ()
    note: str | None = None
    is_target: bool = False


class Link(Struct, frozen=True):
    """What the rules of one resource have to do with another. `is_reference`: a field names its records."""

    source: str
    target: str
    labels: tuple[str, ...]
    near: End
    far: End
    is_reference: bool


class Relations(Struct, frozen=True):
    """How resources hang together."""

    boxes: tuple[Box, ...]
    links: tuple[Link, ...]
