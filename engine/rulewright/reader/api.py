"""Nodes of api.yaml to `model.Api`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, cast

from rulewright.model import Api, Auth, ErrorDialect, Expression, Idempotency, Setting, Target
from rulewright.problem import Span
from rulewright.reader.parts import Part
from rulewright.source import ListNode, Scalar


def read_api(name: str, file: str, part: Part) -> Api:
    """What the resources of one API share."""
    return Api(
        name=name,
        file=file,
        span=part.span,
        at=part.at,
        title=part.text("title"),
        description=part.text("description"),
        auth=_auth(part.part("auth")),
        errors=_errors(part.part("errors")),
        idempotency=_idempotency(part.part("idempotency")),
        envelope=part.template("envelope"),
        targets=tuple(_targets(part)),
        unknown=cast("Literal['reject', 'ignore']", part.text("unknown") or "reject"),
        formats=part.text_map("formats"),
        settings=tuple(_settings(part)),
    )


def default_api(name: str, file: str) -> Api:
    """An API without api.yaml."""
    return Api(name=name, file=file, span=Span(file, 1, 1, 1, 1), at={})


def _auth(part: Part | None) -> Auth | None:
    if part is None:
        return None
    return Auth(
        span=part.span,
        header=part.text("header"),
        also=part.texts("also"),
        scheme=part.text("scheme"),
        actor=part.text_map("actor"),
        permissions=part.expression("permissions"),
        headers=part.texts("headers"),
    )


def _errors(part: Part | None) -> ErrorDialect | None:
    if part is None:
        return None
    status = {code: value for code, value in part.plain_map("status").items() if isinstance(value, int)}
    return ErrorDialect(dialect=part.text("dialect") or "", span=part.span, status=status)


def _idempotency(part: Part | None) -> Idempotency | None:
    if part is None:
        return None
    scope = part.node_of("scope")
    items = scope.items if isinstance(scope, ListNode) else ()
    return Idempotency(
        header=part.text("header") or "",
        span=part.span,
        scope=tuple(Expression(item.text, item) for item in items if isinstance(item, Scalar)),
        operations=part.texts("operations") or ("create",),
        keep_seconds=part.seconds("keep"),
    )


def _targets(part: Part) -> Iterator[Target]:
    for name, below in part.named("targets"):
        yield Target(
            name=name.text,
            method=below.text("method") or "POST",
            url=below.text("url") or "",
            span=name.span,
            headers=below.text_map("headers"),
            ordered_by=below.expression("ordered_by"),
            write_back=below.template_map("write_back"),
        )


def _settings(part: Part) -> Iterator[Setting]:
    for name, below in part.named("settings"):
        yield Setting(
            name=name.text, default=below.constant("default"), span=name.span, title=below.text("title")
        )
