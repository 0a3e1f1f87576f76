"""A file of requests in, a file of answers out: nothing lost, nothing doubled, within the limits of the server.

from chat_completions import bulk

summary = bulk.run("requests.jsonl", "answers.jsonl", client_settings={"base_url": "http://localhost:8000/v1"})
print(summary.answered, summary.failed, summary.reason)

The files are those of the Batch API. The same call resumes a run that was cut off.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

from chat_completions._traceback_locals import forgetful
from chat_completions._types import Secret
from chat_completions.bulk.errors import BulkError, ChangedError, RunningError
from chat_completions.bulk.options import Ending, Engine, Job, Options, Prompts
from chat_completions.bulk.output.run_files import errors_beside
from chat_completions.bulk.progress import Histogram, Progress, Sample, Summary

if TYPE_CHECKING:
    from chat_completions.bulk.options import ClientSettings

# The module that has the engine as `engine`, and the extra that it needs.
_ENGINES = {
    "local": ("chat_completions.bulk.runner.local_engine", "bulk"),
    "ray": ("chat_completions.bulk.ray.engine", "ray"),
}

_TICK = 0.25  # seconds between two looks at the progress

__all__ = [
    "BulkError",
    "ChangedError",
    "Ending",
    "Engine",
    "Histogram",
    "Job",
    "Options",
    "Progress",
    "Prompts",
    "RunningError",
    "Sample",
    "Summary",
    "arun",
    "run",
]


@forgetful
def run(
    input: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    client_settings: ClientSettings = None,
    engine: str | Engine = "local",
    errors: str | os.PathLike[str] | None = None,
    accept_changes: bool = False,
    retry_failed: bool = False,
    prompts: Prompts | None = None,
    storage_options: Mapping[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    report: str | os.PathLike[str] | None = None,
    **options: Any,
) -> Summary:
    """Send every request in a file, and write the results to another; resume where an earlier run stopped.

    SIGINT and SIGTERM stop it: requests in flight get `grace` seconds to finish, and the summary says so.

    Args:
        input: The Batch API's request lines: a path, a URL that fsspec supports, or `-` for standard input. A name
            that ends in .gz, .bz2, .xz or .zst is decompressed.
        output: Where the Batch API's result lines go: a file to be appended to, or an address of a directory of files.
        client_settings: The arguments of `AsyncClient`, or a function that returns one.
        engine: `local`, `ray`, or your own function.
        errors: The file for failures, with their attempts; by default `answers.errors.jsonl` for `answers.jsonl`.
        accept_changes: Whether to continue even if the input or the settings differ from those of the earlier run.
        retry_failed: Whether to resend requests that failed in earlier runs.
        prompts: How to make requests if each line of the input is only a prompt; for the engine `local`.
        storage_options: Options for fsspec's file systems.
        on_progress: Called with the progress a few times a second.
        report: The HTML report to write at the end (extra `report`).
        options: The fields of `Options`: `concurrency`, `requests_per_minute`, `token_budget` and so on.

    Returns:
        The summary; `complete` says whether every request in the input is done.

    Raises:
        BulkError: It cannot start, or cannot resume.
        TypeError: An option is unknown.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        pass
    else:
        raise RuntimeError("bulk.run() cannot be called in a running event loop; use `await bulk.arun()`")
    given = {name: value for name, value in locals().items() if name != "options"}
    return asyncio.run(arun(**given, **options, handle_signals=True))


