"""Semantic Kernel: a service, which takes the async client; it has no sync calls."""

from __future__ import annotations

from typing import Any

from parts import CUT_MODEL, MODEL, Lamp, clients, run, wind
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai.function_choice_behavior import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import OpenAIChatCompletion, OpenAIChatPromptExecutionSettings
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function


def service(model: str = MODEL) -> OpenAIChatCompletion:
    return OpenAIChatCompletion(ai_model_id=model, async_client=clients()[1])


def history(text: str = "Any wind?") -> ChatHistory:
    asked = ChatHistory()
    asked.add_user_message(text)
    return asked


async def said(text: str = "Any wind?", settings: Any = None, **more: Any) -> str:
    message = await service().get_chat_message_content(
        history(text), settings or OpenAIChatPromptExecutionSettings(), **more
    )
    return str(message)


async def awaited() -> bool:
    return "Any wind?" in await said()


async def stream(model: str = MODEL) -> bool:
    pieces = service(model).get_streaming_chat_message_contents(history(), OpenAIChatPromptExecutionSettings())
    return len([piece async for piece in pieces]) > 1


async def tools() -> bool:
    kernel = Kernel()
    kernel.add_function("port", kernel_function(wind, name="wind"))
    settings = OpenAIChatPromptExecutionSettings(function_choice_behavior=FunctionChoiceBehavior.Auto())
    return "a light breeze" in await said('call port-wind {"harbour": "Brest"}', settings, kernel=kernel)


async def structured() -> bool:
    settings = OpenAIChatPromptExecutionSettings(response_format=Lamp)
    return bool(Lamp.model_validate_json(await said(settings=settings)))


run(**{"async": awaited}, stream=stream, tools=tools, structured=structured, cut=lambda: stream(CUT_MODEL))
