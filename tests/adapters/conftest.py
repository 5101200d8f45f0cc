"""Fixtures for the tests of all adapters."""

from postgres_server import server

__all__ = ["server"]
