"""What is kept of a resource's generated program, so that the next process need not make it again.

Plain data, as `marshal` writes it: the functions (frozen.py), the shape of the payload (sent.py), what
reports must not show, and the tables of the stores that may be given.
"""

from __future__ import annotations

import marshal
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypedDict, cast

import msgspec
from msgspec import inspect

from rulewright.compiled import CompiledResource, CompiledRules
from rulewright.copying import Held
from rulewright.dialects import DIALECTS
from rulewright.evaluation import Inputs, decide, outcome_masking
from rulewright.evaluation.masking import mask_record
from rulewright.evaluation.provenance import mask_held, provenance_of
from rulewright.fieldtypes import INT64_MAX, INT64_MIN, encode_datetime
from rulewright.hotpath.deciding import quick_for
from rulewright.hotpath.keeping.foretold import Foretold, foretell, roots_of
from rulewright.hotpath.keeping.frozen import freeze, is_plain
from rulewright.hotpath.keeping.frozen_rules import problem_parts
from rulewright.hotpath.runtime.state import UNSHAPED
from rulewright.hotpath.telling import Teller
from rulewright.hotpath.warm.sent import Member, Shape
from rulewright.hotpath.warm.thawed import Frozen
from rulewright.hotpath.writing.build import Generated
from rulewright.ports import Table


class Kept(TypedDict):
    """One resource's program."""

    frozen: Frozen
    # As bytes of their own what not every payload needs: what tells refusals, and whole outcomes.
    refusing: bytes | None
    whole: bytes
    shape: tuple[Member, ...]
    # What is told where nobody is named as the caller, if somebody has to be.
    nobody: tuple[object, ...] | None
    # Resources whose key is itself a secret.
    hidden_keys: tuple[str, ...]
    tables: tuple[Any, ...]
    # The parts of a caller that api.yaml declares: the command warns of those that are missing.
    declared: tuple[str, ...]


class _NotKept(Exception):  # noqa: N818 - the whole command decides, as it would without a cache
    """Something that only the whole command knows how to judge."""


class Whole(TypedDict):
    """What an outcome has beyond what is told in lines."""

    frozen: Frozen
    digest: str
    # Of the response to an accepted payload; None where there is none.
    status: int | None
    # What of its body holds values of sensitive fields.
    held: Held
    # Whether a refusal has a response, its dialect, and the statuses that the API declares.
    speaks_http: bool
    dialect: str | None
    statuses: dict[str, int] | None


class Refusing(TypedDict):
    """What tells the refusals of one resource."""

    foretold: Foretold
    frozen: Frozen
    # The shape without what is required.
    loose: tuple[Member, ...]


def keep(
    rules: CompiledRules, resource: CompiledResource, tables: tuple[Table, ...], *, has_store: bool = True
) -> bytes | None:
    """The bytes to keep; None where the whole command must decide every payload."""
    quick = quick_for(rules, resource, has_store=has_store)
    if quick is None:
        return None
    code = quick.code
    try:
        kept = Kept(
            frozen=freeze(_roots(rules, code), code.accept.__globals__),
            refusing=_refusing(quick.teller),
            whole=_whole(rules, resource, code),
            shape=tuple(_members(inspect.type_info(code.struct))),
            nobody=_nobody(rules, resource),
            hidden_keys=tuple(
                name for name, one in rules.resources.items() if one.fields[one.key].rule.sensitive
            ),
            tables=tuple(_table(table) for table in tables),
            declared=_declared(resource),
        )
        return marshal.dumps(cast(Any, kept))
    except (_NotKept, ValueError):
        # ValueError: something is not of the types that marshal writes.
        return None


def _declared(resource: CompiledResource) -> tuple[str, ...]:
    auth = resource.api.auth if resource.api is not None else None
    return tuple(auth.actor) if auth is not None else ()


