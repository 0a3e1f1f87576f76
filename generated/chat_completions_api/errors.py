"""What an API function raises when the response is none that the specification describes.

Exception
├── UnexpectedStatus     a status that the specification does not document
└── UnexpectedContent    a documented status, but a body that is no JSON object
"""

_SHOWN = 500  # characters of a body that a message quotes


class UnexpectedStatus(Exception):
    """The response has a status that the specification does not document."""

    def __init__(self, status_code: int, content: bytes) -> None:
        self.status_code = status_code
        self.content = content
        super().__init__(status_code, content)

    def __str__(self) -> str:
        return f"Unexpected status code: {self.status_code}\n\nResponse content:\n{_quoted(self.content)}"


class UnexpectedContent(Exception):
    """The response has a documented status, but its body is not the JSON object that it should be."""

    def __init__(self, status_code: int, content_type: str, content: bytes) -> None:
        self.status_code = status_code
        self.content_type = content_type
        self.content = content
        super().__init__(status_code, content_type, content)

    def __str__(self) -> str:
        return (
            f"Status {self.status_code} with content type {self.content_type!r} is no JSON object"
            f" (is the base URL right, and `stream` left out?)\n\nResponse content:\n{_quoted(self.content)}"
        )


def _quoted(content: bytes) -> str:
    text = content.decode(errors="replace")
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(content)} bytes)"


__all__ = ["UnexpectedContent", "UnexpectedStatus"]
