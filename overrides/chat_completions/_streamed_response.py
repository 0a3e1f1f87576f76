"""HTTP responses whose body is read when it is asked for, and what sends the requests for them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from chat_completions._bodies import aread_body, pieces_by, read_body
from chat_completions._calls import json_of
from chat_completions._failures import connection_error, text_of
from chat_completions._frames import forget_locals
from chat_completions._raw import ResponseHead
from chat_completions.errors import APITimeoutError, ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions._exchange import Answer

T = TypeVar("T")
Piece = TypeVar("Piece", bytes, str)


class _Body(ResponseHead[T]):
    """What the two shells have in common: what goes wrong while a body is read, and until when it may take.

    Args:
        answer: The answer, of which the body has not been read.
        decode: Gives what the answer decodes to.
        url: Where the API is, for messages.
        is_stream: Whether that reads the body by itself.
    """

    def __init__(self, answer: Answer, decode: Callable[[Answer, str], T], url: str, *, is_stream: bool) -> None:
        super().__init__(answer, lambda: decode(answer, url))
        self._ends_at = answer.ends_at
        self._limit = answer.max_response_bytes
        self._url = url
        self._is_stream = is_stream
        self._operation = answer.operation

    def _over(self, error: ChatCompletionsError | None = None) -> None:
        """Take note that the body was read, or not to its end; a stream that reads it does so by itself."""
        if self._operation is not None and not (self._is_stream and self._parsed is not None):
            self._operation.body_over(self.http_response, error)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Give our error for what reading the body raises."""
        try:
            yield
        except ChatCompletionsError as known:
            forget_locals(known)
            self._over(known)
            raise
        except Exception as failure:
            forget_locals(failure)
            # httpx and httpx2 have it under the same name, and neither knows the other's.
            if type(failure).__name__ == "StreamConsumed":
                raise ChatCompletionsError(
                    "the body has been iterated already; read() it first, to have it twice"
                ) from failure
            error = connection_error(failure, self._url)
            if error is None:
                raise
            self._over(error)
            raise error from failure

    def _check_time(self) -> None:
        if self._ends_at is not None and time.monotonic() >= self._ends_at:
            raise APITimeoutError("the deadline passed before the body was read to its end")


class APIResponse(_Body[T]):
    """An HTTP response whose body is read when it is asked for; leaving the `with` lets go of the connection.

    What reads the body raises an APIConnectionError where it breaks off, and an APITimeoutError where it stalls.
    """

    def read(self) -> bytes:
        """Read the body, and give its bytes; again, if asked again.

        Raises:
            ResponseTooLargeError: It is larger than the client's `max_response_bytes`.
        """
        with self._reading():
            read_body(self.http_response, self._limit, self._ends_at)
            return self.http_response.content

    def text(self) -> str:
        """Read the body, and give it as text."""
        self.read()
        return text_of(self.http_response)

    def json(self) -> Any:
        """Read the body, and give it as plain JSON.

        Raises:
            APIResponseValidationError: It is no JSON.
        """
        self.read()
        return json_of(self.http_response)

    def parse(self) -> T:
        """Give what the call gives by itself: always the same object; a stream reads the body as it is iterated.

        Raises:
            APIResponseValidationError: The body is no such thing.
        """
        if self._parsed is None:
            if not self._is_stream:
                self.read()
            self._parsed = self._parse()
        return self._parsed

    def iter_bytes(self, chunk_size: int | None = None) -> Iterator[bytes]:
        """Iterate the body as it arrives, decompressed.

        Args:
            chunk_size: The size of the pieces in bytes; None for the pieces as they arrive.
        """
        return self._iterate(self.http_response.iter_bytes(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> Iterator[str]:
        """Iterate the body as it arrives, as text.

        Args:
            chunk_size: The length of the pieces in characters; None for the pieces as they arrive.
        """
        return self._iterate(self.http_response.iter_text(chunk_size))

    def iter_lines(self) -> Iterator[str]:
        """Iterate the body as it arrives, line by line."""
        return self._iterate(self.http_response.iter_lines())

    def _iterate(self, pieces: Iterator[Piece]) -> Iterator[Piece]:
        with self._reading():
            for piece in pieces:
                self._check_time()
                yield piece

    def close(self) -> None:
        """Let go of the connection; closing twice is fine."""
        self._over()
        self.http_response.close()


class AsyncAPIResponse(_Body[T]):
    """An HTTP response whose body is read when it is asked for; see `APIResponse`."""

    async def read(self) -> bytes:
        """Read the body, and give its bytes; see `APIResponse.read`."""
        with self._reading():
            await aread_body(self.http_response, self._limit, self._ends_at)
            return self.http_response.content

    async def text(self) -> str:
        """Read the body, and give it as text."""
        await self.read()
        return text_of(self.http_response)

    async def json(self) -> Any:
        """Read the body, and give it as plain JSON."""
        await self.read()
        return json_of(self.http_response)

    async def parse(self) -> T:
        """Give what the call gives by itself; see `APIResponse.parse`."""
        if self._parsed is None:
            if not self._is_stream:
                await self.read()
            self._parsed = self._parse()
        return self._parsed

    def iter_bytes(self, chunk_size: int | None = None) -> AsyncIterator[bytes]:
        """Iterate the body as it arrives, decompressed; see `APIResponse.iter_bytes`."""
        return self._iterate(self.http_response.aiter_bytes(chunk_size))

    def iter_text(self, chunk_size: int | None = None) -> AsyncIterator[str]:
        """Iterate the body as it arrives, as text; see `APIResponse.iter_text`."""
        return self._iterate(self.http_response.aiter_text(chunk_size))

    def iter_lines(self) -> AsyncIterator[str]:
        """Iterate the body as it arrives, line by line."""
        return self._iterate(self.http_response.aiter_lines())

    async def _iterate(self, pieces: AsyncIterator[Piece]) -> AsyncIterator[Piece]:
        with self._reading():
            async for piece in pieces_by(self._ends_at, pieces):
                yield piece

    async def close(self) -> None:
        """Let go of the connection; closing twice is fine."""
        self._over()
        await self.http_response.aclose()


class ResponseContextManager(Generic[T]):
    """Sends the request when it is entered, and lets go of the connection when it is left."""

    def __init__(self, respond: Callable[[], APIResponse[T]]) -> None:
        self._respond = respond
        self._response: APIResponse[T] | None = None

    def __enter__(self) -> APIResponse[T]:
        self._response = self._respond()
        return self._response

    def __exit__(self, *exc: object) -> None:
        if self._response is not None:
            self._response.close()


class AsyncResponseContextManager(Generic[T]):
    """Sends the request when it is entered, and lets go of the connection when it is left."""

    def __init__(self, respond: Callable[[], Awaitable[AsyncAPIResponse[T]]]) -> None:
        self._respond = respond
        self._response: AsyncAPIResponse[T] | None = None

    async def __aenter__(self) -> AsyncAPIResponse[T]:
        self._response = await self._respond()
        return self._response

    async def __aexit__(self, *exc: object) -> None:
        if self._response is not None:
            await self._response.close()