@forgetful
async def arun(
    input: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    client_settings: ClientSettings = None,
    engine: str | Engine = "local",
    errors: str | os.PathLike[str] | None = None,
    accept_changes: bool = False,
    retry_failed: bool = False,
    prompts: Prompts | None = None,
    storage_options: Mapping[str, Any] | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    report: str | os.PathLike[str] | None = None,
    handle_signals: bool = False,
    **options: Any,
) -> Summary:
    """Run as `run` does, with the same arguments, in the current event loop; it may be cancelled.

    With `handle_signals`, SIGINT and SIGTERM stop it, in the main thread only.
    """
    names = {name: os.fspath(value) for name, value in (("input", input), ("output", output))}
    job = Job(
        **names,
        errors=os.fspath(errors) if errors is not None else errors_beside(names["output"]),
        client_settings=Secret(client_settings),
        options=Options(**options),
        storage_options=Secret(storage_options),
        accept_changes=accept_changes,
        retry_failed=retry_failed,
        prompts=prompts,
        handle_signals=handle_signals,
    )
    run_engine = engine_of(engine)
    if report is not None:
        from chat_completions.bulk.report import page as reports

        reports.check(report, (job.input, job.output, job.errors))
    progress = Progress()
    watching = asyncio.create_task(_watch(progress, on_progress))
    try:
        ending = await run_engine(job, progress)
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
    progress.sample(last=True)
    _notify(progress, on_progress)
    name = engine if isinstance(engine, str) else getattr(engine, "__qualname__", type(engine).__name__)
    summary = _summary(job, name, progress, ending)
    if report is not None:
        await asyncio.to_thread(reports.write_or_note, summary, report, hide=_secrets(client_settings))
    return summary


async def _watch(progress: Progress, on_progress: Callable[[Progress], None] | None) -> None:
    while True:
        await asyncio.sleep(_TICK)
        progress.sample()
        _notify(progress, on_progress)


def _notify(progress: Progress, on_progress: Callable[[Progress], None] | None) -> None:
    if on_progress is None:
        return
    try:
        on_progress(progress)
    except Exception as error:
        from chat_completions import _logging

        _logging.hook_failed("on_progress", error)


def _secrets(client_settings: ClientSettings) -> list[str]:
    """Return the secrets in a client's settings, as far as they can be inspected."""
    if not isinstance(client_settings, Mapping):
        return []
    named = (client_settings.get(name) or {} for name in ("default_headers", "default_query"))
    found = [client_settings.get("api_key"), *(value for values in named for value in dict(values).values())]
    return [value for value in found if isinstance(value, str) and len(value) >= 8]


def _summary(job: Job, engine: str, progress: Progress, ending: Ending) -> Summary:
    from chat_completions.bulk.storage import redacted_name

    return Summary(
        complete=ending.complete,
        reason=ending.reason,
        interrupted=ending.interrupted,
        input=redacted_name(job.input),
        output=redacted_name(job.output),
        errors=redacted_name(job.errors),
        answered=progress.answered,
        failed=progress.failed,
        malformed=progress.malformed,
        answered_before=progress.ended_before[0],
        failed_before=progress.ended_before[1],
        prompt_tokens=progress.prompt_tokens,
        completion_tokens=progress.completion_tokens,
        seconds=progress.seconds,
        attempts=dict(progress.attempts.most_common()),
        retries=progress.retries,
        concurrency=progress.concurrency,
        samples=progress.samples,
        latencies=progress.latencies,
        notes=progress.notes,
        begun=time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime(progress.begun)),
        settings={"engine": engine, **progress.settings, **job.options.changed},
        failures=dict(progress.failures.most_common()),
    )


def engine_of(engine: str | Engine) -> Engine:
    """Return an engine.

    Args:
        engine: An engine, or its name.

    Raises:
        BulkError: The name is unknown, or a package is not installed.
    """
    if callable(engine):
        return engine
    if engine not in _ENGINES:
        raise BulkError(f"unknown engine {engine!r}; use {', '.join(_ENGINES)}, or your own function")
    module, extra = _ENGINES[engine]
    try:
        found: Engine = import_module(module).engine
    except ImportError as error:
        raise BulkError(
            f"the engine {engine!r} needs {error.name or 'a package'}, which is not installed:"
            f" pip install 'chat-completions-client[{extra}]'"
        ) from None
    return found
