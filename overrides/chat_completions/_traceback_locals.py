"""What a traceback holds beside its lines: the locals of its frames, among which are keys and what is sent with them.

Debuggers, `pytest -l` and error reporters show them. Whoever catches one of our errors finds the frames, and no locals,
of this package and of the libraries that it sends with.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar, cast

_PACKAGES = frozenset(
    {"chat_completions", "chat_completions_api", "httpx", "httpx2", "httpcore", "httpcore2", "h11", "h2"}
    | {"aiohttp", "anyio", "httpx_aiohttp"}
)

F = TypeVar("F", bound=Callable[..., Any])


def forget_locals(error: BaseException) -> None:
    """Empty the frames, of ours and of the http libraries, that an error and its causes came through."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        link = waiting.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        waiting += [link.__cause__, link.__context__]
        entry = link.__traceback__
        while entry is not None:
            if entry.tb_frame.f_globals.get("__name__", "").partition(".")[0] in _PACKAGES:
                # One that still runs is not emptied: it is to hold nothing.
                with suppress(RuntimeError):
                    entry.tb_frame.clear()
            entry = entry.tb_next


def forgetful(function: F) -> F:
    """Make a function of the public interface, sync or async, leave no locals in the tracebacks of its errors."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def forgetting_later(*args: Any, **kwargs: Any) -> Any:
            try:
                return await function(*args, **kwargs)
            except BaseException as error:
                del args, kwargs
                forget_locals(error)
                raise

        return cast(F, forgetting_later)

    @functools.wraps(function)
    def forgetting(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except BaseException as error:
            del args, kwargs
            forget_locals(error)
            raise

    return cast(F, forgetting)
