"""The job as it is sent to workers, and the small tasks that need no client."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.options import Job, Options
from chat_completions.bulk.ray.directory import Directory, part_name
from chat_completions.bulk.ray.partitions import Partition, Source, survey

if TYPE_CHECKING:
    from chat_completions.bulk.options import ClientSettings


@dataclass(frozen=True)
class Work:
    """The job as it is sent to workers. It holds secrets, and is sent sealed.

    Attributes:
        run: The name of the run.
        source: Where the lines are.
        answers: The directory for the answers.
        failures: The directory for the failures.
        client_settings: The settings that create a client.
        options: The limits.
    """

    run: str
    source: Source
    answers: Directory
    failures: Directory
    client_settings: ClientSettings
    options: Options

    def __repr__(self) -> str:
        return "<hidden>"


def client_settings_of(job: Job, client: Any) -> Any:
    """Return settings for an equal client elsewhere, where the environment may differ."""
    from chat_completions import AsyncClient

    given = job.client_settings.reveal()
    if type(client) is AsyncClient and client._transport.owned:
        return client._settings._arguments()
    if isinstance(given, Mapping) and "http_client" in given:
        raise BulkError(
            "an http client cannot be sent to other machines; pass a function that creates the client with its"
            " http client there"
        )
    return given


def unpack(sealed: Any) -> Work:
    """Return the job that a driver sent.

    Raises:
        BulkError: It cannot be unpacked here.
    """
    try:
        work = importlib.import_module("ray.cloudpickle").loads(sealed.data)
    except Exception as error:
        raise BulkError(
            f"a worker cannot unpack the job ({type(error).__name__}: {error}); all machines need the same Python,"
            " packages and version of this package"
        ) from None
    assert isinstance(work, Work)
    return work


def lines_of(work: Work, number: int) -> tuple[int, int]:
    """Return how many requests of a finished partition were answered, and how many failed."""
    name = part_name(number)
    return work.answers.lines(name), work.failures.lines(name) if work.failures.has(name) else 0


def survey_partitions(batch: dict[str, Any], meter: Any) -> dict[str, Any]:
    """Survey partitions, as a task of the engine.

    Args:
        batch: The start and end of each.
        meter: The actor that has the job.
    """
    work = unpack(importlib.import_module("ray").get(meter.job.remote()))
    found = [
        survey(work.source, Partition(int(number), int(start), int(end)), work.options.longest_line)
        for number, start, end in zip(batch["number"], batch["start"], batch["end"], strict=True)
    ]
    return {
        "number": batch["number"],
        "lines": [each.lines for each in found],
        "digests": [each.digests for each in found],
        "places": [each.places for each in found],
    }


def count_results(batch: dict[str, Any], meter: Any) -> dict[str, Any]:
    """Count the results in finished parts, as a task of the engine."""
    work = unpack(importlib.import_module("ray").get(meter.job.remote()))
    found = [lines_of(work, int(number)) for number in batch["number"]]
    return {"number": batch["number"], "answered": [a for a, _ in found], "failed": [f for _, f in found]}
