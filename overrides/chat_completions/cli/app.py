"""Register the commands, and turn their exceptions into a message, a hint, and an exit code."""

from __future__ import annotations

import errno
import logging
import os
import shutil
import ssl
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Annotated, Any

import typer
import typer.core

from chat_completions import errors
from chat_completions._transport.retry import LONGEST_RETRY_AFTER, retry_after
from chat_completions.cli import doctor, listing, serve
from chat_completions.cli.bulk import bulk
from chat_completions.cli.connection import SET_KEY, takes_connection
from chat_completions.cli.create import create
from chat_completions.cli.exits import MEANINGS, MEANINGS_FOR, Exit, Failure, epilog, missing_package
from chat_completions.cli.models import UnknownModelError
from chat_completions.cli.probe_server import probe
from chat_completions.cli.screen import ClosedError, harmless, has_color, hide, is_terminal, masked, shared_screen

PROGRAM = "chat-completions"
_TABLES = 72  # columns of a terminal that rich's tables of options need

# A command that talks to a server has an argument `connection`, which is replaced by the connection options.
COMMANDS: tuple[tuple[str, Callable[..., int], str], ...] = (
    ("create", takes_connection(create), "Send a prompt to a model and show the answer as it arrives."),
    ("list", takes_connection(listing.list_stored), "List the completions that were created with store=true."),
    ("bulk", takes_connection(bulk), "Send every request in a file; run it again to resume."),
    ("serve", serve.serve, "Run a local server for tests and development."),
    (
        "doctor",
        takes_connection(doctor.doctor),
        "Diagnose problems with the key, base URL, network, or installation.",
    ),
    ("probe", takes_connection(probe), "Check which parts of the API a server supports, call by call."),
)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Args:
        arguments: The arguments after the program's name.
    """
    # httpx imports the packages of its own command line, which takes longer than the rest of httpx.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
    debug = "--debug" in arguments
    hide(os.environ.get("OPENAI_API_KEY"))
    screen = shared_screen()
    _log(debug)
    try:
        # Not standalone, because the exit codes and the format of errors are ours.
        code = typer.main.get_command(_app()).main(list(arguments), prog_name=PROGRAM, standalone_mode=False)
        return int(code or 0)
    except ClosedError:
        return Exit.CLOSED
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except SystemExit as stop:
        # typer exits like this if the pipe closes while it writes a help text.
        closed = isinstance(stop.__context__, OSError) and stop.__context__.errno == errno.EPIPE
        return Exit.CLOSED if closed else stop.code if isinstance(stop.code, int) else int(bool(stop.code))
    except Exception as error:
        failure = _usage(error, arguments) or failure_for(error)
        if failure is None:
            failure = Failure(
                f"{type(error).__name__}: {error}",
                _bug(error, debug),
                Exit.REFUSED,
            )
        if debug and sys.stderr is not None:
            sys.stderr.write(harmless(masked("".join(traceback.format_exception(error)))))
        screen.error(str(failure), failure.hint)
        return failure.code
    finally:
        with suppress(ClosedError, Failure):
            screen.end_line()
            screen.end_aside()


def _bug(error: Exception, debug: bool) -> str | None:
    if isinstance(error, ImportError):
        return "the installation is broken, or this is a bug: reinstall it" + ("" if debug else ", or see --debug")
    return None if debug else "this is a bug; --debug shows where it happened"


def _app() -> typer.Typer:
    # Styled if there is color and room for tables, else plain, so that the text can be searched.
    rich = has_color(sys.stdout) and shutil.get_terminal_size().columns >= _TABLES
    settings: dict[str, Any] = {"help_option_names": ["-h", "--help"]}
    if is_terminal(sys.stdout):
        settings["max_content_width"] = shutil.get_terminal_size().columns
        settings["terminal_width"] = settings["max_content_width"]
    app = typer.Typer(
        cls=_Group,
        rich_markup_mode="rich" if rich else None,
        help="Talk to an OpenAI-style Chat Completions server.",
        epilog=epilog(rich, settings.get("terminal_width")),
        context_settings=settings,
        pretty_exceptions_enable=False,
    )
    app.callback(invoke_without_command=True)(_program)
    for name, command, help_ in COMMANDS:
        app.command(
            name,
            cls=_Command,
            help=help_,
            epilog=epilog(rich, settings.get("terminal_width"), MEANINGS_FOR.get(name, MEANINGS)),
            context_settings=settings,
        )(command)
    return app


class _Formatter(typer.Context.formatter_class):  # type: ignore[misc,valid-type]
    """Formats plain help: on a narrow terminal the text of an option is on the next line."""

    def write_dl(self, rows: Sequence[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl(rows, 8 if self.width < _TABLES else col_max, col_spacing)


class _Context(typer.Context):
    formatter_class = _Formatter


class _Command(typer.core.TyperCommand):
    context_class = _Context


class _Group(typer.core.TyperGroup):
    context_class = _Context

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands, with whole sentences on narrow terminals too."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, command.get_short_help_str(200)) for name, command in commands if command])


def _show_version(wanted: bool) -> None:
    if wanted:
        from chat_completions._version import __version__

        typer.echo(f"chat-completions-client {__version__}")
        raise typer.Exit


def _program(
    context: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _usage(error: Exception, arguments: Sequence[str]) -> Failure | None:
    """Return the failure for a usage error, recognized by its class name, because typer has moved the class."""
    if not any(kind.__name__ == "ClickException" for kind in type(error).__mro__):
        return None
    message = str(error.format_message())  # type: ignore[attr-defined]
    named = [name for name, *_ in COMMANDS if name in arguments[:1]]
    hint = f"{' '.join([PROGRAM, *named])} --help shows the usage"
    if "unexpected extra argument" in message and named == ["create"]:
        hint = "put the prompt in quotes"
    return Failure(message, hint)


def _log(debug: bool) -> None:
    """Show the client's log: all of it with --debug, else retries and redirects to a person."""
    logger = logging.getLogger("chat_completions")
    logger.addFilter(_made_harmless)
    if os.environ.get("CHAT_COMPLETIONS_LOG"):
        return  # which the client sees to
    if debug or is_terminal(sys.stderr):
        handler = logging.StreamHandler()
        handler.setFormatter(
            logging.Formatter("%(asctime)s %(levelname)s %(message)s" if debug else "note: %(message)s")
        )
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG if debug else logging.INFO)


