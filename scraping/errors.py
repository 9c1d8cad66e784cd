"""Why a request gave no item. An error carries the decision (retry or not) and a sentence for the reader."""


class ScrapeError(Exception):
    """`code` is one of CODES; `retryable` says whether the same request may be sent again now."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        retryable: bool = False,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        if code not in CODES:
            raise ValueError(f"unknown error code {code!r}")
        self.code = code
        self.message = message
        self.retryable = retryable
        self.status = status
        self.retry_after = retry_after


LONGEST_SHOWN = 200  # characters of a wrong value


class BadParameter(Exception):
    """A request parameter that its type refuses: the field's name, the value, what is allowed."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        shown = repr(value)
        shown = f"{shown[:LONGEST_SHOWN]}…" if len(shown) > LONGEST_SHOWN else shown
        super().__init__(f"Parameter '{field}' has the value {shown}: {allowed}")
        self.field = field
        self.value = value
        self.allowed = allowed


CODES = {
    # refused before anything is sent
    "invalid_parameters": "the parameters do not fit the request type",
    "malformed_url": "not a URL",
    "invalid_protocol": "neither http nor https",
    "invalid_port": "a port that is not allowed",
    "blocked_hostname": "a host name that stands for a private place",
    "private_ip": "an address inside a private network",
    "dns_failed": "the host name has no address",
    # the way there
    "connection_failed": "no connection, or it broke",
    "tls_failed": "no trusted TLS connection",
    "proxy_failed": "the proxy refused or broke",
    "timeout": "no answer in time",
    "too_many_redirects": "the redirects did not end",
    "body_too_large": "the body is over the limit",
    "bad_encoding": "the body could not be decoded",
    # the answer
    "http_error": "the site answered with an error status",
    "blocked": "the site answered with a block or captcha page",
    "not_found": "the page does not exist",
    "unexpected_page": "not the kind of page that was asked for",
    # the run
    "worker_lost": "the worker died each time it tried",
    "internal_error": "a fault of ours",
}
