"""Nodes of a resource's file to `model.RuleFile`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from rulewright.model import (
    Finding,
    Inference,
    Operation,
    ResponseShape,
    RuleFile,
    Template,
    TemplateMap,
    Variant,
)
from rulewright.problem import Severity, VendorError
from rulewright.reader.behaviour import read_effects, read_lookups, read_workflow
from rulewright.reader.fields import read_checks, read_fields
from rulewright.reader.file_shape import is_vendor_error
from rulewright.reader.parts import Part, template_map_of
from rulewright.reader.types import Merging
from rulewright.source import ListNode, MapNode, Node, to_plain


def read_resource(resource: str, file: str, part: Part, merging: Merging) -> RuleFile:
    """One resource, with the types, formats and defaults of its API merged in."""
    api, _, name = resource.partition("/")
    lookups = read_lookups(part)
    variants, variants_error = _variants(part)
    return RuleFile(
        resource=resource,
        file=file,
        span=part.span,
        at=part.at,
        api=api,
        name=name,
        key=part.text("key") or "",
        fields=read_fields(part, "fields", merging),
        title=part.text("title"),
        description=part.text("description"),
        version=part.text("version"),
        unknown=cast("Literal['reject', 'ignore']", merging.unknown),
        operations=tuple(_operations(part)),
        lookups=lookups,
        variants=variants,
        variants_error=variants_error,
        checks=read_checks(part.parts("checks")),
        invariants=read_checks(part.parts("invariants")),
        effects=read_effects(part),
        inferences=tuple(_inference(below) for below in part.parts("infer")),
        workflow=read_workflow(part, {lookup.name: lookup for lookup in lookups}, merging),
        response=_response(part.part("response")),
        scope=part.template_map("scope"),
    )


def _operations(part: Part) -> Iterator[Operation]:
    for name, below in part.named("operations"):
        yield Operation(
            name=name.text,
            span=name.span,
            at=below.at,
            method=below.text("method"),
            path=below.text("path"),
            permission=below.text("permission"),
            status=below.whole("status"),
            accepts=below.texts("accepts"),
            event=below.text("event"),
        )


def _variants(part: Part) -> tuple[tuple[Variant, ...], VendorError | None]:
    """Variants by name or as a list, and the vendor's error that may stand among them."""
    node = part.node_of("variants")
    if isinstance(node, ListNode):
        return tuple(_variant(below.text("name") or "", below) for below in part.parts("variants")), None
    below = part.part("variants")
    if below is None:
        return (), None
    error_node = below.node_of("error")
    error = below.error() if error_node is not None and is_vendor_error(to_plain(error_node)) else None
    named = (pair for pair in part.named("variants") if error is None or pair[0].text != "error")
    return tuple(_variant(name.text, variant) for name, variant in named), error


def _variant(name: str, part: Part) -> Variant:
    return Variant(
        name=name,
        required=part.texts("required"),
        forbidden=part.texts("forbidden"),
        span=part.span,
        title=part.text("title"),
    )


def _inference(part: Part) -> Inference:
    return Inference(
        id=part.text("id") or "",
        facts=part.text_map("facts"),
        span=part.span,
        at=part.at,
        when=part.expression("when"),
        asserts=_asserted(part.node_of("assert")),
        problem=_finding(part.part("problem")),
        set=part.template_map("set"),
    )


def _asserted(node: Node | None) -> dict[str, TemplateMap]:
    """Kinds of facts, each with its fields; a kind without any is a flag."""
    if not isinstance(node, MapNode):
        return {}
    return {
        entry.key.text: template_map_of(entry.value)
        if isinstance(entry.value, MapNode)
        else TemplateMap({}, entry.key.span)
        for entry in node.entries
    }


def _finding(part: Part | None) -> Finding | None:
    if part is None:
        return None
    return Finding(
        span=part.span,
        at=part.at,
        message=part.text("message"),
        severity=cast("Severity", part.text("severity") or "error"),
        path=part.text("path"),
        with_=part.template_map("with"),
        error=part.error(),
    )


def _response(part: Part | None) -> ResponseShape | None:
    if part is None:
        return None
    include = part.template_map("include")
    entries: dict[str, Template] = dict(include.entries) if isinstance(include, TemplateMap) else {}
    return ResponseShape(span=part.span, body=part.template("body"), include=entries)
