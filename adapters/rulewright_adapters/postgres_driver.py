"""psycopg, or the words that say how to get it. The one place that imports it.

It comes with the extra `[postgres]`, and its import takes longer than that of the whole engine: so the
modules of this adapter are imported only once a URL asks for them.
"""

from __future__ import annotations

import logging

from rulewright.errors import AdapterError

try:
    import psycopg
    from psycopg import errors, sql
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.pq import TransactionStatus
    from psycopg.types.json import set_json_loads
    from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout
except ImportError as error:
    raise AdapterError(
        f"PostgreSQL needs a driver that is not installed ({error}): pip install 'rulewright[postgres]'"
    ) from error

# What a lost connection means is told by us; without this, Python would print it to stderr as well.
logging.getLogger("psycopg").addHandler(logging.NullHandler())

Connection = psycopg.Connection[tuple[object, ...]]
Cursor = psycopg.Cursor[tuple[object, ...]]

__all__ = [
    "Connection",
    "ConnectionPool",
    "Cursor",
    "PoolClosed",
    "PoolTimeout",
    "TransactionStatus",
    "conninfo_to_dict",
    "errors",
    "make_conninfo",
    "psycopg",
    "set_json_loads",
    "sql",
]
