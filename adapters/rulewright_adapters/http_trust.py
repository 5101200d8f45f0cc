"""Whom TLS trusts: the authorities of the system, or those that the environment names."""

from __future__ import annotations

import os
import ssl
from typing import Final

from rulewright.errors import ConfigurationError
from rulewright_adapters.http_driver import httpx2

# What Python and OpenSSL read when a context is made.
_VARIABLES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE")


def trusting_context() -> ssl.SSLContext:
    """What verifies certificates. Raises ConfigurationError where those of the authorities can't be read."""
    try:
        return httpx2.create_ssl_context()
    except OSError as error:
        given = ", ".join(f"{name}={os.environ[name]}" for name in _VARIABLES if os.environ.get(name))
        why = error.reason if isinstance(error, ssl.SSLError) else error.strerror
        raise ConfigurationError(
            f"TLS can't be set up: {str(why).replace('_', ' ').lower()}; "
            + (f"see what the environment says: {given}" if given else "are the system's certificates there?")
        ) from None
