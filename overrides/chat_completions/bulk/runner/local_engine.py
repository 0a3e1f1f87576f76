"""The engine for one machine: one process, one event loop, one client, and files that survive a crash."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.input.line_reader import LineReader
from chat_completions.bulk.input.source import Input
from chat_completions.bulk.options import Ending, Job, client_of, settings_of
from chat_completions.bulk.output.result_lines import Result
from chat_completions.bulk.output.run_files import RunFiles
from chat_completions.bulk.progress import Progress
from chat_completions.bulk.runner.clients import Clients
from chat_completions.bulk.runner.request_filter import RequestFilter
from chat_completions.bulk.runner.runner import Runner
from chat_completions.bulk.runner.sending import Sender
from chat_completions.bulk.storage import reason_of

_FLUSH_SECONDS = 1.0  # between two looks whether a store should get a part


async def engine(job: Job, progress: Progress) -> Ending:
    """Run a job on this machine.

    Args:
        job: The job.
        progress: Where it counts.

    Raises:
        BulkError: It cannot begin.
    """
    options, storage = job.options, job.storage_options.reveal()
    async with AsyncExitStack() as closing:
        client = client_of(job.client_settings.reveal())
        clients = Clients(client, options)
        closing.push_async_callback(clients.close)
        clients.for_place(0)  # a missing package is reported before anything is written
        source = Input(job.input, storage, options.longest_line)
        files = RunFiles(job.input, job.output, job.errors, storage)
        closing.callback(files.close)
        wanted = {
            "input": {"name": source.label, "fingerprint": await asyncio.to_thread(source.fingerprint)},
            "settings": {**settings_of(client), "errors": files.errors.label, "engine": "local"},
        }
        if job.prompts is not None:
            wanted["settings"]["prompts"] = {"field": job.prompts.field, "body": dict(job.prompts.body)}
        begin = lambda: files.begin(wanted, accept_changes=job.accept_changes, retry_failed=job.retry_failed)  # noqa: E731
        await asyncio.to_thread(begin)
        progress.ended_before, progress.settings = files.ended, wanted["settings"]
        progress.notes += files.notes
        progress.size = source.size
        ending = Ending(False, "it was cut off")
        try:
            ending = await _send_requests(job, progress, source, files, clients)
        finally:
            counts = {
                "answered": progress.answered + files.ended[0],
                "failed": progress.failed + progress.malformed + files.ended[1],
            }
            files.manifest.end("complete" if ending.complete else "stopped", ending.reason, counts)
        return ending


async def _send_requests(job: Job, progress: Progress, source: Input, files: RunFiles, clients: Clients) -> Ending:
    options = job.options
    writer = Writer(files)
    request_filter = RequestFilter(
        files.manifest.run, files.seen, writer.write, progress, count=options.counts_tokens, prompts=job.prompts
    )
    runner = Runner(files.manifest.run, Sender(clients, options), options, progress, request_filter, writer.write)
    writer.on_failure = lambda error: runner.stop(str(error), grace=0)
    line_reader = LineReader(source.batches(), lambda: source.position)
    async with reading_lines(line_reader, writer, options.sync_seconds):
        with _signals(job.handle_signals, runner, options.grace):
            ending = await runner.run(line_reader)
    if writer.failure is not None:
        progress.answered -= files.output.lost
        progress.failed -= files.errors.lost
        return Ending(False, str(writer.failure))
    if line_reader.error is not None:
        if isinstance(line_reader.error, BulkError):
            raise line_reader.error
        cause = reason_of(line_reader.error, job.input)
        return Ending(False, f"the input {source.label} cannot be read further: {cause}; the rest is not done")
    return ending


@asynccontextmanager
async def reading_lines(line_reader: LineReader, writer: Writer, sync_seconds: float) -> AsyncIterator[None]:
    """Read lines in the background, sync results, and write the rest at the end."""
    keeping = asyncio.create_task(writer.keep(sync_seconds))
    line_reader.start()
    try:
        yield
    finally:
        line_reader.close()
        writer.finishing.set()
        await asyncio.gather(keeping, return_exceptions=True)
        await writer.finish()


class Writer:
    """Writes results promptly, batched by turns of the event loop."""

    def __init__(self, files: RunFiles) -> None:
        self._files = files
        self._planned = False
        self.finishing = asyncio.Event()
        self.failure: Exception | None = None
        self.on_failure: Callable[[Exception], None] = lambda error: None

    def write(self, result: Result) -> None:
        """Write a result soon."""
        if self.failure is not None:
            (self._files.errors if result.failed else self._files.output).lost += 1
            return  # it is asked again
        self._files.write(result)
        if not self._planned and not self._files.blocking:
            self._planned = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._planned = False
        if self.failure is None:
            try:
                self._files.flush()
            except Exception as error:
                self._failed(error)

    def _failed(self, error: Exception) -> None:
        self.failure = self.failure or error
        self.on_failure(error)

    async def keep(self, seconds: float) -> None:
        """Sync results to disk now and then, and write parts to a store, until `finishing` is set."""
        blocking = self._files.blocking
        while self.failure is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.finishing.wait(), min(seconds, _FLUSH_SECONDS) if blocking else seconds)
                return
            if blocking:
                await self._done(self._files.flush)
            await self._done(self._files.sync)

    async def finish(self) -> None:
        """Write the rest, even if one of the two files cannot be written."""
        await self._done(partial(self._files.flush, last=True))
        await self._done(self._files.sync)

    async def _done(self, do: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(do)
        except Exception as error:
            self._failed(error)


@contextmanager
def _signals(handle: bool, runner: Runner, grace: float) -> Iterator[None]:
    """Let the first SIGINT or SIGTERM stop the run with time for requests in flight, and the second one at once."""
    loop = asyncio.get_running_loop()
    begun = False

    def stop(name: str) -> None:
        nonlocal begun
        runner.stop(name, grace=0 if begun else grace, interrupted=True)
        begun = True

    handled = []
    if handle:
        for number, name in ((signal.SIGINT, "interrupted"), (signal.SIGTERM, "terminated")):
            # Not on Windows, and in the main thread only; elsewhere they do what they do.
            with suppress(NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(number, stop, name)
                handled.append(number)
    try:
        yield
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
