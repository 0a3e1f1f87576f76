"""Run the local server until Ctrl-C: `python -m chat_completions.local`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any

from . import LocalServer


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until it is interrupted.

    Args:
        arguments: Command-line arguments; None uses those of the process.

    Returns:
        The exit code: 0 after an interrupt, 1 if the server cannot start.
    """
    parser = argparse.ArgumentParser(prog="python -m chat_completions.local", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: a free one)")
    parser.add_argument("--database", metavar="FILE", help="SQLite file for stored completions (default: in memory)")
    parser.add_argument("--api-key", action="append", metavar="KEY", help="require this API key; may be repeated")
    parser.add_argument("--chunk-delay", type=float, default=0.0, metavar="SECONDS", help="time between two chunks")
    parser.add_argument("--strict", action="store_true", help="reject request fields that are not in the contract")
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="also accept requests for this host; may be repeated",
    )
    options = vars(parser.parse_args(arguments))
    return serve(api_keys=options.pop("api_key"), allow_hosts=options.pop("allow_host"), **options)


def serve(host: str, port: int, *, announce: Callable[[str], None] | None = None, **settings: Any) -> int:
    """Run a server until SIGINT or SIGTERM.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 chooses a free one.
        announce: Called with the base URL once the server is ready; None prints it.
        settings: Further arguments of `LocalServer`.

    Returns:
        The exit code: 0 after an interrupt, 1 if the server cannot start (standard error says why).
    """
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    try:
        server = LocalServer(host, port, **settings).start()
    except (ImportError, OSError, OverflowError, ValueError) as error:
        print(f"error: {_reason(error, host, port)}", file=sys.stderr)
        return 1
    try:
        if announce is None:
            print(server.base_url, flush=True)
        else:
            announce(server.base_url)
        while not stop.wait(1):  # with a timeout, because on Windows Ctrl-C does not interrupt an endless wait
            pass
    finally:
        server.close()
    return 0


def _reason(error: Exception, host: str, port: int) -> str:
    if isinstance(error, OSError) and error.errno is not None and error.filename is None:
        return f"cannot listen on {host} port {port}: {error.strerror}; choose another --port, or 0 for a free one"
    return str(error)


if __name__ == "__main__":
    sys.exit(main())
