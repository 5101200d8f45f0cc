"""Delivery jobs beside the messages: Procrastinate's tables, in a schema of their own, kept by a trigger.

The trigger makes a message's job in the very transaction that makes the message due, and takes it away in
the one that settles it. So whoever writes messages, by whatever way, needs neither Procrastinate nor rights
to its tables. `DROP SCHEMA ... CASCADE` of the jobs' schema takes all of it away; the messages stay.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import LiteralString

from rulewright.errors import AdapterError
from rulewright_adapters.postgres_address import NAME_LENGTH, Address
from rulewright_adapters.postgres_driver import Connection, sql
from rulewright_adapters.postgres_statements import qualified, table_name
from rulewright_adapters.postgres_worker_driver import procrastinate

QUEUE = "rulewright"
TASK = "rulewright.deliver"
_MESSAGES = "rulewright/message"
# What is applied of our own; another name will make the next version replace it.
_OURS = "rulewright 1"
_MIGRATIONS = "_rulewright_migrations"

# The functions find Procrastinate's by their own search path, and its tables by their owner's rights.
_FUNCTIONS: LiteralString = """
CREATE OR REPLACE FUNCTION rulewright_defer(message bigint, order_key text, due text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = {jobs}, pg_catalog, pg_temp AS $$
    SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
        {queue}, {task}, 0, order_key, 'message ' || message,
        jsonb_build_object('message', message), nullif(due, '')::timestamptz
    )]::procrastinate_job_to_defer_v1[])
$$;
CREATE OR REPLACE FUNCTION rulewright_keep_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = {jobs}, pg_catalog, pg_temp AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF (OLD.state, OLD.due) IS NOT DISTINCT FROM (NEW.state, NEW.due) THEN
            RETURN NULL;
        END IF;
        PERFORM procrastinate_cancel_job_v1(id, false, true) FROM procrastinate_jobs
            WHERE queueing_lock = 'message ' || OLD.id AND status = 'todo';
    END IF;
    IF NEW.state = 'waiting' AND NEW.due IS NOT NULL THEN
        PERFORM rulewright_defer(NEW.id, NEW.order_key, NEW.due);
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER rulewright_keep_job AFTER INSERT OR UPDATE OF state, due ON {messages}
    FOR EACH ROW EXECUTE FUNCTION rulewright_keep_job()
"""
# For messages that were there before the trigger was.
_FILL: LiteralString = """
SELECT {defer}(m.id, m.order_key, m.due) FROM {messages} m
WHERE m.state = 'waiting' AND m.due IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM {table} j WHERE j.queueing_lock = 'message ' || m.id AND j.status = 'todo'
) ORDER BY m.id
"""


def jobs_schema(schema: str) -> str:
    """The schema of the jobs for the messages in `schema`."""
    name = f"{schema}_jobs"
    if len(name) <= NAME_LENGTH:
        return name
    digest = hashlib.sha256(schema.encode()).hexdigest()[:10]
    return f"{schema[: NAME_LENGTH - 16]}_{digest}_jobs"


def install(connection: Connection, address: Address) -> None:
    """Make the jobs' schema, or bring it up to date, in the transaction that the caller holds.

    Every message that is due gets its job. Raises AdapterError where a newer Procrastinate made the schema.
    """
    connection.execute("SET LOCAL statement_timeout = 0")
    # A plan without look-ups by key is the right one here.
    connection.execute("SET LOCAL enable_seqscan = on")
    schema = jobs_schema(address.schema)
    jobs, messages = sql.Identifier(schema), qualified(address.schema, table_name(_MESSAGES))
    if not _applied(connection, schema):
        connection.execute(sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(jobs))
    connection.execute(sql.SQL("SET LOCAL search_path TO {}, pg_catalog").format(jobs))
    _migrate(connection, address, schema)
    if _OURS not in _applied(connection, schema) or not _has_trigger(connection, address.schema):
        parts = {"jobs": jobs, "messages": messages, "queue": sql.Literal(QUEUE), "task": sql.Literal(TASK)}
        connection.execute(sql.SQL(_FUNCTIONS).format(**parts))
        _note(connection, schema, _OURS)
    fill = sql.SQL(_FILL).format(
        defer=sql.Identifier(schema, "rulewright_defer"),
        messages=messages,
        table=sql.Identifier(schema, "procrastinate_jobs"),
    )
    connection.execute(fill)


def _migrate(connection: Connection, address: Address, schema: str) -> None:
    """Apply Procrastinate's whole schema, or of its migrations those that are missing."""
    manager = procrastinate.schema.SchemaManager
    applied, folder = _applied(connection, schema), Path(manager.get_migrations_path())
    known = sorted(path.name for path in folder.glob("*.sql"))
    strange = applied - {*known, _OURS}
    if any(name.endswith(".sql") for name in strange):
        raise AdapterError(
            f"{address.name}: its jobs were made by a newer Procrastinate than the one installed here: "
            "pip install --upgrade procrastinate"
        )
    if not applied:
        table = sql.SQL("CREATE TABLE {} (name text PRIMARY KEY)").format(qualified(schema, _MIGRATIONS))
        connection.execute(table)
        connection.execute(manager.get_schema())
    for name in known:
        if name in applied:
            continue
        if applied:
            connection.execute((folder / name).read_bytes())
        _note(connection, schema, name)


def _applied(connection: Connection, schema: str) -> set[str]:
    found = connection.execute(
        "SELECT 1 FROM pg_tables WHERE (schemaname, tablename) = (%s, %s)", (schema, _MIGRATIONS)
    )
    if found.fetchone() is None:
        return set()
    rows = connection.execute(sql.SQL("SELECT name FROM {}").format(qualified(schema, _MIGRATIONS)))
    return {str(row[0]) for row in rows}


def _note(connection: Connection, schema: str, name: str) -> None:
    text = sql.SQL("INSERT INTO {} VALUES (%s) ON CONFLICT DO NOTHING").format(qualified(schema, _MIGRATIONS))
    connection.execute(text, (name,))


def _has_trigger(connection: Connection, schema: str) -> bool:
    found = connection.execute(
        "SELECT 1 FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE t.tgname = 'rulewright_keep_job' AND n.nspname = %s AND c.relname = %s",
        (schema, table_name(_MESSAGES)),
    )
    return found.fetchone() is not None
