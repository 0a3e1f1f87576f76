"""The rows: what is asked, and under each server what it answers."""

from __future__ import annotations

from tests.interop.asked import (
    ALL_ROLES,
    AS_PERSON,
    BEGINS_CALL,
    CALLS_STRICTLY,
    IMAGE,
    NO_LIST,
    NO_SCHEMA,
    STRANGER,
    TOO_LONG,
    TOOLS,
    WITH_LOGPROBS,
    WITH_USAGE,
)
from tests.interop.expected import (
    BROKE_OFF,
    CUT,
    CUT_STREAM,
    LEFT,
    MOCKED,
    MOCKED_STREAM,
    NOT_MOCKED,
    TIMED_OUT,
    bad,
    mocked,
    on,
    proxied,
    real,
    refused,
)
from tests.interop.rows import Cannot, Failure, Reply, Row
from tests.interop.servers import JSON_TEXT, TEXT

TWO = Reply(finish=("length", "length"))
LIKELY = Reply(finish=("length",), logprobs=True)
LIKELY_STREAM = Reply(finish=("length",), logprobs=True, usage=False)
CALLED = Reply(finish=("tool_calls",), tool=True, also=BEGINS_CALL)
CALLED_STREAM = Reply(finish=("tool_calls",), tool=True, usage=False, also=BEGINS_CALL)
CALLED_STRICTLY = Reply(finish=("tool_calls",), tool=True, also=CALLS_STRICTLY)
CALLED_STREAM_STRICTLY = Reply(finish=("tool_calls",), tool=True, usage=False, also=CALLS_STRICTLY)
PERSON = Reply(json=True, also={"max_tokens": 300})
PERSON_STREAM = Reply(json=True, usage=False, also={"max_tokens": 300})

