"""From a line of the input to a request: malformed lines are reported, and lines that are done are skipped."""

from __future__ import annotations

from collections.abc import Callable, Container

from chat_completions.bulk.input.prompts import request_line
from chat_completions.bulk.input.requests import Malformed, Request, request_of
from chat_completions.bulk.input.seen_ids import Occurrence, Seen
from chat_completions.bulk.input.source import Line, TooLong
from chat_completions.bulk.options import Prompts
from chat_completions.bulk.output.result_lines import Result, digest_of, number_of, reported
from chat_completions.bulk.progress import Progress


class RequestFilter:
    """Decides on each line of the input, once.

    Args:
        run: The name of the run.
        seen: What is done, and what was seen.
        write: Takes the results of lines that are not requests.
        progress: Counts them.
        count: Whether to estimate tokens.
        prompts: Makes requests from prompts, if the lines are prompts.
        again: Lines whose `custom_id` is already used in an earlier line that is read elsewhere.
    """

    def __init__(
        self,
        run: str,
        seen: Seen,
        write: Callable[[Result], None],
        progress: Progress,
        *,
        count: bool,
        prompts: Prompts | None = None,
        again: Container[int] = (),
    ) -> None:
        self._run, self._seen, self._write, self._progress, self._count = run, seen, write, progress, count
        self._prompts, self._again = prompts, again

    def __call__(self, line: Line) -> Request | None:
        """Return the request in a line; None if there is nothing to send."""
        number, raw = line
        if isinstance(raw, TooLong):
            message = f"the line is too long ({raw.size:,} bytes); increase longest_line"
            found: Request | Malformed = Malformed(number, None, "line_too_long", message)
        else:
            request = raw if self._prompts is None else request_line(self._prompts, number, raw)
            found = request if isinstance(request, Malformed) else request_of(number, request, count=self._count)
        if found.custom_id is not None:
            met = self._seen.meet(found.custom_id)
            if met is Occurrence.ENDED:
                return None
            if met is Occurrence.DUPLICATE or number in self._again:
                message = f"custom_id {found.custom_id!r} is already used in an earlier line"
                found = Malformed(number, None, "duplicate_custom_id", message)
        if isinstance(found, Request):
            return found
        content = b"%d" % raw.size if isinstance(raw, TooLong) else raw
        digest = digest_of(self._run, found.custom_id, b"line %d: %s" % (number, content))
        # Without a custom_id of its own it is known by its place and content.
        if found.custom_id is not None or self._seen.meet(number_of(digest)) is Occurrence.NEW:
            self._progress.malformed += 1
            result = reported(digest, found)
            self._progress.add_failure(result.reason)
            self._write(result)
        return None
