"""A refusal, as Twilio's API words it."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response


class Refusal(Exception):  # noqa: N818 - it is an answer, not a fault of ours
    """An error the way Twilio words it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        """Keep what the answer is made of."""
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def answer(self, retry_after: int | None = None) -> Response:
        """Return the JSON Twilio answers with."""
        body = {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
        headers = {"Retry-After": str(retry_after)} if retry_after is not None else {}
        return JSONResponse(body, self.status, headers)
