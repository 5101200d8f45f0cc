"""Who may call: api.yaml's `auth` as security schemes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from rulewright.export.http.endpoints import Endpoint
from rulewright.model import Api

# Schemes of the header Authorization that OpenAPI has a word for (the registry of IANA knows no Token).
_REGISTERED: Final = ("basic", "bearer", "digest")


def security_schemes(api: Api) -> Iterator[tuple[str, dict[str, object]]]:
    """Yield the ways to prove who calls, by name: the header, then other names for it.

    None where `auth` names no header: a server may know callers otherwise.
    """
    auth = api.auth
    if auth is None or auth.header is None:
        return
    for number, header in enumerate((auth.header, *auth.also)):
        name = api.name if number == 0 else f"{api.name}-{number + 1}"
        yield name, _scheme(header, auth.scheme)


def _scheme(header: str, scheme: str | None) -> dict[str, object]:
    if header.lower() == "authorization" and (scheme or "").lower() in _REGISTERED:
        return {"type": "http", "scheme": str(scheme).lower()}
    said: dict[str, object] = {"type": "apiKey", "in": "header", "name": header}
    if scheme:
        said["description"] = f"The word {scheme}, a space, and the token: `{header}: {scheme} ...`"
    return said


def security_of(endpoint: Endpoint) -> list[dict[str, object]]:
    """Return what a call needs, one of these; a permission is a role that OpenAPI lets a scheme ask for."""
    api = endpoint.resource.api
    permission = endpoint.rule.permission if endpoint.rule is not None else None
    roles = [permission] if permission is not None else []
    return [{name: roles} for name, _ in security_schemes(api)] if api is not None else []
