"""What a URL of PostgreSQL says, and errors in words that never show the password nor a record's values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode

from rulewright.errors import AdapterError, ConflictError, StoreLostError
from rulewright_adapters.postgres_driver import conninfo_to_dict, make_conninfo, psycopg

# How long to wait for another process that writes, in seconds; the same as SQLite's.
PATIENCE = 30.0
# PostgreSQL cuts longer names off without an error.
NAME_LENGTH = 63
_SCHEMA = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Address:
    """Where the store is. `name` is what messages call it."""

    conninfo: str
    schema: str
    name: str
    password: str | None

    def __repr__(self) -> str:
        # The generated one would show the password.
        return f"Address({self.name})"


def address_of(rest: str) -> Address:
    """Read a URL, of which `rest` follows "postgresql://". Raises AdapterError."""
    base, _, query = rest.partition("?")
    options = parse_qsl(query, keep_blank_values=True)
    schema = dict(options).get("schema", "public")
    if not _SCHEMA.fullmatch(schema) or schema.lower().startswith("pg_"):
        raise AdapterError(
            "the URL of a PostgreSQL store names a schema that can't be one: ?schema=letters_only"
        )
    others = urlencode([pair for pair in options if pair[0] != "schema"], quote_via=quote)
    settings = _settings(f"postgresql://{base}" + (f"?{others}" if others else ""))
    # Without it a server that drops packets is waited for as long as the system likes.
    settings.setdefault("connect_timeout", "10")
    settings.setdefault("application_name", "rulewright")
    password = settings.get("password")
    return Address(make_conninfo("", **settings), schema, _name(settings, schema), password or None)


def _settings(url: str) -> dict[str, str]:
    try:
        settings = {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        # What libpq says of it repeats the URL, password and all.
        settings = {"port": "unreadable"}
    ports = settings.get("port", "5432")
    if not re.fullmatch(r"[0-9,]*", ports) or re.search("[@/:]", settings.get("dbname", "")):
        raise AdapterError(
            "the URL of a PostgreSQL store can't be read: write "
            "postgresql://user:password@host:port/database, with %40 for @, %3A for : and %2F for / "
            "inside of a user name or password"
        )
    return settings


def _name(settings: dict[str, str], schema: str) -> str:
    user = f"{settings['user']}@" if "user" in settings else ""
    port = f":{settings['port']}" if "port" in settings else ""
    place = f"postgresql://{user}{settings.get('host', '')}{port}/{settings.get('dbname', '')}"
    return place if schema == "public" else f"{place}?schema={schema}"


# What a server or libpq says while a connection is opened has no code: it is known by its words.
_ABSENT = (
    ("Connection refused", "is not there: no server answers at that host and port"),
    ("No such file or directory", "is not there: no server answers on that socket"),
    ("failed to resolve host", "is not there: no host has that name"),
    ("timeout expired", "is not there: nothing answered in time"),
    ("starting up", "is just starting; try again"),
    ("in recovery mode", "was stopped hard and is just recovering; try again"),
    ("shutting down", "is shutting down"),
)
_OPENING = (
    ("password authentication failed", "refused the user name or the password"),
    ("no password supplied", "wants a password: put it into the URL, into PGPASSWORD or into ~/.pgpass"),
    ("too many clients", "has no connection left for us"),
    ("remaining connection slots", "has no connection left for us"),
    ("No space left on device", "can't be opened: the disk of its server is full"),
    ("no pg_hba.conf entry", "does not let this user in from here (pg_hba.conf)"),
)
# SQLSTATE, or its first two characters, -> what it means for whoever runs Rulewright.
_WORDS = {
    "55P03": f"is busy: somebody else wrote for more than {PATIENCE:.0f} seconds",
    "57014": "gave up a statement that took too long (statement_timeout)",
    "25006": "can't be written: it is read-only",
    "42501": "can't be used like this: permission denied for the user that connects",
    "42P01": "has lost a table: prepare it again",
    "3F000": "has lost its schema: prepare it again",
    "25P03": "ended a transaction in which nothing happened for too long; nothing of it is stored",
    "54000": "refused a value: it is too long to be kept in an index",
    "53100": "can't be written: the disk is full",
    "53200": "ran out of memory",
    "53300": "has no connection left for us",
    "40": "had to give up a transaction for the sake of another one; nothing of it is stored: try again",
    # These two repeat values in their messages.
    "22": "refused a value that does not fit its column",
    "23": "refused a record that breaks a constraint",
    "58": "can't be read or written: its disk failed",
    "XX": "is damaged; restore it from a copy",
}
_LOST = "was lost: the server ended the connection; nothing of an open transaction is stored"


def lost(address: Address) -> StoreLostError:
    """Say that the server is gone."""
    return StoreLostError(f"{address.name} {_LOST}")


def opening_error(address: Address, error: Exception) -> AdapterError:
    """Say in words why no connection could be made."""
    text = str(error)
    if re.search(r'database ".*" does not exist', text):
        return AdapterError(f"{address.name}: the server has no such database; make it first (createdb)")
    if re.search(r'role ".*" does not exist', text):
        return AdapterError(f"{address.name}: the server knows no such user")
    for mark, words in _ABSENT:
        if mark in text:
            return StoreLostError(f"{address.name} {words}")
    for mark, words in _OPENING:
        if mark in text:
            return AdapterError(f"{address.name} {words}")
    return AdapterError(f"{address.name} can't be opened: {_hidden(address, text)}")


def explained(address: Address, error: psycopg.Error) -> AdapterError:
    """Say in words what PostgreSQL's error means for the store."""
    state = error.sqlstate or ""
    if state[:2] in ("08", "57") and state != "57014":
        return lost(address)
    if state[:2] == "40":
        return ConflictError(f"{address.name} {_WORDS['40']}")
    words = _WORDS.get(state) or _WORDS.get(state[:2])
    if words:
        return AdapterError(f"{address.name} {words}")
    if not state and isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)):
        # The driver's own: the server had no time to say why.
        return lost(address)
    # Never the whole error: its DETAIL repeats the record.
    said = error.diag.message_primary or type(error).__name__
    return AdapterError(f"{address.name}: PostgreSQL says {_hidden(address, said)}")


def _hidden(address: Address, text: str) -> str:
    line = " ".join(text.split())
    return line.replace(address.password, "***") if address.password else line
