"""Clear the local variables in tracebacks: keys and requests are among them.

Debuggers, `pytest -l` and error reporters show local variables. In the traceback of one of our errors, the frames of
this package and of the HTTP libraries have none.
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
    """Clear the frames of this package and of the HTTP libraries in the tracebacks of an error and its causes."""
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
                # A frame that still runs cannot be cleared.
                with suppress(RuntimeError):
                    entry.tb_frame.clear()
            entry = entry.tb_next


def forgetful(function: F) -> F:
    """Decorate a public function, sync or async, so that the tracebacks of its errors have no local variables."""
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
