# Written by `make generate`; do not edit.
from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ... import errors
from ...types import LazyModel, Response, encode_json, json_body

if TYPE_CHECKING:
    import httpx

    from ...client import AuthenticatedClient, Client
    from ...models.chat_completion import ChatCompletion
    from ...models.create_chat_completion_request import CreateChatCompletionRequest
    from ...models.error_response import ErrorResponse

_ChatCompletion = LazyModel("chat_completion", "ChatCompletion")
_ErrorResponse = LazyModel("error_response", "ErrorResponse")


# Source: #/paths/~1chat~1completions/post
def _get_kwargs(
    *,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/chat/completions",
    }
    _kwargs["content"] = encode_json(body)
    headers["Content-Type"] = "application/json"
    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ChatCompletion | ErrorResponse | None:
    """Decode a response by its status; None for one without a documented body, where the client allows it."""
    status = response.status_code
    if status == 200:
        value = json_body(response, dict)
        parsed_1: ChatCompletion = _ChatCompletion.from_dict(value)
        return parsed_1
    if status == 429:
        value = json_body(response, dict)
        parsed_2: ErrorResponse = _ErrorResponse.from_dict(value)
        return parsed_2
    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(status, response.content)
    return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ChatCompletion | ErrorResponse]:
    return Response(
        status_code=response.status_code,
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def _parsed(response: Response[ChatCompletion | ErrorResponse]) -> ChatCompletion | ErrorResponse:
    if response.parsed is None:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    return response.parsed


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> Response[ChatCompletion | ErrorResponse]:
    """Create a chat completion.

    Sends a conversation to a model and returns its reply, as one JSON body or, with stream set, as a
    series of chunks.

    Args:
        client: Where the server is, and the key for it.
        body: The request body, as a model or a mapping; both may be mixed inside it.

    Returns:
        The response with its status, headers and body.

    Raises:
        errors.UnexpectedStatus: The status is none that the specification documents.
        errors.UnexpectedContent: The status is documented, but the body is not the JSON that it should be.
        httpx.HTTPError: The request could not be sent, or its response not be read.
    """

    kwargs = _get_kwargs(
        body=body,
    )
    return _build_response(client=client, response=client.get_httpx_client().request(**kwargs))


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> ChatCompletion | ErrorResponse:
    """Create a chat completion.

    Sends a conversation to a model and returns its reply, as one JSON body or, with stream set, as a
    series of chunks.

    Args:
        client: Where the server is, and the key for it.
        body: The request body, as a model or a mapping; both may be mixed inside it.

    Returns:
        The decoded body.

    Raises:
        errors.UnexpectedStatus: The status is none that the specification documents.
        errors.UnexpectedContent: The status is documented, but the body is not the JSON that it should be.
        httpx.HTTPError: The request could not be sent, or its response not be read.
    """

    return _parsed(
        sync_detailed(
            client=client,
            body=body,
        )
    )


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> Response[ChatCompletion | ErrorResponse]:
    """Create a chat completion.

    Sends a conversation to a model and returns its reply, as one JSON body or, with stream set, as a
    series of chunks.

    Args:
        client: Where the server is, and the key for it.
        body: The request body, as a model or a mapping; both may be mixed inside it.

    Returns:
        The response with its status, headers and body.

    Raises:
        errors.UnexpectedStatus: The status is none that the specification documents.
        errors.UnexpectedContent: The status is documented, but the body is not the JSON that it should be.
        httpx.HTTPError: The request could not be sent, or its response not be read.
    """

    kwargs = _get_kwargs(
        body=body,
    )
    return _build_response(client=client, response=await client.get_async_httpx_client().request(**kwargs))


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: CreateChatCompletionRequest | Mapping[str, Any],
) -> ChatCompletion | ErrorResponse:
    """Create a chat completion.

    Sends a conversation to a model and returns its reply, as one JSON body or, with stream set, as a
    series of chunks.

    Args:
        client: Where the server is, and the key for it.
        body: The request body, as a model or a mapping; both may be mixed inside it.

    Returns:
        The decoded body.

    Raises:
        errors.UnexpectedStatus: The status is none that the specification documents.
        errors.UnexpectedContent: The status is documented, but the body is not the JSON that it should be.
        httpx.HTTPError: The request could not be sent, or its response not be read.
    """

    return _parsed(
        await asyncio_detailed(
            client=client,
            body=body,
        )
    )
