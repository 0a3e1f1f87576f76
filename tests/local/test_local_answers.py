"""What the deterministic engine answers, plain and streamed."""

import base64
import json

import httpx
import pytest

from chat_completions.local.tokens import split_tokens


def text_of(chunks, index=0):
    choices = [choice for chunk in chunks for choice in chunk["choices"] if choice["index"] == index]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def test_a_completion_keeps_to_the_contract(client, contract):
    """A plain reply is valid by the slice and carries the headers of the real API."""
    body = {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello"}], "service_tier": "flex"}
    response = client.post("/chat/completions", json=body)
    completion = response.json()
    assert response.headers["content-type"] == "application/json"
    assert response.headers["x-request-id"].startswith("req_")
    assert int(response.headers["openai-processing-ms"]) >= 0
    assert contract.response_fault("createChatCompletion", completion) is None
    assert completion["id"].startswith("chatcmpl-")
    assert completion["model"] == "gpt-4o" and completion["service_tier"] == "flex"
    assert completion["choices"][0]["message"]["content"].startswith("You said: Hello")
    assert completion["choices"][0]["finish_reason"] == "stop"
    assert "metadata" not in completion


def test_the_same_request_gives_the_same_answer(ask):
    """Only the ids and the time may differ, whatever the sampling parameters say."""
    first, second = ask("Again", temperature=2, seed=1), ask("Again", temperature=0, seed=2)
    assert first["choices"] == second["choices"] and first["usage"] == second["usage"]
    assert first["id"] != second["id"]


@pytest.mark.parametrize(
    ("messages", "start"),
    [
        ([{"role": "user", "content": "one"}, {"role": "user", "content": "two"}], "You said: two"),
        ([{"role": "system", "content": "be brief"}], "You said: be brief"),
        ([{"role": "user", "content": ""}], "You said nothing."),
        (
            [
                {
                    "role": "user",
                    "content": [
                        {"type": "text", "text": "look:"},
                        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
                    ],
                }
            ],
            "You said: look: [image_url]",
        ),
        (
            [
                {"role": "user", "content": "call f"},
                {
                    "role": "assistant",
                    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "tool_call_id": "1", "content": "42"},
            ],
            "The tool said: 42",
        ),
    ],
    ids=["the last user message", "no user message", "an empty message", "content parts", "a tool's answer"],
)
def test_the_answer_comes_from_the_last_words(client, messages, start):
    """The engine repeats the last user message, or what a tool said after it."""
    reply = client.post("/chat/completions", json={"model": "m", "messages": messages})
    assert reply.json()["choices"][0]["message"]["content"].startswith(start)


def test_several_choices_differ(ask, stream):
    """`n` choices are numbered and differ, plain and streamed alike."""
    texts = [choice["message"]["content"] for choice in ask("Hi", n=3)["choices"]]
    assert len(set(texts)) == 3
    chunks = stream("Hi", n=3)
    assert [text_of(chunks, index) for index in range(3)] == texts
    assert [chunk["choices"][0]["index"] for chunk in chunks[:6]] == [0, 1, 2, 0, 1, 2]


@pytest.mark.parametrize(
    ("stop", "text"),
    [
        ("there", "You said: Hello "),
        (["!", "said"], "You "),
        (["not in it"], None),
        (None, None),
        ("You", ""),
        ("", None),
    ],
)
def test_stop_cuts_before_the_sequence(ask, stream, stop, text):
    """The first stop sequence found ends the text, which is not a fault of length."""
    choice = ask("Hello there!", stop=stop)["choices"][0]
    assert choice["finish_reason"] == "stop"
    assert choice["message"]["content"] == (
        ask("Hello there!")["choices"][0]["message"]["content"] if text is None else text
    )
    assert text_of(stream("Hello there!", stop=stop)) == choice["message"]["content"]


@pytest.mark.parametrize("field", ["max_completion_tokens", "max_tokens"])
def test_a_token_limit_cuts(ask, stream, field):
    """A limit in tokens ends the text with the finish reason `length`, and usage counts what was sent."""
    completion = ask("Hello there!", **{field: 4})
    assert completion["choices"][0]["message"]["content"] == "You said: Hello"
    assert completion["choices"][0]["finish_reason"] == "length"
    assert completion["usage"]["completion_tokens"] == 4
    chunks = stream("Hello there!", **{field: 4})
    assert [chunk["choices"][0]["delta"].get("content") for chunk in chunks] == [
        "",
        "You",
        " said",
        ":",
        " Hello",
        None,
    ]
    assert chunks[-1]["choices"][0]["finish_reason"] == "length"


def test_whole_numbers_may_be_written_as_decimals(ask):
    """JSON Schema takes 2.0 as an integer, so the engine does too."""
    completion = ask("Hi", n=2.0, max_tokens=3.0, logprobs=True, top_logprobs=1.0)
    assert len(completion["choices"]) == 2
    assert completion["usage"]["completion_tokens"] == 6


def test_usage_adds_up(ask):
    """Prompt and completion tokens are those of the documented tokeniser."""
    usage = ask("one two three")["usage"]
    assert usage["prompt_tokens"] == 3 + 3
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens_details"]["reasoning_tokens"] == 0
    assert usage["prompt_tokens_details"]["cached_tokens"] == 0


def test_a_long_message_meets_the_output_limit(ask):
    """A reply never has more tokens than the engine's own limit, which several choices share."""
    completion = ask("word " * 20_000)
    assert completion["usage"]["completion_tokens"] == 16_384
    assert completion["choices"][0]["finish_reason"] == "length"
    assert ask("word " * 20_000, n=128)["usage"]["completion_tokens"] == 16_384


@pytest.mark.parametrize(
    "text", ["", "Hello there!", " \n\t x", "ünïcödé 日本語 👩‍👩‍👧 e\u0301", "a" * 50, "\u2028\r\n", "a_b-c 3.14"]
)
def test_tokens_join_to_their_text(text):
    """The tokeniser loses nothing, and its tokens are short."""
    tokens = split_tokens(text)
    assert "".join(tokens) == text
    assert all(1 <= len(token) <= 13 for token in tokens)


def test_logprobs_cover_the_text(ask, stream):
    """Tokens join to the content, bytes are UTF-8, and the chosen token leads its alternatives."""
    choice = ask("Grüße 日本", logprobs=True, top_logprobs=3)["choices"][0]
    entries = choice["logprobs"]["content"]
    assert "".join(entry["token"] for entry in entries) == choice["message"]["content"]
    for entry in entries:
        assert bytes(entry["bytes"]).decode() == entry["token"]
        assert len(entry["top_logprobs"]) == 3
        assert entry["top_logprobs"][0]["token"] == entry["token"]
        numbers = [top["logprob"] for top in entry["top_logprobs"]]
        assert numbers == sorted(numbers, reverse=True) and numbers[0] < 0
        assert len({top["token"] for top in entry["top_logprobs"]}) == 3
    chunks = stream("Grüße 日本", logprobs=True, top_logprobs=3)
    logprobs = [chunk["choices"][0]["logprobs"] for chunk in chunks]
    assert [entry for item in logprobs if item for entry in item["content"]] == entries


@pytest.mark.parametrize("fields", [{}, {"logprobs": False}, {"logprobs": None}])
def test_no_logprobs_unless_asked(ask, fields):
    """Without `logprobs` the field is null."""
    assert ask(**fields)["choices"][0]["logprobs"] is None


def test_json_mode_answers_with_an_object(ask, stream):
    """`json_object` gives a JSON object with the text in it."""
    content = ask('say "hi"', response_format={"type": "json_object"})["choices"][0]["message"]["content"]
    assert json.loads(content) == {"choice": 1, "answer": 'You said: say "hi"'}
    assert text_of(stream('say "hi"', response_format={"type": "json_object"})) == content


def test_a_json_schema_is_kept(ask):
    """`json_schema` gives a value that is valid against the schema."""
    schema = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "age": {"type": "integer", "minimum": 18},
            "tags": {"$ref": "#/$defs/tags"},
        },
        "required": ["name", "age", "tags"],
        "additionalProperties": False,
        "$defs": {"tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2}},
    }
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema, "strict": True}}
    content = ask("Who?", response_format=wanted)["choices"][0]["message"]["content"]
    assert json.loads(content) == {"name": "name", "age": 18, "tags": ["a", "b"]}


