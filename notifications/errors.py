"""Why a notice was not delivered. The error carries the decision (send it again or not) and a sentence for the reader."""


class NotSent(Exception):
    """`permanent`: the same notice to the same address would fail again. `status` is the HTTP status, where one came."""

    def __init__(self, message: str, *, permanent: bool, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.permanent = permanent
        self.status = status
