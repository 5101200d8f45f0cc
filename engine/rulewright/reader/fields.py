"""Nodes to `model.Field`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, cast

from msgspec.structs import replace

from rulewright.model import Check, Compute, Constant, Expression, Field, Generate, Reference, Unique
from rulewright.problem import Severity
from rulewright.reader.field_shape import is_long_compute
from rulewright.reader.parts import Part, template_of
from rulewright.reader.scalars import SETTING
from rulewright.reader.types import Merging, Resolved
from rulewright.source import ListNode, MapNode, Scalar, to_plain

_Unknown = Literal["reject", "ignore"]


def read_fields(part: Part, keyword: str, merging: Merging, stack: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """The fields below a keyword."""
    found = (read_field(name, below.node, merging, stack) for name, below in part.named(keyword))
    return tuple(field for field in found if field is not None)


def read_field(name: Scalar, node: MapNode, merging: Merging, stack: tuple[str, ...] = ()) -> Field | None:
    """One field with its types merged in; None, with a problem noted, where it has no type."""
    if not merging.has_room(node):
        return None
    resolved = merging.resolve(node, stack)
    if resolved is None:
        return None
    if resolved.base is None:
        hint = "for example type: string"
        merging.problems.append(name.problem("missing-keyword", f"{name.text} has no type", hint=hint))
        return None
    merging.depth += 1
    field = _field(name, resolved, resolved.base, merging)
    merging.depth -= 1
    return field


def _field(name: Scalar, resolved: Resolved, base: str, merging: Merging) -> Field:
    part = Part(resolved.node)
    kind = merging.kinds.get(base)
    field = Field(
        name=name.text,
        type=base,
        span=name.span,
        at=part.at,
        type_name=resolved.type_name,
        title=part.text("title"),
        description=part.text("description"),
        example=part.constants("example"),
        messages=part.text_map("messages"),
        error=part.error(),
        # Values of some types are never shown, whatever the file says.
        sensitive=part.flag("sensitive") or (kind is not None and kind.sensitive),
    )
    field = _with_presence(field, part)
    field = _with_supplied(field, part)
    field = _with_shape(field, part, merging)
    field = _with_inner(field, part, merging, resolved.stack)
    return replace(
        field,
        references=_reference(part),
        unique=_unique(part),
        checks=read_checks(part.parts("checks")),
    )


def _with_presence(field: Field, part: Part) -> Field:
    return replace(
        field,
        required=part.flag("required"),
        required_if=part.expression("required_if"),
        required_unless=part.expression("required_unless"),
        required_with=part.texts("required_with"),
        required_without=part.texts("required_without"),
        forbidden_if=part.expression("forbidden_if") or part.expression("prohibited_if"),
        forbidden_with=part.texts("forbidden_with"),
        forbidden_without=part.texts("forbidden_without"),
        excluded_if=part.expression("excluded_if"),
        nullable=part.flag("nullable"),
        blank="absent" if "blank" in part else None,
    )


def _with_supplied(field: Field, part: Part) -> Field:
    """The values that the system supplies or guards."""
    word = part.text("readonly")
    setting = SETTING.fullmatch(word or "")
    return replace(
        field,
        default=part.constants("default"),
        default_from=part.template("default_from"),
        compute=_compute(part),
        readonly=cast("Literal['ignore', 'reject'] | None", "ignore" if setting else word),
        readonly_by=setting[1] if setting else None,
        immutable=part.flag("immutable"),
        generate=_generate(part),
    )


def _with_shape(field: Field, part: Part, merging: Merging) -> Field:
    format_ = part.text("format")
    at = field.at
    if format_ is None and field.type in merging.formats:
        shared = merging.formats[field.type]
        format_, at = shared.text, {**at, "format": shared.span}
    return replace(
        field,
        at=at,
        min=part.constant("min"),
        max=part.constant("max"),
        min_length=part.whole("min_length"),
        max_length=part.whole("max_length"),
        pattern=part.text("pattern"),
        one_of=_one_of(part),
        format=format_,
        unique_items=_unique_items(part),
    )


def _with_inner(field: Field, part: Part, merging: Merging, stack: tuple[str, ...]) -> Field:
    """Items and inner fields, and what an object does with unknown ones."""
    items = part.node.entry("items")
    inner: Field | None = None
    if items is not None and isinstance(items.value, MapNode):
        inner = read_field(items.key, items.value, merging, stack)
    return replace(
        field,
        items=inner,
        fields=read_fields(part, "fields", merging, stack) if "fields" in part else None,
        unknown=cast("_Unknown", part.text("unknown") or merging.unknown) if field.type == "object" else None,
    )


def _compute(part: Part) -> Compute | None:
    found = part.node.entry("compute")
    if found is None:
        return None
    if isinstance(found.value, MapNode) and is_long_compute(to_plain(found.value)):
        long = Part(found.value)
        value = long.template("value")
        return None if value is None else Compute(value=value, on=long.occasions(), span=found.key.span)
    return Compute(value=template_of(found.value), on=None, span=found.key.span)


def _generate(part: Part) -> Generate | None:
    found = part.node.entry("generate")
    if found is None:
        return None
    if isinstance(found.value, MapNode):
        ((kind, options),) = ((entry.key.text, to_plain(entry.value)) for entry in found.value.entries)
        assert isinstance(options, dict)
        return Generate(kind=kind, span=found.key.span, options=options)
    return Generate(kind=part.text("generate") or "", span=found.key.span)


def _one_of(part: Part) -> tuple[Constant, ...] | Expression | None:
    found = part.node_of("one_of")
    if isinstance(found, ListNode):
        return tuple(item.value for item in found.items if isinstance(item, Scalar))
    return part.expression("one_of")


def _unique_items(part: Part) -> Literal["refuse", "collapse"] | None:
    if part.text("unique_items") == "collapse":
        return "collapse"
    return "refuse" if part.flag("unique_items") else None


def _reference(part: Part) -> Reference | None:
    found = part.part("references")
    resource = found.text("resource") if found else None
    if found is None or resource is None:
        return None
    return Reference(
        resource=resource,
        span=found.span,
        at=found.at,
        by=found.text("by"),
        where=found.template_map("where"),
        bind=found.text("as"),
        error=found.error(),
    )


def _unique(part: Part) -> Unique | None:
    found = part.node.entry("unique")
    if found is None or part.constant("unique") is False:
        return None
    if not isinstance(found.value, MapNode):
        return Unique(span=found.key.span, at={})
    long = Part(found.value)
    return Unique(
        span=found.key.span,
        at=long.at,
        within=long.texts("within"),
        where=long.template_map("where"),
        error=long.error(),
    )


def read_checks(parts: Iterable[Part]) -> tuple[Check, ...]:
    """A list of conditions."""
    return tuple(check for check in map(_check, parts) if check is not None)


def _check(part: Part) -> Check | None:
    name, condition = part.text("id"), part.expression("check")
    if name is None or condition is None:
        return None
    return Check(
        id=name,
        check=condition,
        span=part.span,
        at=part.at,
        message=part.text("message"),
        severity=cast("Severity", part.text("severity") or "error"),
        path=part.text("path"),
        on=part.occasions(),
        error=part.error(),
    )
