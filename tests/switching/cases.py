"""What the suite runs: each documented topic with its snippet, the server's answers, and what the snippet prints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.client.scripted import Reply
from tests.switching.replies import (
    broken,
    called,
    calling,
    ended,
    failed,
    late,
    likely,
    page,
    refused,
    said,
    told,
    weighed,
    written,
)

KEY = "sk-switching"


@dataclass(frozen=True)
class Case:
    """A snippet, and what is to be seen of it.

    Attributes:
        name: Its file in `snippets/`; what it prints is in the file `NAME.txt` beside it.
        topic: What the official documentation shows there.
        replies: What the server answers, one for each request; the last one is repeated.
        differs: What is otherwise on the official SDK; "" where nothing is. What it prints there is in
            `NAME.official.txt`.
        environment: Environment variables beside key and address; SERVER in them is the server's address.
        needs: Packages without which it is not run.
        quiet: Whether it writes nothing to standard error.
    """

    name: str
    topic: str
    replies: tuple[Reply, ...]
    differs: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    quiet: bool = True


AZURE = {
    "AZURE_OPENAI_ENDPOINT": "SERVER",
    "AZURE_OPENAI_API_KEY": "azure-key-of-the-environment",
    "OPENAI_BASE_URL": "",
}
STORED = (page("c-1", "c-2", more=True), page("c-3", "c-4", more=True), page("c-5"))

IDA, ULLA = '{"name": "Ida", "masts": 2, "flag": null}', '{"name": "Ulla", "masts": 3, "flag": "blue"}'
SHIPS = f'{{"ships": [{IDA}, {ULLA}], "weather": "rain"}}'
LOG = '{"ships": ["Ida", "Ulla"], "weather": "rain"}'

CASES: tuple[Case, ...] = (
    Case("create", "A completion", (said("As far as the fog lets me."),)),
    Case("create_async", "A completion, async", (said("Yes."),)),
    Case("settings", "Client arguments", (said(),)),
    Case(
        "key_from_function",
        "`api_key` as a function, sync and async, asked for each attempt",
        (said(), failed(500, at_once=True), said(), failed(500, at_once=True), said()),
    ),
    Case("nested_params", "Nested params", (said('{"ships": []}'),)),
    Case("typed_params", "Types from `types.chat`", (said("Only the wind."),)),
    Case("deep_imports", "Types from the modules of single types, `types.shared`, `types.shared_params`", ()),
    Case("star_import", "`from openai.types.chat import *`", (said(),)),
    Case("defaults", "`DEFAULT_TIMEOUT` and the like; `chat.with_raw_response`", (said(),)),
    Case("resources", "Classes from `resources.chat.completions` and `lib.azure`", (said(),)),
    Case("models_from_dicts", "Models of plain data", ()),
    Case("image", "Vision: an address, and base64", (said("A ship."),)),
    Case(
        "tools",
        "Function tools: call, answer, and the message sent back",
        (called("wind", '{"harbour": "Brest"}'), said("No.")),
    ),
    Case("several_choices", "`n`, `logprobs`, usage details", (likely("grey", "wide"),)),
    Case("stream", "A stream", (told(),)),
    Case("stream_async", "A stream, async", (told(),)),
    Case("stream_usage", "`stream_options`: usage", (told(usage=True),)),
    Case("stream_left_early", "Leaving a stream: `with`, `close()`, `response`", (told(),)),
    Case("events", "`.stream()`: content events, the final completion after the `with`", (told(),)),
    Case("events_async", "`.stream()` async: events, `until_done()`, `get_final_completion()`", (told(),)),
    Case(
        "final_completion",
        "`get_final_completion()`, `until_done()`, `current_completion_snapshot`, `response`",
        (told(usage=True), told()),
    ),
    Case("snapshots", "`ChunkEvent` and its snapshot", (told(),)),
    Case("stream_state", "`ChatCompletionStreamState`", (told(), calling("wind"))),
    Case(
        "stream_state_parsed",
        "`ChatCompletionStreamState` with a pydantic model",
        (written(IDA, 9),),
        needs=("pydantic",),
    ),
    Case("events_refusal", "Refusal events", (refused(),)),
    Case("events_tool_arguments", "Tool call events", (calling("wind", "tide"),)),
    Case("events_logprobs", "Logprobs events", (weighed(),)),
    Case("errors", "Errors told apart", (failed(429), failed(400), failed(503))),
    Case("connection_error", "`APIConnectionError` and its `__cause__`", (said(),)),
    Case("errors_by_hand", "Errors made by a test double", (), needs=("httpx2",)),
    Case(
        "foreign_errors",
        "What an http client's own parts raise",
        (said(),),
        differs="Raised as it is there; here it is the cause of an `APIConnectionError`, retried after an `OSError`.",
        needs=("httpx2",),
    ),
    Case(
        "error_codes",
        "Statuses and their classes",
        tuple(map(failed, (400, 401, 403, 404, 409, 422, 429, 500, 503, 418))),
    ),
    Case(
        "error_fields",
        "Fields of an error",
        (failed(404, "no such model", code="model_not_found", param="model", type="invalid_request_error"),),
    ),
    Case("stream_error", "An error inside a stream", (broken("error"),)),
    Case(
        "stream_timeout",
        "Time-outs and cut connections inside a stream",
        (broken("silent"), broken("cut")),
    ),
    Case("stream_closing", "`aclosing` of a stream, and the `request` of what broke", (told(), broken("cut"))),
    Case("iterators", "Iterators of messages, tools and parts; models as messages", (said(),), needs=("pydantic",)),
    Case("request_id", "`_request_id`, and `request_id` of errors", (said(), page("c-1"), failed(500))),
    Case(
        "retries",
        "`max_retries`",
        (
            failed(500),
            failed(500),
            said("Third time."),
        ),
    ),
    Case("timeouts", "`timeout`: seconds, `httpx2.Timeout`, per call", (late(said(), 1.0),), needs=("httpx2",)),
    Case("logging_level", "Logging: `OPENAI_LOG`", (said(),), environment={"OPENAI_LOG": "debug"}, quiet=False),
    Case("null_or_missing", "`model_fields_set`: null or missing", (said(None, message={"tool_calls": None}),)),
    Case("extra_params", "`extra_headers`, `extra_query`, `extra_body`", (said(),)),
    Case(
        "extra_fields",
        "Undocumented response fields, `model_extra`",
        (said(message={"reasoning_content": "Hm."}, timings={"ms": 3}),),
    ),
    Case("to_json", "`to_dict()`, `to_json()`, `model_dump()`, `model_dump_json()`", (said(),)),
    Case("model_methods", "`model_copy()`, `model_fields`, `dict()`, parts in `model_dump()`", (said(),)),
    Case("raw_response", "`with_raw_response`", (said(), page("c-1"))),
    Case("raw_response_async", "`with_raw_response`, async, and of a stream", (said(), told())),
    Case("streaming_response", "`with_streaming_response`", (*[said()] * 4, told())),
    Case("streaming_response_async", "`with_streaming_response`, async", (*[said()] * 3, told())),
    Case("http_client", "`DefaultHttpxClient`: proxy, headers, hooks", (said(),), environment={"PROXY": "SERVER"}),
    Case("http_client_httpx2", "`DefaultHttpx2Client`: transport, time limits, TLS", (said(),), needs=("httpx2",)),
    Case("http_client_per_call", "`with_options(http_client=)`", (said(),), needs=("httpx2",)),
    Case("http_client_mock", "`MockTransport`", (said(),), needs=("httpx2",)),
    Case("http_client_async", "`DefaultAsyncHttpxClient`", (said(),)),
    Case("aiohttp_client", "`DefaultAioHttpClient`", (said(),), needs=("httpx_aiohttp",)),
    Case("closing", "Closing: `with`, `close()`, `is_closed()`", (said(),)),
    Case("with_options", "`with_options()` and `copy()`", (said(),)),
    Case("assigning", "Settings assigned to a client", (said(),)),
    Case("azure", "Azure: settings from the environment", (said(),), environment=AZURE),
    Case("azure_deployment", "Azure: settings in the program", (said(),), environment=AZURE),
    Case(
        "azure_copies",
        "Azure: `copy()` and `with_options()` with a version, a key, a token",
        (said(),),
        environment=AZURE,
    ),
    Case("azure_token", "Azure: tokens of Microsoft Entra", (said(),), environment=AZURE),
    Case("pages", "Auto-paging", STORED),
    Case("pages_async", "Auto-paging, async", STORED),
    Case(
        "pages_by_hand",
        "`has_next_page()`, `next_page_info()`, `get_next_page()`, `iter_pages()`",
        (*STORED[1:], *STORED),
    ),
    Case(
        "page_cursor",
        "`page.data` and `page.after`",
        STORED,
        differs="The documented `after` is there only if the server sends such a field; here it is the cursor.",
    ),
    Case(
        "left_out",
        "`omit` and `NOT_GIVEN`, also in messages, queries and `extra_body`",
        (*[said()] * 3, page("c-1")),
    ),
    Case("parse", "`parse()` with a pydantic model", (said(SHIPS),), needs=("pydantic",)),
    Case(
        "parse_async",
        "`parse()` async, and a refusal",
        (said('{"on": true}'), said(None, message={"refusal": "I keep that to myself."})),
        needs=("pydantic",),
    ),
    Case(
        "parse_tools",
        "`parse()` with `pydantic_function_tool()`",
        (called("SendSignal", '{"signals": ["horn", "flare"], "to": {"name": "Reef"}}'),),
        needs=("pydantic",),
    ),
    Case(
        "parse_cut_short",
        "`LengthFinishReasonError`, `ContentFilterFinishReasonError`",
        (ended("length"), ended("content_filter")),
        needs=("pydantic",),
    ),
    Case(
        "parse_strict_tools",
        "What `parse()` and `create()` do not take",
        (said(),),
        differs="Here `parse()` takes tools that are not strict, and leaves their arguments as text; a type given to"
        " `create()` is a `RequestValidationError` in place of a `TypeError`.",
        needs=("pydantic",),
    ),
    Case(
        "parse_stream",
        "`.stream()` with a pydantic model",
        (written(LOG, 9),),
        differs="Here `event.parsed` has a text as far as it has come; there it has it when it is whole.",
        needs=("pydantic",),
    ),
    Case(
        "parse_tools_stream",
        "`.stream()` with `pydantic_function_tool()`",
        (calling("wind"),),
        needs=("pydantic",),
    ),
    Case(
        "parse_create",
        "`pydantic_function_tool()` with `create()`",
        (called("AskWind", '{"harbour": "Brest"}'),),
        needs=("pydantic",),
    ),
    Case(
        "differences",
        "What differs on purpose",
        (),
        differs="A line for each row of the table in docs/official-sdk.md.",
        needs=("httpx2", "pydantic"),
    ),
    Case("beta", "`client.beta.chat`", (told(),)),
    Case("version", "`__version__`", (said(),)),
    Case("no_key", "A missing key", (said(),)),
)