def _made_harmless(record: logging.LogRecord) -> bool:
    # Messages quote what servers send.
    record.msg, record.args = harmless(masked(record.getMessage())), ()
    return True


_DOCTOR = "run chat-completions doctor to find the cause"


def failure_for(error: Exception) -> Failure | None:
    """Return the failure for an exception that a command raised; None for an unexpected one."""
    match error:
        case Failure():
            return error
        case UnknownModelError():
            return Failure(_message(error.error), error.hint, Exit.REFUSED)
        case errors.RequestValidationError():
            return Failure(str(error))
        case errors.StreamError() if not error.partial.choices and (
            error.body is not None or "base_url" in error.message
        ):
            return Failure(_message(error), _DOCTOR, Exit.REFUSED)
        case errors.StreamError():
            advice = "try again; standard output has what arrived" if shared_screen().wrote else "try again"
            return Failure(_message(error), advice, Exit.CUT)
        case errors.APITimeoutError():
            return Failure(_message(error), f"increase --timeout or --deadline; {_DOCTOR}", Exit.UNREACHABLE)
        case errors.APIConnectionError():
            return Failure(_message(error), _DOCTOR, Exit.UNREACHABLE)
        case errors.APIError():
            return Failure(_message(error), _advice(error), Exit.REFUSED)
        case errors.PaginationError():
            hint = None if error.cursor is None else f"continue the list with --after {error.cursor}"
            return Failure(str(error), hint, Exit.REFUSED)
        case errors.ChatCompletionsError():
            return Failure(str(error))
        case ImportError():
            return _not_installed(error)
        case OSError():
            return _not_set_up(error)
        case ValueError() if "proxy" in str(error).lower():
            return Failure(f"the proxy from the environment cannot be used: {error}", _DOCTOR)
        case _ if type(error).__module__.partition(".")[0] in ("httpx", "h11", "httpcore"):
            return Failure(f"the request cannot be sent: {error}", _DOCTOR)
    return None


def _message(error: errors.APIError) -> str:
    message = error.message.removesuffix("; .partial has what arrived")
    if error.request_id:
        message += f" (request id {error.request_id})"
    cursor = getattr(error, "cursor", None)
    tries = len(error.attempts)
    if tries > 1:
        message += f" ({tries} attempts)"
    return message + (f"; continue with --after {cursor}" if cursor else "")


def _advice(error: errors.APIError) -> str | None:
    match error:
        case errors.AuthenticationError():
            return f"the key is missing, wrong or revoked: {SET_KEY}; {_DOCTOR}"
        case errors.PermissionDeniedError():
            return f"the key, its project or this network does not have permission; {_DOCTOR}"
        case errors.NotFoundError():
            return f"{_absent(error)}; {_DOCTOR}"
        case errors.RateLimitError() if not error.is_retryable:
            return "the quota is exhausted: check the billing, or use another key"
        case errors.RateLimitError():
            return _waiting(error)
        case errors.APIStatusError() if error.status_code >= 500:
            return "the server failed: try again later"
        case errors.APIResponseValidationError():
            return _DOCTOR
        case errors.BadRequestError() if "response_format" in str(error.param) or "response_format" in error.message:
            return "for a schema that is not strict, add --param response_format.json_schema.strict=false"
    return None


def _absent(error: errors.NotFoundError) -> str:
    """Return what to check after a 404; a list request has no model."""
    request = error.request
    if request is None or request.method != "GET":
        return "check --model and the base URL"
    return "check the base URL, whether the server stores completions, and the id of --after"


def _waiting(error: errors.RateLimitError) -> str:
    delay = retry_after(error.response.headers, error.response.content)
    if delay is not None and delay > LONGEST_RETRY_AFTER:
        return f"the server asks clients to wait {delay:,.0f} s, longer than a retry would: try again later"
    if error.response.headers.get("x-should-retry", "").lower() == "false":
        return "the server asks clients not to retry at once: wait"
    return "wait, or increase --max-retries"


def _not_installed(error: ImportError) -> Failure | None:
    """Return the failure for a missing package; None for a broken installation."""
    if "socks" in str(error).lower():
        hint = "pip install 'httpx[socks]', or unset the proxy variable"
    elif missing_package(error) is None:
        return None
    else:
        hint = "pip install 'chat-completions-client[cli]'"
    return Failure(f"a package is missing: {error}", hint, Exit.MISSING)


def _not_set_up(error: OSError) -> Failure:
    """Return the failure for an error while the HTTP client is created, such as invalid certificates."""
    if isinstance(error, ssl.SSLError) or (error.filename is None and error.errno == 2):
        return Failure(
            f"the certificates cannot be loaded: {error.strerror or error}",
            "correct SSL_CERT_FILE and SSL_CERT_DIR, or unset them",
        )
    return Failure(f"{error.filename or 'the system'}: {error.strerror or error}")
