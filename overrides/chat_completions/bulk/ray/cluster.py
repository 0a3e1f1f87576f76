"""The use of Ray: a connection, one shared actor, and datasets of partitions."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from chat_completions.bulk.errors import BulkError
from chat_completions.bulk.ray.partitions import Partition, Survey
from chat_completions.bulk.ray.shared_limits import Limits, Meter

_SHOWN = 200  # characters of what Ray says
_MOST_BLOCKS = 10_000  # of a dataset: beyond, a block has more than one partition


def check_installed(module: str) -> None:
    """Verify that something is installed.

    Raises:
        BulkError: It is not.
    """
    try:
        found = importlib.util.find_spec(module)
    except ImportError:
        found = None
    if found is None:
        raise BulkError(
            "the engine 'ray' needs Ray, which is not installed: pip install 'chat-completions-client[ray]'"
        )


def connect(address: str | None, settings: Mapping[str, Any], closing: ExitStack) -> Any:
    """Connect to a cluster, or start one here; return Ray.

    Args:
        address: Where it is, as Ray takes it; None for RAY_ADDRESS, or a new one.
        settings: More arguments of `ray.init`.
        closing: Undoes this at the end; an existing connection is kept.

    Raises:
        BulkError: It cannot be reached, or Ray cannot be imported.
    """
    if (address or os.environ.get("RAY_ADDRESS", "")).startswith("ray://"):
        raise BulkError(
            "Ray Data does not run through a Ray Client (ray://); start this on a machine of the cluster, such as with"
            " `ray job submit`, and pass ray_address='auto'"
        )
    # Otherwise Ray's core writes to standard error what is no error, such as how an actor gets its arguments.
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        ray: Any = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ImportError as error:
        raise BulkError(
            f"the engine 'ray' cannot import Ray Data ({error}): pip install 'chat-completions-client[ray]'"
        ) from None
    _keep_off_standard_output(closing)
    if ray.is_initialized():
        return ray
    # Workers' prints would come to standard output, where summaries go.
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "include_dashboard": False}
    if address or os.environ.get("RAY_ADDRESS"):
        del quiet["include_dashboard"]
    try:
        ray.init(address=address, **{**quiet, **settings})
    except Exception as error:
        raise BulkError(f"the Ray cluster at {address or 'this machine'} cannot be used: {error}") from None
    closing.callback(ray.shutdown)
    return ray


def _keep_off_standard_output(closing: ExitStack) -> None:
    """Have Ray report lost workers on standard error: standard output may have a summary for programs."""
    worker: Any = importlib.import_module("ray._private.worker")
    before = getattr(worker, "print_to_stdstream", None)
    if before is None:
        return  # another version, which may do it otherwise

    def written(data: Any, *args: Any, **kwargs: Any) -> Any:
        return before({**data, "is_err": True} if isinstance(data, dict) else data, *args, **kwargs)

    worker.print_to_stdstream = written
    closing.callback(setattr, worker, "print_to_stdstream", before)


def start_meter(ray: Any, limits: Limits, workers: int) -> Any:
    """Start the shared actor on the driver's machine: it is lost only together with the driver."""
    strategies = importlib.import_module("ray.util.scheduling_strategies")
    here = ray.get_runtime_context().get_node_id()
    return (
        ray.remote(Meter)
        .options(
            num_cpus=0,
            max_concurrency=10_000,
            scheduling_strategy=strategies.NodeAffinitySchedulingStrategy(node_id=here, soft=True),
        )
        .remote(limits, workers)
    )


def failure_of(error: BaseException) -> str:
    """Return Ray's error in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"Ray: {type(error).__name__}: {lines[-1][:_SHOWN] if lines else ''}"


class Rows:
    """Datasets whose rows are partitions, carried out by Ray Data; the calls block.

    Args:
        ray: Ray.
        cpus: CPUs for a task or an actor.
    """

    def __init__(self, ray: Any, cpus: float) -> None:
        self._ray, self._cpus = ray, cpus
        self._over = False

    def map_numbers(self, function: Callable[..., Any], numbers: list[int], meter: Any) -> Iterator[dict[str, Any]]:
        """Map the numbers of partitions by a function, as tasks."""
        return self._mapped(function, [{"number": number} for number in numbers], meter)

    def surveys(self, function: Callable[..., Any], partitions: list[Partition], meter: Any) -> dict[int, Survey]:
        """Survey partitions, as tasks."""
        rows = [{"number": each.number, "start": each.start, "end": each.end} for each in partitions]
        return {
            row["number"]: Survey(row["lines"], row["digests"], row["places"])
            for row in self._mapped(function, rows, meter)
        }

    def _mapped(self, function: Callable[..., Any], rows: list[dict[str, Any]], meter: Any) -> Iterator[dict[str, Any]]:
        with _quiet():
            dataset = self._dataset(rows).map_batches(
                function, batch_size=1, fn_kwargs={"meter": meter}, num_cpus=self._cpus
            )
            yield from dataset.iter_rows()

    def _dataset(self, rows: list[dict[str, Any]]) -> Any:
        return self._ray.data.from_items(rows, override_num_blocks=min(len(rows), _MOST_BLOCKS))

    def run_workers(
        self,
        worker: type,
        partitions: list[Partition],
        actors: tuple[int, int],
        resources: dict[str, float],
        meter: Any,
        take: Callable[[dict[str, Any]], None],
    ) -> None:
        """Have actors process partitions; Ray restarts lost actors, and reassigns their partitions.

        Args:
            worker: The actors' class.
            partitions: The partitions to process.
            actors: The minimum and the maximum.
            resources: The resources of each, besides CPUs.
            meter: The shared actor.
            take: Takes the rows with the results of partitions.
        """
        fewest, most = actors
        pool: dict[str, int] = {"size": most} if fewest == most else {"min_size": fewest, "max_size": most}
        with _quiet():
            dataset = self._dataset([each._asdict() for each in partitions]).map_batches(
                worker,
                batch_size=1,
                # One at a time: a partition that waits for its actor might have gone to an idle one.
                compute=self._ray.data.ActorPoolStrategy(**pool, max_tasks_in_flight_per_actor=1),
                fn_constructor_kwargs={"meter": meter},
                num_cpus=self._cpus,
                **({"resources": resources} if resources else {}),
            )
            for row in dataset.iter_rows():
                take({**row, "number": int(row["number"])})
                if self._over:
                    return

    def stop_taking(self) -> None:
        """Stop taking rows."""
        self._over = True


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray Data's progress bars and reports off the terminal, which shows the run's own."""
    data = importlib.import_module("ray.data")
    context = data.DataContext.get_current()
    logger = logging.getLogger("ray.data")
    before = context.enable_progress_bars, context.print_on_execution_start, logger.level
    context.enable_progress_bars = context.print_on_execution_start = False
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        with suppress(Exception):
            context.enable_progress_bars, context.print_on_execution_start = before[:2]
            logger.setLevel(before[2])
