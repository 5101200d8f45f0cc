"""Adapters of Rulewright: one module each, found by name when first asked for.

Each store module offers `open_url(rest)`, where `rest` is what follows "<scheme>://" in its URL. A module
imports only from those that stand before it in this list:

  values, canonical_texts, shapes             what a column can hold, nested values as text, tables
  rows, table_texts, references, reading      what the stores have in common
  questions                                   what the SQL of both databases has in common
  memory_records, memory                      the store in memory
  sqlite_connection, sqlite_statements        the store in a SQLite file
  sqlite_schema, sqlite                       its tables, and the store itself
  postgres_driver, postgres_address           the store in PostgreSQL
  postgres_connection, postgres_statements    connections, and SQL
  postgres_schema, postgres_writer            its tables, and a transaction's writes
  postgres_worker_driver, postgres_jobs       delivery jobs by Procrastinate
  postgres_worker, postgres                   who does them, and the store itself
  opening                                     which store a URL names
  http_driver, http_trust, http_deadline      connections: the libraries, TLS, time
  http_headers, http_targets, http_secrets    requests: what is sent, where to, and what nobody may see
  http_pace, http_failures                    how fast, and what went wrong
  http, forwarding                            what sends, and which of these a target has
"""

from rulewright_adapters.opening import SCHEMES, open_store

__all__ = ["SCHEMES", "open_store"]