REPLIES = [
    Row("plain", "create", {}, real(CUT, MOCKED)),
    Row("all roles", "create", {"messages": ALL_ROLES}, real(CUT, MOCKED)),
    Row("conversation", "talk", {}, real(CUT, MOCKED)),
    Row("logit_bias: end", "create", {"logit_bias": {"2": 100}}, real(Reply(), MOCKED)),
    Row("n=2", "create", {"n": 2}, real(TWO, Reply(finish=("stop", "stop"), text=TEXT))),
    Row("logprobs", "create", WITH_LOGPROBS, real(LIKELY)),
    # The mock calls its tool, and says that it has stopped.
    Row(
        "tools, required",
        "create",
        TOOLS,
        real(CALLED, Reply(tool=True, also={"model": "mock-tools"}), CALLED_STRICTLY),
    ),
    Row(
        "JSON schema", "create", AS_PERSON, real(PERSON, Reply(text=JSON_TEXT, json=True, also={"model": "mock-json"}))
    ),
    # llama.cpp has one model, whatever it is called, and knows every role.
    Row(
        "unknown model",
        "create",
        {"model": "?"},
        proxied(
            Reply(finish=("length",), model="tiny"),
            bad(400, "invalid_request_error", "400", "Invalid model name"),
            bad(404, "NotFoundError", 404, "does not exist"),
        ),
    ),
    Row("unknown role", "create", STRANGER, real(CUT)),
    Row("no messages", "create", {"messages": []}, real(CUT, MOCKED, bad(400, "BadRequestError", 400, "message"))),
    Row("no path", "create", {}, real(CUT, MOCKED, bad(404, None, None, "/v1?")), path=""),
]
STREAMS = [
    Row("stream", "stream", {}, real(CUT_STREAM, MOCKED_STREAM)),
    Row("stream, usage", "stream", WITH_USAGE, real(CUT, MOCKED)),
    # LiteLLM ends the first choice only.
    Row(
        "stream, n=2",
        "stream",
        {"n": 2},
        on(
            Reply(finish=("length", "length"), usage=False),
            Reply(finish=("stop", None), text=TEXT, usage=False),
            Reply(finish=("length", None), usage=False),
        ),
    ),
    Row("stream, logprobs", "stream", WITH_LOGPROBS, real(LIKELY_STREAM)),
    Row(
        "stream, tools",
        "stream",
        TOOLS,
        real(CALLED_STREAM, Cannot("the mock streams no tool calls"), CALLED_STREAM_STRICTLY),
    ),
    Row(
        "stream, JSON schema",
        "stream",
        AS_PERSON,
        real(PERSON_STREAM, Reply(text=JSON_TEXT, json=True, usage=False, also={"model": "mock-json"})),
    ),
    # llama.cpp closes the connection after a stream, without having said so: the next call may need a second try.
    Row(
        "streams in turn",
        "reuse",
        {},
        on(Reply(finish=("length",), usage=False, reuse=False), MOCKED_STREAM, CUT_STREAM, CUT_STREAM),
        client={"max_retries": 2},
    ),
    Row("50 at once", "many", {}, real(CUT_STREAM, MOCKED_STREAM), client={"max_retries": 2}),
    Row("break", "break", {}, real(LEFT, LEFT), client={"max_retries": 2}),
    Row("close", "close", {}, real(LEFT, LEFT)),
    Row("cancel", "cancel", {}, real(CUT, MOCKED), client={"max_retries": 2}),
    Row("deadline", "deadline", {}, real(TIMED_OUT, TIMED_OUT)),
    # LiteLLM reports inside its stream that the one behind it broke.
    Row("server killed", "kill", {}, on(BROKE_OFF, BROKE_OFF, Failure(error="StreamError", code="500", partial=True))),
]
WRONG_KEY = {"api_key": "sk-wrong"}
VLLM_REFUSES = bad(400, "BadRequestError", 400)
VLLM_INVALID = bad(400, "Bad Request", 400)  # of what its schema of requests does not allow
NO_DATABASE = bad(400, "no_db_connection", "400", "No connected db")
UNAUTHORIZED = bad(401, None, None, "Unauthorized")
INVALID_KEY = bad(401, "authentication_error", 401, "Invalid API Key")
CONTEXT = bad(400, "invalid_request_error", "400", "context", also={"model": "mock-context"})
ERRORS = [
    # Without a database LiteLLM looks for no keys but its own, and trips over the missing database without any key.
    Row("wrong key", "create", {}, proxied(INVALID_KEY, NO_DATABASE, UNAUTHORIZED), client=WRONG_KEY),
    Row("wrong key, stream", "stream", {}, proxied(INVALID_KEY, NO_DATABASE, UNAUTHORIZED), client=WRONG_KEY),
    Row(
        "no key",
        "create",
        {},
        proxied(INVALID_KEY, bad(500, None, None, "Internal Server Error"), UNAUTHORIZED),
        client={"api_key": None},
    ),
    Row(
        "wrong path",
        "create",
        {},
        proxied(bad(404, "not_found_error", 404), bad(404, None, None), bad(404, None, None)),
        path="/nowhere",
    ),
    Row("list", "list", {}, proxied(bad(404, "not_found_error", 404), bad(405, None, None), bad(405, None, None))),
    # LiteLLM trips over it by itself.
    Row(
        "messages: text",
        "create",
        NO_LIST,
        on(
            bad(400, "invalid_request_error", 400, "array"),
            NOT_MOCKED,
            bad(400, "invalid_request_error", "400", "Invalid request format"),
            VLLM_INVALID,
        ),
    ),
    Row("temperature: text", "create", {"extra_body": {"temperature": "hot"}}, refused("temperature", VLLM_INVALID)),
    Row(
        "unknown tool_choice",
        "create",
        {**TOOLS, "extra_body": {"tool_choice": "?"}},
        refused("tool_choice", VLLM_REFUSES),
    ),
    Row("top_logprobs alone", "create", {"top_logprobs": 2}, refused("logprobs", VLLM_REFUSES)),
    Row(
        "unknown format",
        "create",
        {"extra_body": {"response_format": {"type": "xml"}}},
        refused("response_format", VLLM_INVALID),
    ),
    Row("bad schema", "create", NO_SCHEMA, refused("schema", VLLM_REFUSES)),
    Row(
        "image",
        "create",
        IMAGE,
        on(
            bad(500, "server_error", 500, "image"),
            NOT_MOCKED,
            bad(500, "internal_server_error", "500", "image"),
            VLLM_REFUSES,
        ),
    ),
    Row(
        "too long",
        "create",
        TOO_LONG,
        on(
            bad(400, "exceed_context_size_error", 400, "context"),
            CONTEXT,
            bad(400, "invalid_request_error", "400", "context"),
            VLLM_REFUSES,
        ),
    ),
    Row(
        "too long, stream",
        "stream",
        TOO_LONG,
        on(
            bad(400, "exceed_context_size_error", 400, "context"),
            CONTEXT,
            bad(400, "invalid_request_error", "400", "context"),
            VLLM_REFUSES,
        ),
    ),
    Row("rate limit", "create", {"model": "mock-429"}, mocked(bad(429, "throttling_error", "429"))),
    Row("rate limit, stream", "stream", {"model": "mock-429"}, mocked(bad(429, "throttling_error", "429"))),
    Row(
        "rate limit, tried twice",
        "create",
        {"model": "mock-429"},
        mocked(bad(429, "throttling_error", "429", tries=2)),
        client={"max_retries": 1},
    ),
    Row(
        "requests per minute",
        "create",
        {"model": "mock-limit"},
        mocked(bad(429, "throttling_error", "429", "RPM")),
        times=2,
    ),
    Row(
        "content filter",
        "create",
        {"model": "mock-filter"},
        mocked(bad(400, "invalid_request_error", "400", "content_filter")),
    ),
    Row("time-out behind", "create", {"model": "mock-timeout"}, mocked(bad(408, "invalid_request_error", "408"))),
    Row("error behind", "create", {"model": "mock-500"}, mocked(bad(500, "internal_server_error", "500"))),
    Row("overload behind, stream", "stream", {"model": "mock-529"}, mocked(bad(529, None, "529"))),
    Row("nothing behind", "create", {"model": "dead"}, mocked(bad(500, "internal_server_error", "500"))),
    Row("nothing behind, stream", "stream", {"model": "dead"}, mocked(bad(500, "internal_server_error", "500"))),
]
TABLE = [*REPLIES, *STREAMS, *ERRORS]
