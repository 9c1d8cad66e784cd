"""What wreq raises, as ScrapeErrors.

wreq's exceptions tell the phase only roughly by their class; the rest stands in their text, whose words are looked
for here and nowhere else (tests/scraping/test_fetch_failures.py holds each against a real failure).
"""

from __future__ import annotations

from wreq import exceptions

from scraping.errors import ScrapeError

# wreq's exceptions have no base class of their own; a RuntimeError is a header that cannot be sent.
RAISED = (
    exceptions.BodyError,
    exceptions.BuilderError,
    exceptions.ConnectionError,
    exceptions.ConnectionResetError,
    exceptions.DecodingError,
    exceptions.ProxyConnectionError,
    exceptions.RedirectError,
    exceptions.RequestError,
    exceptions.StatusError,
    exceptions.TimeoutError,
    exceptions.TlsError,
    exceptions.UpgradeError,
    RuntimeError,
)

# The ones of a transfer; anything else raised while a body is read came from a decoder.
_TRANSPORT = ("netty::Error", "hyper::Error", "h2::", "Http2")


def connecting(error: Exception, host: str) -> ScrapeError:
    """What went wrong before the answer's headers were there."""
    text = str(error)
    if isinstance(error, exceptions.ProxyConnectionError):
        return ScrapeError("proxy_failed", f"The proxy did not connect to {host}.", retryable=True)
    if "is_proxied: true" in text and not isinstance(error, exceptions.TimeoutError):
        return ScrapeError("proxy_failed", f"The proxy broke off the request to {host}.", retryable=True)
    if isinstance(error, exceptions.TlsError) or "CERTIFICATE" in text or "ssl" in text.lower():
        return ScrapeError(
            "tls_failed", f"{host} has no TLS certificate that can be trusted, or speaks TLS wrongly."
        )
    if isinstance(error, exceptions.ConnectionError):
        if "TimedOut" in text:
            return ScrapeError("timeout", f"{host} could not be reached in time.", retryable=True)
        return ScrapeError(
            "connection_failed", f"{host} refused the connection or cannot be reached.", retryable=True
        )
    if isinstance(error, exceptions.TimeoutError):
        return ScrapeError("timeout", f"{host} did not answer in time.")
    if isinstance(error, (exceptions.BuilderError, RuntimeError)):
        return ScrapeError("invalid_parameters", f"The request to {host} cannot be sent: {error}.")
    return ScrapeError(
        "connection_failed", f"{host} broke off the connection without an answer.", retryable=True
    )


def reading(error: Exception, host: str) -> ScrapeError:
    """What went wrong while the body was read."""
    text = str(error)
    if isinstance(error, exceptions.TimeoutError) or "TimedOut" in text:
        return ScrapeError("timeout", f"{host} stopped sending in the middle of the page.")
    is_transport = any(word in text for word in _TRANSPORT) or isinstance(
        error, exceptions.ConnectionResetError
    )
    if isinstance(error, exceptions.DecodingError) or not is_transport:
        return ScrapeError("bad_encoding", f"The page of {host} is compressed in a way that cannot be read.")
    return ScrapeError("connection_failed", f"{host} broke off in the middle of the page.", retryable=True)
