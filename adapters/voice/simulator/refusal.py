"""How the simulated provider says no, and how it says nothing."""


class Refusal(Exception):
    """An HTTP status, a code of its own, and words. `retry_after` in seconds."""

    def __init__(self, status: int, code: str, detail: str, retry_after: float | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.retry_after = retry_after


class NoAnswer(Exception):
    """The request arrived, and its answer never leaves."""
