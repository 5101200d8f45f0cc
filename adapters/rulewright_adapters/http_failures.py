"""What went wrong on the way to a receiver, in words."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Final

# What OpenSSL says where the other side answers in anything but TLS.
_NO_TLS: Final = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG"})
# That nobody who is trusted vouches for it (X509_V_ERR_..., of openssl/x509_vfy.h).
_UNKNOWN_AUTHORITY: Final = frozenset({2, 18, 19, 20, 21})


def said_of(error: Exception) -> str:
    """What an error of the driver's means. What a receiver sent may be quoted in it."""
    for cause in _chain(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return _of_certificate(cause)
        if isinstance(cause, ssl.SSLError) and cause.reason:
            return _of_tls(cause)
        if isinstance(cause, TimeoutError) and "handshake" in str(cause):
            return "ConnectTimeout: TLS was not agreed on in time"
    return f"{type(error).__name__}: {error}"


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _of_certificate(error: ssl.SSLCertVerificationError) -> str:
    said = error.verify_message.rstrip(".")
    hint = ""
    if error.verify_code in _UNKNOWN_AUTHORITY:
        hint = "; the environment variable SSL_CERT_FILE names a file of the authorities to trust"
    return f"the receiver's certificate is not trusted: {said}{hint} ({error.reason})"


def _of_tls(error: ssl.SSLError) -> str:
    if error.reason in _NO_TLS:
        return f"the receiver does not speak TLS there: is it https, and this port? ({error.reason})"
    if error.reason == "UNEXPECTED_EOF_WHILE_READING":
        return f"the receiver hung up in the middle of TLS ({error.reason})"
    return f"TLS failed: {error.reason.replace('_', ' ').lower()} ({error.reason})"
