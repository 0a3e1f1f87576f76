"""Turn the arguments of a method into a call, and the call's result into what the method returns."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chat_completions._client.arguments import split_options
from chat_completions._contract import generated, json_reader
from chat_completions._contract.request_body import encodable_request, request_body
from chat_completions._failures import failure_of, is_failed
from chat_completions._response_info import Anomaly, request_id_of
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.call import Call, CallResult, info_of
from chat_completions._transport.error_mapping import error_value, status_error, text_of
from chat_completions._types import NOT_GIVEN, NotGiven
from chat_completions.errors import APIResponseValidationError

if TYPE_CHECKING:
    import httpx

    from chat_completions._pagination.cursor import Listing
    from chat_completions._transport.sender import AsyncSender, Sender
    from chat_completions.models import ChatCompletion, ChatCompletionList


def completion_of(answer: CallResult, redacted_url: str) -> ChatCompletion:
    """Decode the completion in the result of a call."""
    completion: ChatCompletion = parsed(answer, generated.parse_completion, redacted_url)
    choices: Any = completion.choices
    if not isinstance(choices, list) or (not choices and generated.is_blank(completion, "choices")):
        raise _reply_error(answer, redacted_url, completion.to_dict(), "completion")
    if found := [anomaly for place, choice in enumerate(choices) for anomaly in _repair(choice, f"/choices/{place}")]:
        completion._info = replace(completion._info, anomalies=(*completion._info.anomalies, *found))
    # If there are choices and all have finished, they are what counts; to look at all else takes longer.
    if not (choices and all(map(_is_finished, choices))) and failure_of(value := completion.to_dict()) is not None:
        raise _reply_error(answer, redacted_url, value, "completion")
    if answer.unknown_reporter is not None:
        answer.unknown_reporter.completion(completion.to_dict(), completion._request_id)
    return completion


def _repair(choice: Any, place: str) -> list[Anomaly]:
    """Repair what a choice says in a nonstandard way, and return what that was."""
    found = []
    if getattr(choice, "finish_reason", None) == "null":
        choice.finish_reason = None
        found.append(Anomaly("wrong_type", f"{place}/finish_reason", "'null'"))
    calls = getattr(getattr(choice, "message", None), "tool_calls", None)
    for position, call in enumerate(calls if isinstance(calls, list) else ()):
        from chat_completions._streaming.call_pieces import read_arguments

        function: Any = getattr(call, "function", None)
        text = getattr(function, "arguments", None)
        if isinstance(text, str) and (reading := read_arguments(text)) not in (None, text):
            function.arguments = reading
            at = f"{place}/message/tool_calls/{position}/function/arguments"
            found.append(Anomaly("reread", at, f"{text!r:.80}"))
    return found


def page_of(answer: CallResult, redacted_url: str) -> ChatCompletionList:
    """Decode the page in the result of a call."""
    page: ChatCompletionList = parsed(answer, generated.parse_list, redacted_url)
    is_page = isinstance(page.data, list) and not (not page.data and generated.is_blank(page, "data"))
    if not is_page and failure_of(value := page.to_dict()) is not None:
        raise _reply_error(answer, redacted_url, value, "page")
    if answer.unknown_reporter is not None:
        answer.unknown_reporter.page(page.to_dict(), page._request_id)
    return page


def create_call(stream: bool | None, arguments: Mapping[str, Any], validate: bool) -> Call:
    """Return the call that creates a completion.

    Args:
        stream: The `stream` argument, None if the caller omitted it.
        arguments: The other arguments.
        validate: Whether to check the request if the arguments do not say.
    """
    options, params = split_options(arguments)
    extra_body = params.pop("extra_body", None)
    if not isinstance(checks := params.pop("validate", NOT_GIVEN), NotGiven):
        validate = checks
    body = request_body(params, stream, extra_body)
    request = encodable_request(body)
    if validate:
        from chat_completions._contract.validation import validate_request

        validate_request(body, extra_body)
    call = Call(request, stream=bool(body.get("stream")), **options)
    if call.stream:
        call.read_body(body)
    return call


@forgetful
def open_stream(sender: Sender, **arguments: Any) -> tuple[CallResult, str]:
    """Send a request for a stream, and return the response with the base URL for messages.

    Args:
        sender: What sends it.
        arguments: Those of `create`, without `stream`.
    """
    answer = sender.send(create_call(True, arguments, sender.settings.validate))
    answer.resend = sender.resend
    return answer, answer.redacted_url


@forgetful
async def open_stream_async(sender: AsyncSender, **arguments: Any) -> tuple[CallResult, str]:
    """Send a request for a stream; see `open_stream`."""
    answer = await sender.send(create_call(True, arguments, sender.settings.validate))
    answer.resend = sender.resend
    return answer, answer.redacted_url


def parse_call(arguments: Mapping[str, Any], validate: bool) -> tuple[Call, Callable[[CallResult, str], Any]]:
    """Return the call that creates a completion of a type, and what decodes its result.

    Args:
        arguments: Those of `parse`.
        validate: Whether to check the request if the arguments do not say.

    Raises:
        TypeError: The arguments ask for a stream.
    """
    from chat_completions.structured.output_spec import OutputSpec

    spec = OutputSpec(arguments)
    call = create_call(None, spec.arguments, validate)
    if call.stream:
        raise TypeError("parse() returns one completion; for a stream of a type, use stream(response_format=...)")
    return call, lambda answer, url: spec.completion(completion_of(answer, url))


def list_call(arguments: Mapping[str, Any]) -> Call:
    """Return the call that lists completions."""
    options, params = split_options(arguments)
    return Call(generated.list_request(**params), **options)


def _is_finished(choice: Any) -> bool:
    """Return whether a choice has a finish reason, and reports no error."""
    reason = getattr(choice, "finish_reason", None)
    return isinstance(reason, str) and not is_failed(reason) and not choice.get("error")


def _reply_error(answer: CallResult, redacted_url: str, value: Any, kind: str) -> APIResponseValidationError:
    """Return the error for a JSON object that reports an error, or is not of the expected kind."""
    response = answer.response
    body, message = error_value(value)
    what = f"JSON that is not a {kind}" if failure_of(value) is None else "an error"
    return APIResponseValidationError(
        f"{redacted_url} returned {response.status_code} with {what}: {message}",
        body=body,
        request_id=request_id_of(response.headers),
        response=response,
    )


def json_of(response: httpx.Response) -> Any:
    """Return the body of a response as plain JSON.

    Raises:
        APIResponseValidationError: The body is not JSON.
    """
    try:
        return json_reader.loads_leniently(response.content)
    except (ValueError, RecursionError) as error:
        raise APIResponseValidationError(
            f"the body is not JSON: {error}",
            body=text_of(response),
            request_id=request_id_of(response.headers),
            response=response,
        ) from error


def parsed(answer: CallResult, parse: Any, redacted_url: str) -> Any:
    """Decode the body of a successful response.

    Raises:
        APIStatusError: The specification does not document this success status.
        APIResponseValidationError: The body is not a JSON object.
    """
    response = answer.response
    anomalies: tuple[Anomaly, ...] = ()
    try:
        decoded = parse(response)
    except generated.UnexpectedStatus:
        raise status_error(response) from None
    except generated.UnexpectedContent:
        value = None
        with suppress(ValueError, RecursionError):
            value = json_reader.loads_leniently(response.content)
        if failure_of(value) is not None and not isinstance(value, dict):
            raise _reply_error(answer, redacted_url, value, "reply") from None
        if not isinstance(value, dict):
            raise _content_error(response, redacted_url) from None
        decoded = parse(generated.ReadResponse(response.status_code, value))
        anomalies = (Anomaly("control_character", "/", json_reader.CONTROL_CHARACTER),)
    decoded._info = replace(info_of(answer), anomalies=anomalies) if anomalies else info_of(answer)
    return decoded


def _content_error(response: httpx.Response, redacted_url: str) -> APIResponseValidationError:
    kind = response.headers.get("content-type", "unknown")
    return APIResponseValidationError(
        f"{redacted_url} returned {response.status_code} with content type {kind} and a body that is not a JSON object;"
        " check base_url",
        body=text_of(response),
        request_id=request_id_of(response.headers),
        response=response,
    )


def fetch_page(sender: Sender, listing: Listing) -> ChatCompletionList:
    """Return the current page of a listing."""
    answer = sender.send(list_call(listing.arguments))
    return page_of(answer, answer.redacted_url)


async def fetch_page_async(sender: AsyncSender, listing: Listing) -> ChatCompletionList:
    """Return the current page of a listing; see `fetch_page`."""
    answer = await sender.send(list_call(listing.arguments))
    return page_of(answer, answer.redacted_url)
