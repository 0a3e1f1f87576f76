"""The optional dependencies of the local server, checked in one place."""

from __future__ import annotations

from importlib import import_module

_NEEDED = ("jsonschema", "starlette", "uvicorn")


def require_extra() -> None:
    """Check that the packages of the extra `[local]` can be imported.

    Raises:
        ImportError: If one of them is missing; the message says what to install.
    """
    for name in _NEEDED:
        try:
            import_module(name)
        except ImportError as error:
            raise ImportError(
                f"the local server needs the package {name!r}: pip install 'chat-completions-client[local]'", name=name
            ) from error