def _nobody(rules: CompiledRules, resource: CompiledResource) -> tuple[object, ...] | None:
    if resource.api is None or resource.api.auth is None:
        return None
    # It ends the evaluation before the payload is looked at.
    inputs = Inputs(operation="create", payload={}, now=datetime.now(UTC), seed=0, actor=None)
    (problem,) = decide(rules, resource.name, inputs, None).problems
    return problem_parts(problem)


def _roots(rules: CompiledRules, code: Generated) -> dict[str, object]:
    secret = {name: one.fields for name, one in rules.resources.items() if one.hides}
    return {"accept": code.accept, "mask": mask_record, "secret": secret}


def _whole(rules: CompiledRules, resource: CompiledResource, code: Generated) -> bytes:
    roots = {
        **_roots(rules, code),
        "respond": code.respond,
        "unshaped": UNSHAPED,
        "clock": encode_datetime,
        "hidden": outcome_masking._hidden,
        "longest_first": outcome_masking._longest_first,
        "without": outcome_masking._without,
        "mask_held": mask_held,
    }
    api = resource.api
    errors = api.errors if api is not None else None
    whole = Whole(
        frozen=freeze(roots, code.accept.__globals__),
        digest=rules.digest,
        status=code.status,
        held=provenance_of(rules, resource).response,
        speaks_http=bool(resource.file.operations or errors is not None),
        dialect=next((name for name, one in DIALECTS.items() if one is resource.dialect), None),
        statuses=dict(errors.status) if errors is not None else None,
    )
    return marshal.dumps(cast(Any, whole))


def _refusing(teller: Teller) -> bytes | None:
    foretold = foretell(teller)
    if foretold is None:
        return None
    code = teller.generated
    refusing = Refusing(
        foretold=foretold,
        frozen=freeze(roots_of(teller), code.accept.__globals__),
        loose=tuple(_members(inspect.type_info(code.loose))),
    )
    return marshal.dumps(cast(Any, refusing))


def _members(struct: inspect.Type) -> Iterator[Member]:
    if not isinstance(struct, inspect.StructType):
        raise _NotKept
    for field in struct.fields:
        # UNSET as a default is told by there being none.
        unset = not field.required and field.default is msgspec.NODEFAULT
        if field.default_factory is not msgspec.NODEFAULT or field.default not in (None, msgspec.NODEFAULT):
            raise _NotKept
        if field.name != field.encode_name:
            # Such an attribute is found by its Struct alone.
            raise _NotKept
        yield field.name, field.required, unset, _shape(field.type)


def _shape(type_: inspect.Type) -> Shape:
    match type_:
        case inspect.AnyType():
            return ("any",)
        case inspect.StrType(pattern=None):
            return "text", type_.min_length, type_.max_length
        case inspect.IntType(gt=None, lt=None, multiple_of=None):
            least = INT64_MIN if type_.ge is None else type_.ge
            return "whole", least, INT64_MAX if type_.le is None else type_.le
        case inspect.FloatType(gt=None, ge=None, lt=None, le=None, multiple_of=None):
            return ("real",)
        case inspect.BoolType():
            return ("flag",)
        case inspect.LiteralType() if all(isinstance(one, str) for one in type_.values):
            return "one of", type_.values
        case inspect.ListType():
            return "list", _shape(type_.item_type), type_.min_length, type_.max_length
        case inspect.StructType():
            return "part", tuple(_members(type_))
        case inspect.UnionType(types=(inner, inspect.NoneType())):
            return "or null", _shape(inner)
    raise _NotKept


def _table(table: Table) -> tuple[Any, ...]:
    """A table as what Table and its parts are made of."""
    parts = (
        table.resource,
        table.key,
        tuple((column.name, column.type) for column in table.columns),
        tuple((unique.fields, dict(unique.where)) for unique in table.uniques),
        table.indexes,
        tuple((key.field, key.other_resource, key.other_field) for key in table.foreign_keys),
    )
    if not is_plain(parts):
        raise _NotKept
    return parts
