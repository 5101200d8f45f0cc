"""The targets of a configuration: where messages may go, who we are there, and how fast.

    [targets.plannr]
    url = "https://api.plannrcrm.com"
    auth = "plannr"                     # or rubixx, goodstack, ct_oi; bearer, token, key, none
    token_env = "PLANNR_TOKEN"          # the name of an environment variable, never the token itself
    account_env = "PLANNR_ACCOUNT"      # Plannr only: X-PLANNR-ACCOUNT-UUID

Nothing here holds a secret: tokens are read from the environment when a message is sent.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from rulewright.errors import ConfigurationError
from rulewright_adapters.http_headers import flaw_of

Origin = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Scheme:
    """How a vendor wants to be told who calls. `prefix` goes before the token; `account` names a header."""

    prefix: str | None
    account: str | None = None
    rate: float | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


# apis.md: Rubixx 1 (bearer), Goodstack 2 (the bare key), Plannr 3a.10 and F21, CT/OI 4b (C2).
SCHEMES: Final[Mapping[str, Scheme]] = MappingProxyType(
    {
        "none": Scheme(None),
        "bearer": Scheme("Bearer "),
        "token": Scheme("Token "),
        "key": Scheme(""),
        "rubixx": Scheme("Bearer "),
        "goodstack": Scheme(""),
        "plannr": Scheme("Bearer ", "X-PLANNR-ACCOUNT-UUID", 500.0),
        "ct_oi": Scheme("Token "),
    }
)
_LOCAL: Final = frozenset({"127.0.0.1", "localhost", "::1"})
KEYS: Final = ("url", "hosts", "auth", "token_env", "account_env", "headers", "rate", "timeout")
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Target:
    """One target. `origins` are the hosts that it may be sent to; `rate` is in messages a minute."""

    name: str
    url: str
    origins: frozenset[Origin]
    scheme: Scheme
    token_env: str | None
    account_env: str | None
    headers: Mapping[str, str]
    rate: float | None
    timeout: float

    def address(self, url: str) -> str:
        """Where a message goes: `url`, or the path it is below the target's own address.

        Raises ConfigurationError for a host that is not configured.
        """
        full = url if "://" in url else f"{self.url.rstrip('/')}/{url.lstrip('/')}"
        self.require(full)
        return full

    def require(self, url: str) -> None:
        """Raise ConfigurationError where a URL leads to another host than those configured."""
        if not self.allows(url):
            raise ConfigurationError(
                f"the target {self.name} is not configured for {_shown(url)}: "
                f"add it to hosts of [targets.{self.name}] if messages may go there"
            )

    def allows(self, url: str) -> bool:
        """Whether a URL leads to a host that is configured."""
        try:
            return _origin(url) in self.origins
        except ValueError:
            return False

    def identity(self, environment: Mapping[str, str]) -> dict[str, str]:
        """The headers that say who we are. Raises ConfigurationError for a variable that is not set."""
        found = dict(self.scheme.headers)
        if self.scheme.prefix is not None:
            token = read_secret(self.name, self.token_env or "", environment)
            found["Authorization"] = f"{self.scheme.prefix}{token}"
        if self.scheme.account is not None:
            found[self.scheme.account] = read_secret(self.name, self.account_env or "", environment)
        return found

    def resolved(self, headers: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
        """Headers in which "$NAME" stands for the environment variable NAME."""
        return {
            name: read_secret(self.name, value[1:], environment) if value.startswith("$") else value
            for name, value in headers.items()
        }


def read_secret(target: str, variable: str, environment: Mapping[str, str]) -> str:
    """Read what an environment variable holds. Raises ConfigurationError, which never shows it."""
    value = environment.get(variable, "").strip()
    if not value:
        raise ConfigurationError(f"the target {target} needs the environment variable {variable}")
    if not (value.isascii() and value.isprintable()):
        raise ConfigurationError(f"the environment variable {variable} holds what no HTTP header can")
    return value


def read_targets(tables: Mapping[str, Mapping[str, object]]) -> dict[str, Target]:
    """Read the tables [targets.NAME] of a configuration. Raises ConfigurationError."""
    return {name: _target(name, _Table(name, table)) for name, table in tables.items()}


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    values: Mapping[str, object]

    def text(self, key: str) -> str | None:
        value = self.values.get(key)
        if value is not None and not isinstance(value, str):
            raise self.wrong(key, "a text")
        return value

    def number(self, key: str) -> float | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e9:
            raise self.wrong(key, "a number above 0")
        return float(value)

    def texts(self, key: str) -> list[str]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise self.wrong(key, "a list of texts")
        return value

    def wrong(self, key: str, expected: str) -> ConfigurationError:
        # Never the value: somebody may have put a token where its name belongs.
        return ConfigurationError(f"[targets.{self.name}]: {key} must be {expected}")


def _target(name: str, table: _Table) -> Target:
    for key in table.values:
        if key not in KEYS:
            raise ConfigurationError(f"[targets.{name}]: there is no {key}; known are: {', '.join(KEYS)}")
    url = table.text("url")
    if url is None:
        raise table.wrong("url", "given, like https://api.example.com")
    scheme = _scheme(table)
    return Target(
        name=name,
        url=url,
        origins=frozenset(_origins(table, url)),
        scheme=scheme,
        token_env=table.text("token_env"),
        account_env=table.text("account_env"),
        headers=_headers(table),
        rate=table.number("rate") or scheme.rate,
        timeout=table.number("timeout") or 30.0,
    )


def _scheme(table: _Table) -> Scheme:
    """How the target is told who calls; what that takes must be named."""
    auth = table.text("auth") or "none"
    if auth not in SCHEMES:
        raise table.wrong("auth", f"one of {', '.join(SCHEMES)}")
    scheme = SCHEMES[auth]
    if scheme.prefix is not None and not table.text("token_env"):
        raise table.wrong("token_env", "the name of the environment variable that holds the token")
    if scheme.account is not None and not table.text("account_env"):
        raise table.wrong("account_env", f"the name of the environment variable for {scheme.account}")
    return scheme


def _headers(table: _Table) -> dict[str, str]:
    headers = table.values.get("headers", {})
    if not isinstance(headers, Mapping) or not all(isinstance(one, str) for one in headers.values()):
        raise table.wrong("headers", "a table of texts")
    for header, value in headers.items():
        if flaw := flaw_of(header, value):
            raise ConfigurationError(f"[targets.{table.name}]: headers: {flaw}")
    return dict(headers)


def _origins(table: _Table, url: str) -> Iterator[Origin]:
    hosts = [host if "://" in host else f"https://{host}" for host in table.texts("hosts")]
    for key, text in (("url", url), *(("hosts", host) for host in hosts)):
        if key == "hosts" and "*" in text:
            raise table.wrong(key, "each host by its own name: * stands for none")
        try:
            origin = _origin(text)
        except ValueError:
            raise table.wrong(key, "an address like https://api.example.com, or hosts of them") from None
        if origin[0] != "https" and origin[1] not in _LOCAL:
            raise table.wrong(key, "https: anybody on the way could read the token")
        yield origin


def _origin(url: str) -> Origin:
    """Scheme, host and port. Raises ValueError where the URL has none, or names a user."""
    if any(character <= " " or character == "\\" for character in url):
        raise ValueError(url)
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname or "@" in parts.netloc:
        raise ValueError(url)
    return (parts.scheme, parts.hostname.rstrip("."), parts.port or _PORTS[parts.scheme])


def _shown(url: str) -> str:
    """Scheme and host only: the rest may hold what is nobody's business."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "that address"
    return f"{parts.scheme}://{parts.hostname}" if parts.hostname else "that address"
