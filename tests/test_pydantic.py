"""Models as types of pydantic and FastAPI: fields, bodies and answers, over a real socket where the network matters."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
import jsonschema
import pytest
import uvicorn
from fastapi import Body, FastAPI
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

import chat_completions.types.chat as chat_types
from chat_completions import AsyncClient, Client
from chat_completions.local import LocalServer
from chat_completions.types.chat import ChatCompletion, ChatCompletionChunk, ChatCompletionMessage
from chat_completions_api import models, params
from chat_completions_api.types import Model

ANSWER: dict[str, Any] = {
    "object": "chat.completion",
    "id": "a",
    "x_vendor": {"a": [1, None, 1e300, 12345678901234567890123]},
    "choices": [{"index": 0, "message": {"role": "assistant", "content": None, "thinking": "hm"}, "logprobs": None}],
    "service_tier": None,
}
REQUEST: dict[str, Any] = {
    "model": "any",
    "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello there", "x_cache": 1}]}],
    "temperature": None,
    "x_vendor": {"a": [None]},
}
MODELS = [
    kind for name in models.__all__ if isinstance(kind := getattr(models, name), type) and issubclass(kind, Model)
]
DICTS = [name for name in params.__all__ if hasattr(getattr(params, name), "__total__")]


class Kept(BaseModel):
    name: str
    completion: ChatCompletion
    messages: list[ChatCompletionMessage] = []
    chunk: ChatCompletionChunk | None = None


def test_fields_lose_nothing() -> None:
    kept = Kept(name="x", completion=ChatCompletion.from_dict(ANSWER))
    assert kept.completion.choices[0].message["thinking"] == "hm"
    assert kept.model_dump()["completion"] == ANSWER
    assert list(kept.model_dump()["completion"]) == list(ANSWER)
    again = Kept.model_validate_json(kept.model_dump_json())
    assert again.completion.to_dict() == ANSWER
    assert again.chunk is None
    assert again == kept


def test_a_model_stays_the_object_that_it_is() -> None:
    completion = ChatCompletion.from_dict(ANSWER)
    assert Kept(name="x", completion=completion).completion is completion
    assert Kept(name="x", completion=ANSWER).completion == completion  # type: ignore[arg-type]
    copied = copy.deepcopy(Kept(name="x", completion=completion))
    assert copied.completion is not completion
    assert copied.completion == completion


def test_options_of_model_dump_reach_the_models() -> None:
    kept = Kept(name="x", completion=ChatCompletion.from_dict(ANSWER))
    assert kept.model_dump(exclude_none=True)["completion"]["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "thinking": "hm"},
    }
    assert "service_tier" not in kept.model_dump(exclude_defaults=True)["completion"]
    assert kept.model_dump(include={"completion": {"id"}}) == {"completion": {"id": "a"}}
    assert "choices" not in kept.model_dump(exclude={"completion": {"choices"}})["completion"]
    assert kept.model_dump(exclude_unset=True)["completion"] == ANSWER


@pytest.mark.parametrize("value", [1, "text", None, [], [ANSWER], ChatCompletionMessage.from_dict({})])
def test_what_is_not_an_object_is_a_validation_error(value: Any) -> None:
    with pytest.raises(ValidationError, match="a ChatCompletion is made from a JSON object") as raised:
        Kept(name="x", completion=value)
    assert raised.value.errors()[0]["loc"] == ("completion",)


@pytest.mark.parametrize("kind", MODELS, ids=lambda kind: kind.__name__)
def test_every_model_has_a_json_schema(kind: type[Model]) -> None:
    schema = TypeAdapter(kind).json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    list(validator.iter_errors({}))  # Follows the references.
    text = json.dumps(schema)
    assert "#/components" not in text
    assert set(kind._attributes) <= set(text.split('"'))


def test_the_json_schema_is_the_contract() -> None:
    schema = Kept.model_json_schema()
    validator = jsonschema.Draft202012Validator(schema)
    choice = {"index": 0, "finish_reason": "stop", "logprobs": None}
    message = {"role": "assistant", "content": "Hi", "refusal": None}
    good = {
        "object": "chat.completion",
        "id": "a",
        "created": 1,
        "model": "m",
        "choices": [{**choice, "message": message}],
    }
    assert validator.is_valid({"name": "x", "completion": good})
    assert not validator.is_valid({"name": "x", "completion": {**good, "choices": 1}})
    assert not validator.is_valid({"name": "x", "completion": {**good, "choices": [{**choice, "message": {}}]}})
    assert "finish_reason" in schema["$defs"]["ChatCompletion"]["properties"]["choices"]["items"]["properties"]


@pytest.mark.parametrize("name", DICTS)
def test_every_typed_dict_is_a_type(name: str) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(getattr(params, name))
    jsonschema.Draft202012Validator.check_schema(adapter.json_schema())


def test_a_typed_dict_is_one_definition_wherever_it_stands() -> None:
    class Two(BaseModel):
        one: chat_types.ChatCompletionUserMessageParam
        more: list[chat_types.ChatCompletionUserMessageParam]

    assert "ChatCompletionUserMessageParam" in Two.model_json_schema()["$defs"]


def test_requests_keep_what_the_specification_does_not_know() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(chat_types.CompletionCreateParams)
    assert adapter.validate_python(REQUEST) == REQUEST
    assert adapter.validate_json(json.dumps(REQUEST)) == REQUEST
    assert json.loads(adapter.dump_json(adapter.validate_python(REQUEST))) == REQUEST
    for stream in (True, False, None):
        assert adapter.validate_python({**REQUEST, "stream": stream}) == {**REQUEST, "stream": stream}


@pytest.mark.parametrize("change", [{"messages": None}, {"messages": [{"role": "user"}]}, {"model": 1}, {"n": "many"}])
def test_requests_that_violate_the_specification_are_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(chat_types.CompletionCreateParams).validate_python(REQUEST | change)


def test_pydantic_is_imported_by_nothing_else() -> None:
    code = (
        "import sys; from chat_completions.types.chat import ChatCompletion, CompletionCreateParams;"
        "ChatCompletion.from_dict({}).to_dict(); lazy = {'pydantic', 'pydantic_core', 'typing_extensions'};"
        "assert not (lazy | {'chat_completions_api.pydantic_schemas'}) & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def app_of(server: LocalServer) -> FastAPI:
    app = FastAPI()
    client = AsyncClient(base_url=server.base_url, api_key="none")
    blocking = Client(base_url=server.base_url, api_key="none")

    @app.post("/v1/chat/completions", response_model=None)
    async def proxy(body: chat_types.CompletionCreateParams) -> StreamingResponse | ChatCompletion:
        # A request with any fields: those that the specification does not know go on, too.
        fields: Any = {
            key: value for key, value in body.items() if key in models.CreateChatCompletionRequest._attributes
        }
        extra = {key: value for key, value in body.items() if key not in fields}
        answer: Any = await client.chat.completions.create(**fields, extra_body=extra)
        if not fields.get("stream"):
            return answer.to_dict()  # type: ignore[no-any-return]

        async def events() -> AsyncIterator[str]:
            async for chunk in answer:
                yield f"data: {chunk.to_json(indent=None)}\n\n"
            yield "data: [DONE]\n\n"

        return StreamingResponse(events(), media_type="text/event-stream")

    @app.post("/complete", response_model=ChatCompletion)
    def complete(body: chat_types.CompletionCreateParamsNonStreaming) -> Any:
        return blocking.chat.completions.create(model=body["model"], messages=body["messages"])

    @app.get("/answer")
    async def answer() -> ChatCompletion:
        return ChatCompletion.from_dict(ANSWER)

    @app.get("/answers")
    async def answers() -> dict[str, list[ChatCompletion]]:
        return {"data": [ChatCompletion.from_dict(ANSWER)]}

    @app.post("/echo")
    async def echo(completion: Annotated[ChatCompletion, Body()]) -> ChatCompletion:
        return completion

    @app.get("/kept")
    async def kept() -> Kept:
        return Kept(name="x", completion=ChatCompletion.from_dict(ANSWER))

    @app.get("/without-nulls", response_model=ChatCompletion, response_model_exclude_none=True)
    async def without_nulls() -> Any:
        return ANSWER

    return app


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.01)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with LocalServer() as server, served(app_of(server)) as address:
        yield address


def test_routes_give_back_what_came(url: str) -> None:
    assert httpx.get(f"{url}/answer").json() == ANSWER
    assert httpx.get(f"{url}/answers").json() == {"data": [ANSWER]}
    assert httpx.get(f"{url}/kept").json()["completion"] == ANSWER
    assert httpx.post(f"{url}/echo", json=ANSWER).json() == ANSWER
    assert "logprobs" not in httpx.get(f"{url}/without-nulls").json()["choices"][0]
    assert httpx.post(f"{url}/echo", json=[1]).status_code == 422


def test_a_route_with_a_response_model_calls_the_client(url: str) -> None:
    answer = httpx.post(f"{url}/complete", json=REQUEST)
    assert answer.status_code == 200, answer.text
    assert "Hello there" in ChatCompletion.from_dict(answer.json()).choices[0].message.content  # type: ignore[operator]
    refused = httpx.post(f"{url}/complete", json={"model": "any"})
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["body", "messages"]


def test_a_proxy_streams_the_chunks_on(url: str) -> None:
    with Client(base_url=f"{url}/v1", api_key="none") as client:
        messages: Any = REQUEST["messages"]
        whole = client.chat.completions.create(model="any", messages=messages, extra_body={"x_vendor": 1})
        with client.chat.completions.stream(model="any", messages=messages) as stream:
            pieces = [event.delta for event in stream if event.type == "content.delta"]
            final = stream.get_final_completion()
        assert final.choices[0].message.content == whole.choices[0].message.content == "".join(pieces)
        assert len(pieces) > 1


def test_the_documents_of_an_app_name_the_models(url: str) -> None:
    document = httpx.get(f"{url}/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert {"ChatCompletion", "CompletionCreateParamsNonStreaming", "Kept"} <= schemas.keys()
    answer = document["paths"]["/complete"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert answer == {"$ref": "#/components/schemas/ChatCompletion"}
    assert "#/$defs" not in json.dumps(document)
