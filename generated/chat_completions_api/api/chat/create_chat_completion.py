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

# What the operation takes, as a docstring lists it.
FIELDS = """\
    messages (Iterable[ChatCompletionMessageParam], required): The conversation so far, oldest message
        first.
    model (str | ChatModel, required): Id of the model that writes the reply.
    metadata (Mapping[str, str] | None): Your own labels to attach to the completion, up to 16 string
        pairs.
    prompt_cache_key (str | None): Key that routes similar requests to the same cache, for a better hit
        rate on shared prefixes.
    prompt_cache_retention (PromptCacheRetention | None): Deprecated, use prompt_cache_options; how long
        cached prompt prefixes are kept.
    safety_identifier (str | None): Stable id for your end user, used to detect abuse; send a hash, not
        a name or email address, up to 64 characters.
    temperature (float | None): Sampling temperature, 0 to 2; higher is more random, and it is best to
        change only this or top_p.
    top_logprobs (int | None): How many of the likeliest tokens to return for each position, 0 to 20;
        logprobs must be true.
    top_p (float | None): Nucleus sampling, 0 to 1; 0.1 means only the tokens that make up the top 10
        percent of probability are considered.
    user (str): Deprecated, use safety_identifier and prompt_cache_key; an id for your end user.
    prompt_cache_options (PromptCacheOptionsParam): How the prompt cache treats this request, such as
        mode and lifetime.
    audio (ChatCompletionAudioParam | None): Voice and encoding of spoken output; required when
        modalities includes audio.
    frequency_penalty (float | None): Between -2 and 2; positive values make a token less likely the
        more often it has already appeared. The server's default is 0.
    function_call (CreateChatCompletionRequestFunctionCall | ChatCompletionFunctionCallOptionParam):
        Deprecated, use tool_choice; says whether a function is called, or which one.
    functions (Iterable[ChatCompletionFunctionsParam]): Deprecated, use tools; the functions the model
        may call.
    logit_bias (Mapping[str, int] | None): Token ids mapped to a bias from -100 (never) to 100 (always),
        added to each token's logit before sampling.
    logprobs (bool | None): Whether to return the log probability of every generated token. The server's
        default is false.
    max_completion_tokens (int | None): Upper limit on generated tokens, counting visible output and
        reasoning tokens together.
    max_tokens (int | None): Deprecated, use max_completion_tokens; limits the generated tokens and does
        not work with reasoning models.
    modalities (Sequence[ResponseModality] | None): Kinds of output wanted, text alone or text with
        audio; audio also needs the audio option.
    moderation (ModerationParam | None): Runs a moderation model on the input and the reply; leave out
        for none.
    n (int | None): How many alternative choices to generate, 1 to 128; the tokens of all of them are
        billed. The server's default is 1.
    parallel_tool_calls (bool): Whether the model may ask for several tool calls in one turn. The
        server's default is true.
    prediction (ChatCompletionPredictionContentParam | None): Text you expect to see in the reply, to
        speed it up when most of it is known, as when editing a file.
    presence_penalty (float | None): Between -2 and 2; positive values make any token that has already
        appeared less likely, favoring new topics. The server's default is 0.
    reasoning_effort (ReasoningEffort | None): How much a reasoning model should think before it
        answers; less is faster and uses fewer tokens.
    response_format (ResponseFormatParam | None): Shape of the reply, plain text or JSON, optionally
        held to a schema.
    seed (int | None): Deprecated without replacement; asked for repeatable sampling, but only as best
        effort.
    service_tier (ServiceTier | None): Processing tier to run this request on, trading price against
        latency.
    stop (str | Sequence[str] | None): Up to 4 strings at which generation ends; the string itself is
        left out of the reply.
    store (bool | None): Whether to keep the completion on the server so that it can be listed later.
        The server's default is false.
    stream_options (ChatCompletionStreamOptionsParam | None): Extra settings for streaming; only allowed
        when stream is true.
    tool_choice (ChatCompletionToolChoiceOptionParam | None): Whether the model may, must or must not
        call tools, or which tool it has to call.
    tools (Iterable[ChatCompletionToolUnionParam] | None): Tools the model may call, function tools and
        custom tools alike.
    verbosity (Verbosity | None): How wordy the reply should be, apart from what the prompt asks for.
    web_search_options (WebSearchOptionsParam): Settings for searching the web before answering; needs a
        search-capable model.
"""


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
