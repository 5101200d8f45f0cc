"""Where each operation is called: its method and its path, told by the rule file or derived."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from rulewright.compiled import CompiledResource
from rulewright.errors import EvaluationError
from rulewright.model import Operation

PARAMETER: Final = re.compile(r"\{([^{}]+)\}")
_METHODS: Final = {"create": "POST", "update": "PATCH"}


class Endpoint(Struct, frozen=True):
    """One operation of a resource, as it is called over HTTP.

    `name` is the operation's in the rule file, `operation` what is decided: create, update or an event.
    `is_derived`: the rule file doesn't tell the path.
    """

    resource: CompiledResource
    name: str
    operation: str
    method: str
    path: str
    rule: Operation | None
    is_derived: bool

    @property
    def id(self) -> str:
        """A name that no other endpoint has: rule files use no dots in theirs."""
        return f"{self.resource.name.replace('/', '.')}.{self.name}"

    @property
    def is_event(self) -> bool:
        """Whether an event is fired."""
        return self.resource.has_event(self.operation)

    @property
    def parameters(self) -> tuple[str, ...]:
        """The names in the path, each once."""
        return tuple(dict.fromkeys(PARAMETER.findall(self.path)))


def endpoints_of(resources: Sequence[CompiledResource]) -> list[Endpoint]:
    """Return the endpoints of these resources.

    Where they are of several APIs, the API's name stands before each path: two APIs may have the same paths.
    Raises EvaluationError where two operations have one method and one path.
    """
    apart = len({one.file.api for one in resources}) > 1
    found = [_apart(one) if apart else one for resource in resources for one in _of_resource(resource)]
    return _named_alike(_distinct(found))


def _of_resource(resource: CompiledResource) -> Iterator[Endpoint]:
    """The operations that are declared, or else all that the resource takes."""
    collection, item = _bases(resource)
    paths = {"create": collection, "update": item}
    for name, operation, rule in _operations(resource):
        told = rule.path if rule is not None else None
        path = told or paths.get(operation, f"{item.rstrip('/')}/{operation}")
        method = rule.method if rule is not None and rule.method else _METHODS.get(operation, "POST")
        path = path if path.startswith("/") else f"/{path}"
        yield Endpoint(resource, name, operation, method, path, rule, is_derived=told is None)


def _operations(resource: CompiledResource) -> Iterator[tuple[str, str, Operation | None]]:
    if resource.file.operations:
        for rule in resource.file.operations:
            yield rule.name, rule.event or rule.name, rule
        return
    events = resource.workflow.events if resource.workflow is not None else ()
    for name in ("create", "update", *events):
        yield name, name, None


def _bases(resource: CompiledResource) -> tuple[str, str]:
    """The paths of all records and of one: those of create and update where these are told."""
    create, update = resource.operation("create"), resource.operation("update")
    collection = create.path if create is not None and create.path else f"/{resource.name}"
    item = update.path if update is not None and update.path else None
    return collection, item or f"{collection.rstrip('/')}/{{{resource.key}}}"


def _apart(endpoint: Endpoint) -> Endpoint:
    api = endpoint.resource.file.api
    if endpoint.path.startswith(f"/{endpoint.resource.name}") and endpoint.is_derived:
        return endpoint
    return replace(endpoint, path=f"/{api}{endpoint.path}")


def _distinct(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    taken: dict[tuple[str, str], Endpoint] = {}
    for one in endpoints:
        other = taken.setdefault((one.method, _shape(one.path)), one)
        if other is not one:
            raise EvaluationError(
                f"{one.method} {one.path} is the path of {other.id} and of {one.id}; an OpenAPI document can "
                "hold only one of them: give them paths of their own, or name the resources to describe"
            )
    return [*taken.values()]


def _named_alike(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """To OpenAPI /x/{id} and /x/{key} are one path, written in one way: as it stands first."""
    first: dict[str, str] = {}
    return [replace(one, path=first.setdefault(_shape(one.path), one.path)) for one in endpoints]


def _shape(path: str) -> str:
    return PARAMETER.sub("{}", path)
