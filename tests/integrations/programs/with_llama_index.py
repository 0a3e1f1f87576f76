"""LlamaIndex: an LLM, which takes the clients."""

from __future__ import annotations

from llama_index.core.llms import ChatMessage
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai import OpenAI
from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind

ASKED = [ChatMessage("Any wind?")]


def llm(model: str = MODEL) -> OpenAI:
    client, async_client = clients()
    sent = {"model": model}  # it knows the names of models
    return OpenAI(MODEL, openai_client=client, async_openai_client=async_client, max_retries=0, additional_kwargs=sent)


def sync() -> bool:
    return "Any wind?" in str(llm().chat(ASKED).message.content)


async def awaited() -> bool:
    return "Any wind?" in str((await llm().achat(ASKED)).message.content)


def stream(model: str = MODEL) -> bool:
    return len([*llm(model).stream_chat(ASKED)]) > 1


def tools() -> bool:
    able = FunctionTool.from_defaults(wind)
    answer = llm().predict_and_call([able], 'call wind {"harbour": "Brest"}')
    return "a light breeze" in str(answer)


def structured() -> bool:
    return isinstance(llm().as_structured_llm(Lamp).chat(ASKED).raw, Lamp)


run(sync=sync, **{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
