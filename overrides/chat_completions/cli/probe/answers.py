"""Send one request through the client, and keep the outcome."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chat_completions import response_info
from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions import Client
    from chat_completions._response_info import Anomaly
    from chat_completions._streaming.timings import Gaps
    from chat_completions.local.contract import Contract
    from chat_completions.models import ChatCompletionChunk

CREATE = "createChatCompletion"
MAX_CHECKED_CHUNKS = 100


@dataclass
class Answer:
    """The outcome of a request.

    Attributes:
        completion: The completion as JSON: that of a reply, or what a stream added up to.
        page: The JSON of a listing.
        error: What the client raised.
        anomalies: What the client repaired.
        faults: Where the bodies violate the specification: place and reason.
        chunks: The number of a stream's chunks.
        first: Seconds until a stream's first token.
        gaps: The time between a stream's chunks after that; None if they all arrived at once.
        seconds: Seconds until the end.
        request_id: The id under which the server logged the request.
    """

    completion: dict[str, Any] | None = None
    page: dict[str, Any] | None = None
    error: ChatCompletionsError | None = None
    anomalies: list[Anomaly] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    chunks: int = 0
    first: float | None = None
    gaps: Gaps | None = None
    seconds: float = 0.0
    request_id: str | None = None

    @property
    def choices(self) -> list[dict[str, Any]]:
        """The choices that are objects."""
        choices = (self.completion or {}).get("choices")
        return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []

    @property
    def message(self) -> dict[str, Any]:
        """The message of the first choice."""
        message = self.choices[0].get("message") if self.choices else None
        return message if isinstance(message, dict) else {}

    @property
    def text(self) -> str:
        """The text of the first choice."""
        text = self.message.get("content")
        return text if isinstance(text, str) else ""

    @property
    def finish_reason(self) -> Any:
        """The finish reason of the first choice."""
        return self.choices[0].get("finish_reason") if self.choices else None

    @property
    def usage(self) -> dict[str, Any]:
        """The usage, empty if there is none."""
        usage = (self.completion or {}).get("usage")
        return usage if isinstance(usage, dict) else {}

    @property
    def tool_calls(self) -> list[Any]:
        """The tool calls of the first choice."""
        calls = self.message.get("tool_calls")
        return calls if isinstance(calls, list) else []


def create(client: Client, body: Mapping[str, Any]) -> Answer:
    """Create a completion, streamed if the body says so."""
    answer = Answer()
    began = time.perf_counter()
    try:
        if body.get("stream"):
            _read_stream(client, body, answer)
        else:
            completion = client.chat.completions.create(**body)
            info = response_info(completion)
            answer.completion, answer.request_id = completion.to_dict(), info.request_id
            answer.anomalies = list(info.anomalies)
            answer.faults.update(_faults(answer.completion, "application/json"))
    except ChatCompletionsError as error:
        answer.error = error
    answer.seconds = time.perf_counter() - began
    return answer


def _read_stream(client: Client, body: Mapping[str, Any], answer: Answer) -> None:
    chunks: list[ChatCompletionChunk] = []
    with client.chat.completions.create(**body) as stream:
        try:
            chunks.extend(stream)
        finally:
            timings = stream.timings
            answer.chunks, answer.anomalies, answer.request_id = timings.chunks, stream.anomalies, stream.request_id
            answer.first, answer.gaps = timings.time_to_first_token, timings.time_between_tokens
            answer.completion = None if stream.completion is None else stream.completion.to_dict()
    for chunk in chunks[:MAX_CHECKED_CHUNKS]:
        answer.faults.update(_faults(chunk.to_dict(), "text/event-stream"))


def list_stored(client: Client, query: Mapping[str, Any]) -> Answer:
    """Fetch a page of the stored completions."""
    answer = Answer()
    try:
        page = client.chat.completions.list(**query)
        answer.page, answer.request_id = page.to_dict(), response_info(page).request_id
    except ChatCompletionsError as error:
        answer.error = error
    return answer


@functools.cache
def _contract() -> Contract:
    from chat_completions.local.contract import Contract, packaged_document

    return Contract(packaged_document())


def _faults(body: Any, media_type: str) -> Iterator[str]:
    """Yield what is wrong with a body, at places without indexes."""
    for fault in _contract().response_faults(CREATE, body, media_type=media_type):
        place = ".".join("[]" if isinstance(step, int) else step for step in fault.path).replace(".[]", "[]")
        missing = fault.code == "missing_required_parameter"
        reason = "missing" if missing else fault.message.partition("': ")[2].rstrip(".") or fault.message
        yield f"{place}: {reason}"
