"""From the arguments of a method to the call that it makes, and from the answer to what it gives. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from chat_completions._client.arguments import split_options
from chat_completions._contract import generated
from chat_completions._contract.request_body import encodable_request, request_body
from chat_completions._response_info import request_id_of
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.call import Call, CallResult, info_of
from chat_completions._transport.error_mapping import error_body, status_error, text_of
from chat_completions.errors import APIResponseValidationError

if TYPE_CHECKING:
    import httpx

    from chat_completions._pagination.cursor import Listing
    from chat_completions._transport.sender import AsyncSender, Sender
    from chat_completions.models import ChatCompletion, ChatCompletionList
    from chat_completions.structured.output_spec import OutputSpec


def completion_of(answer: CallResult, redacted_url: str) -> ChatCompletion:
    """Decode the completion that a call was answered with."""
    completion: ChatCompletion = parsed(answer, generated.parse_completion, redacted_url)
    if _is_error(completion, completion.choices):
        raise _embedded_error(answer, redacted_url)
    if answer.unknown_reporter is not None:
        answer.unknown_reporter.completion(completion.to_dict(), completion._request_id)
    return completion


def page_of(answer: CallResult, redacted_url: str) -> ChatCompletionList:
    """Decode the page that a call was answered with."""
    page: ChatCompletionList = parsed(answer, generated.parse_list, redacted_url)
    if _is_error(page, page.data):
        raise _embedded_error(answer, redacted_url)
    if answer.unknown_reporter is not None:
        answer.unknown_reporter.page(page.to_dict(), page._request_id)
    return page


def create_call(stream: bool | None, arguments: Mapping[str, Any], validate: bool) -> Call:
    """Return the call that creates a completion.

    Args:
        stream: The `stream` argument, None where the caller did not say.
        arguments: The other arguments.
        validate: Whether to check the request, where the arguments do not say.
    """
    options, params = split_options(arguments)
    extra_body = params.pop("extra_body", None)
    validate = params.pop("validate", validate)
    body = request_body(params, stream, extra_body)
    request = encodable_request(body)
    if validate:
        from chat_completions._contract.validation import validate_request

        validate_request(body, extra_body)
    return Call(request, stream=bool(body.get("stream")), **options)


@forgetful
def open_stream(sender: Sender, **arguments: Any) -> tuple[CallResult, str]:
    """Send a request for a stream, and return the response with the base URL for messages.

    Args:
        sender: What sends it.
        arguments: Those of `create`, without `stream`.
    """
    answer = sender.send(create_call(True, arguments, sender.settings.validate))
    return answer, sender.settings.redacted_url()


@forgetful
async def open_stream_async(sender: AsyncSender, **arguments: Any) -> tuple[CallResult, str]:
    """Send a request for a stream; see `open_stream`."""
    answer = await sender.send(create_call(True, arguments, sender.settings.validate))
    return answer, sender.settings.redacted_url()


def parse_call(arguments: Mapping[str, Any], validate: bool) -> tuple[OutputSpec, Call]:
    """Return the call that creates a completion of a type, and what it asks for.

    Args:
        arguments: Those of `parse`.
        validate: Whether to check the request, where the arguments do not say.

    Raises:
        TypeError: The arguments ask for a stream.
    """
    from chat_completions.structured.output_spec import OutputSpec

    spec = OutputSpec(arguments)
    call = create_call(None, spec.arguments, validate)
    if call.stream:
        raise TypeError("parse() gives one completion; for a stream of a type, use stream(response_format=...)")
    return spec, call


def list_call(arguments: Mapping[str, Any]) -> Call:
    """Return the call that lists completions."""
    options, params = split_options(arguments)
    return Call(generated.list_request(**params), **options)


def _is_error(decoded: generated.Model, entries: object) -> bool:
    """Return whether an object that lacks its entries is the API's error, which gateways send with 200."""
    return not isinstance(entries, list) and bool(decoded.get("error") or decoded.get("object") == "error")


def _embedded_error(answer: CallResult, redacted_url: str) -> APIResponseValidationError:
    response = answer.response
    body, message = error_body(response.content)
    return APIResponseValidationError(
        f"{redacted_url} answered {response.status_code}, and with an error: {message}",
        body=body,
        request_id=request_id_of(response.headers),
        response=response,
    )


def json_of(response: httpx.Response) -> Any:
    """Return the body of a response as plain JSON.

    Raises:
        APIResponseValidationError: It is no JSON.
    """
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise APIResponseValidationError(
            f"the body is no JSON: {error}",
            body=text_of(response),
            request_id=request_id_of(response.headers),
            response=response,
        ) from error


def parsed(answer: CallResult, parse: Any, redacted_url: str) -> Any:
    """Decode the body of a success.

    Raises:
        APIStatusError: It is a success of a kind that the specification does not document.
        APIResponseValidationError: It is no JSON object.
    """
    response = answer.response
    try:
        decoded = parse(response)
    except generated.UnexpectedStatus:
        raise status_error(response) from None
    except generated.UnexpectedContent:
        kind = response.headers.get("content-type", "no content type")
        raise APIResponseValidationError(
            f"{redacted_url} answered {response.status_code} with {kind} that is no JSON object; is base_url right?",
            body=text_of(response),
            request_id=request_id_of(response.headers),
            response=response,
        ) from None
    decoded._info = info_of(answer)
    return decoded


def fetch_page(sender: Sender, listing: Listing) -> ChatCompletionList:
    """Return the page at which a listing stands."""
    return page_of(sender.send(list_call(listing.arguments)), sender.settings.redacted_url())


async def fetch_page_async(sender: AsyncSender, listing: Listing) -> ChatCompletionList:
    """Return the page at which a listing stands; see `fetch_page`."""
    return page_of(await sender.send(list_call(listing.arguments)), sender.settings.redacted_url())