def test_the_shape_of_a_stream(stream):
    """First the role, then a token a chunk, then the finish reason; no usage unless asked for."""
    chunks = stream("Hello")
    assert chunks[0]["choices"][0]["delta"] == {"role": "assistant", "content": "", "refusal": None}
    assert chunks[-1]["choices"] == [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}]
    assert all(list(chunk["choices"][0]["delta"]) == ["content"] for chunk in chunks[1:-1])
    assert len(chunks) > 8
    assert len({chunk["id"] for chunk in chunks}) == 1
    assert all("usage" not in chunk for chunk in chunks)


def test_usage_comes_last_when_asked(stream, ask):
    """With `include_usage` a chunk without choices ends the stream, and usage is null before it."""
    chunks = stream("Hello", stream_options={"include_usage": True, "include_obfuscation": False})
    assert chunks[-1]["choices"] == [] and chunks[-1]["usage"] == ask("Hello")["usage"]
    assert all(chunk["usage"] is None for chunk in chunks[:-1])


def test_a_stream_folds_to_the_plain_answer(ask, stream):
    """Streaming changes the form and not the text."""
    assert text_of(stream("Fold me")) == ask("Fold me")["choices"][0]["message"]["content"]


def test_unknown_fields_are_ignored(ask):
    """A field that the contract does not have changes nothing by default."""
    assert ask("Hi", min_p=0.1, top_k=5)["choices"] == ask("Hi")["choices"]


def test_what_the_engine_does_not_use_is_accepted(ask):
    """Audio, prediction, effort and the like are taken, and text comes back."""
    fields = {
        "reasoning_effort": "low",
        "verbosity": "high",
        "prediction": {"type": "content", "content": "x"},
        "logit_bias": {"50256": -100},
        "web_search_options": {},
        "frequency_penalty": 1,
        "user": "u",
    }
    assert ask("Hi", **fields)["choices"] == ask("Hi")["choices"]


@pytest.mark.parametrize("size", [1_000, 200_000])
def test_unicode_survives(client, size):
    """Text of any script comes back as it went in, small or large."""
    text = "日本語 and ünïcödé 👩‍👩‍👧 \u2028 \x00 " * (size // 50)
    body = {"model": "m", "messages": [{"role": "user", "content": text}], "max_tokens": 500}
    content = client.post("/chat/completions", json=body, timeout=httpx.Timeout(20)).json()["choices"][0]["message"][
        "content"
    ]
    assert ("You said: " + text).startswith(content) or content.startswith("You said: " + text)


@pytest.mark.parametrize("format_", ["wav", "pcm16"])
def test_an_answer_can_be_spoken(ask, client, contract, format_):
    """With the modality `audio` the message has sound and a transcript; a stream has the same in pieces."""
    spoken = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": format_}}
    completion = ask("Hello", **spoken)
    assert contract.response_fault("createChatCompletion", completion) is None
    message = completion["choices"][0]["message"]
    assert message["content"] is None and message["audio"]["transcript"].startswith("You said: Hello")
    sound = base64.b64decode(message["audio"]["data"])
    samples = sound[44:] if format_ == "wav" else sound
    assert sound.startswith(b"RIFF") is (format_ == "wav") and len(samples) % 960 == 0
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "stream": True, **spoken}
    response = client.post("/chat/completions", json=body)
    if format_ == "wav":
        assert (response.status_code, response.json()["error"]["param"]) == (400, "audio.format")
        return
    lines = [line.removeprefix("data: ") for line in response.text.splitlines() if line.startswith("data: {")]
    deltas = [json.loads(line)["choices"][0]["delta"].get("audio", {}) for line in lines]
    assert "".join(delta.get("transcript", "") for delta in deltas) == message["audio"]["transcript"]
    assert b"".join(base64.b64decode(delta.get("data", "")) for delta in deltas) == samples
    assert [delta["id"][:6] for delta in deltas if "id" in delta] == ["audio_"]


def test_sound_without_its_options_is_refused(client):
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello"}], "modalities": ["audio"]}
    for audio in (None, {"voice": "alloy", "format": "opus"}):
        response = client.post("/chat/completions", json={**body, "audio": audio})
        assert (response.status_code, response.json()["error"]["param"][:5]) == (400, "audio")
