"""The options that all commands with a server share, and the client created from them."""

from __future__ import annotations

import functools
import inspect
import math
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints
from urllib.parse import urlsplit

import typer

from chat_completions._transport.settings import validated_api_key
from chat_completions.cli.exits import Failure
from chat_completions.cli.screen import hide, is_terminal
from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions import Client

DEFAULT_KEY_VARIABLE = "OPENAI_API_KEY"
_PANEL = "Connection"
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
SECRET_NAME = re.compile("auth|cookie|key|password|secret|signature|token", re.IGNORECASE)


def _option(*names: str, help: str, metavar: str | None = None, **more: Any) -> Any:
    return typer.Option(*names, help=help, metavar=metavar, rich_help_panel=_PANEL, show_default=False, **more)


def _seconds(value: float | None) -> float | None:
    if value is not None and not (value > 0 and math.isfinite(value)):
        raise typer.BadParameter(f"{value:g} is not a number of seconds above 0")
    return value


def _refused_key(value: str | None) -> None:
    if value is not None:
        raise typer.BadParameter(
            "a key on the command line is visible to every user of this machine and stays in the shell's history;"
            f" {SET_KEY}"
        )


@dataclass(frozen=True, repr=False)
class Connection:
    """The server, the credentials and the time limits; each field is an option."""

    base_url: Annotated[
        str | None, _option("--base-url", metavar="URL", help="URL of the API (default: OPENAI_BASE_URL, else OpenAI).")
    ] = None
    api_key_file: Annotated[
        Path | None, _option("--api-key-file", metavar="FILE", help="File that contains only the API key.")
    ] = None
    api_key_env: Annotated[
        str | None,
        _option(
            "--api-key-env", metavar="NAME", help="Environment variable with the API key (default: OPENAI_API_KEY)."
        ),
    ] = None
    api_key_command: Annotated[
        str | None,
        _option(
            "--api-key-command",
            "--key-command",
            metavar="CMD",
            help="Shell command that prints the API key, such as 'pass show openai'.",
        ),
    ] = None
    api_key: Annotated[str | None, typer.Option("--api-key", hidden=True, callback=_refused_key)] = None
    api_key_header: Annotated[
        str | None,
        _option("--api-key-header", metavar="NAME", help="Send the key in this header (Azure: api-key)."),
    ] = None
    organization: Annotated[
        str | None, _option("--organization", metavar="ID", help="Organization (default: OPENAI_ORG_ID).")
    ] = None
    project: Annotated[str | None, _option("--project", metavar="ID", help="Project (default: OPENAI_PROJECT_ID).")] = (
        None
    )
    timeout: Annotated[
        float | None,
        _option("--timeout", metavar="SECONDS", callback=_seconds, help="Maximum time without receiving data."),
    ] = None
    deadline: Annotated[
        float | None,
        _option(
            "--deadline", metavar="SECONDS", callback=_seconds, help="Maximum time for a request, including retries."
        ),
    ] = None
    idle_timeout: Annotated[
        float | None,
        _option(
            "--idle-timeout", metavar="SECONDS", callback=_seconds, help="Maximum time between two pieces of a stream."
        ),
    ] = None
    max_retries: Annotated[
        int | None, _option("--max-retries", metavar="N", min=0, help="Maximum retries (default: 2; bulk: 5).")
    ] = None
    header: Annotated[
        list[str] | None,
        _option("--header", metavar="NAME:VALUE", help="Header to send; an empty value removes it. Repeatable."),
    ] = None
    query: Annotated[
        list[str] | None, _option("--query", metavar="NAME=VALUE", help="Query parameter to send. Repeatable.")
    ] = None
    debug: Annotated[
        bool, _option("--debug", help="Log each attempt, without keys, prompts, or answers, and show tracebacks.")
    ] = False

    def client(self, **settings: Any) -> Client:
        """Make the client that the options describe.

        Args:
            settings: Further settings of the client; they win.

        Raises:
            Failure: The options are invalid, or there is no key.
        """
        from chat_completions import Client

        for secret in secrets_of(self.base_url or os.environ.get("OPENAI_BASE_URL")):
            hide(secret)
        key = None if "api_key" in settings else self.key()
        headers = self.headers()
        if self.api_key_header is not None and "api_key" not in settings:
            if not _HEADER_NAME.fullmatch(self.api_key_header):
                raise Failure(f"--api-key-header {self.api_key_header!r} is not a header name")
            key = key or os.environ.get(DEFAULT_KEY_VARIABLE)
            if not key:
                raise Failure("--api-key-header needs a key to send", _KEY_HINT)
            headers = {self.api_key_header: key, "Authorization": None, **headers}
        given: dict[str, Any] = {
            "timeout": self.timeout,
            "max_retries": self.max_retries,
            "deadline": self.deadline,
            "idle_timeout": self.idle_timeout,
            "organization": self.organization,
            "project": self.project,
            "base_url": self.base_url,
            "api_key": key,
            "default_headers": headers,
            "default_query": self.queries(),
            **settings,
        }
        try:
            return Client(**{name: value for name, value in given.items() if value is not None})
        except ChatCompletionsError as error:
            if "no API key" in str(error):
                raise Failure("no API key is set, but OpenAI's server requires one", _KEY_HINT) from None
            raise Failure(str(error)) from None

    def key(self) -> str | None:
        """Return the key from the options; None to use the environment.

        Raises:
            Failure: If the options do not lead to one valid key.
        """
        if sum(option is not None for option in (self.api_key_file, self.api_key_env, self.api_key_command)) > 1:
            raise Failure("--api-key-file, --api-key-env and --api-key-command cannot be combined")
        if self.api_key_file is not None:
            key = _key_in(self.api_key_file)
        elif self.api_key_command is not None:
            key = _printed_key(self.api_key_command)
        elif self.api_key_env is not None:
            key = os.environ.get(self.api_key_env, "")
            if not key:
                raise Failure(f"--api-key-env: the environment variable {self.api_key_env} is not set or is empty")
        else:
            key = None
        try:
            key = validated_api_key(key)
        except ChatCompletionsError as error:
            raise Failure(str(error)) from None
        hide(key)
        hide(os.environ.get(DEFAULT_KEY_VARIABLE))
        return key

    def headers(self) -> dict[str, str | None]:
        """Return the headers; None removes one of the client's headers.

        Raises:
            Failure: If one cannot be sent; its value may be a secret and is not shown.
        """
        headers: dict[str, str | None] = {}
        for text in self.header or ():
            name, colon, value = text.partition(":")
            name, value = name.strip(), value.strip()
            if not colon or not _HEADER_NAME.fullmatch(name):
                raise Failure("--header: write NAME:VALUE, such as 'X-Team: stories'")
            if not value.isascii() or not value.isprintable():
                raise Failure(
                    f"--header {name}: its value contains characters that a header cannot have; use printable ASCII"
                )
            if SECRET_NAME.search(name):
                hide(value)
                hide(value.rpartition(" ")[2])
            headers[name] = value or None
        return headers

    def queries(self) -> dict[str, Any]:
        """Return the query parameters; a repeated one as a list."""
        query: dict[str, list[str]] = {}
        for name, value in pairs(self.query, "--query"):
            query.setdefault(name, []).append(value)
            if SECRET_NAME.search(name):
                hide(value)
        return {name: values if len(values) > 1 else values[0] for name, values in query.items()}


SET_KEY = "set OPENAI_API_KEY, or use --api-key-file, --api-key-env or --api-key-command"
_KEY_HINT = f"{SET_KEY}; for another server, use --base-url"


def takes_connection(command: Callable[..., Any]) -> Callable[..., Any]:
    """Replace a command's argument `connection` by the options of a connection."""
    own = inspect.signature(command, eval_str=True).parameters
    types = get_type_hints(Connection, include_extras=True)
    shared = [
        inspect.Parameter(
            option.name, inspect.Parameter.KEYWORD_ONLY, default=option.default, annotation=types[option.name]
        )
        for option in fields(Connection)
    ]

    @functools.wraps(command)
    def run(**values: Any) -> Any:
        connection = Connection(**{option.name: values.pop(option.name) for option in shared})
        return command(connection=connection, **values)

    parameters = [parameter for name, parameter in own.items() if name != "connection"]
    run.__signature__ = inspect.Signature([*parameters, *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in (*parameters, *shared)}
    return run


def pairs(texts: Iterable[str] | None, option: str) -> list[tuple[str, str]]:
    """Return the names and values of `NAME=VALUE` texts.

    Raises:
        Failure: If a text has another form; its value is not shown.
    """
    found = []
    for text in texts or ():
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise Failure(f"{option}: write NAME=VALUE")
        found.append((name, value))
    return found


def secrets_of(url: str | None) -> list[str]:
    """Return the parts of a URL that must not be shown: user, password and query."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return []
    return [secret for secret in (parts.username, parts.password, parts.query) if secret]


def _key_in(path: Path) -> str:
    try:
        text = path.read_text("utf-8-sig").strip()
    except OSError as error:
        raise Failure(f"--api-key-file {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Failure(f"--api-key-file {path}: is not a text file") from None
    if not text or len(text.split()) > 1:
        what = "contains more than one word or line" if text else "is empty"
        raise Failure(f"--api-key-file {path}: {what}; it must contain only the key")
    return text


@functools.cache  # it may ask for a password
def _printed_key(command: str) -> str:
    """Return what a command prints; nothing of it is shown, and it cannot read the piped prompt."""
    import subprocess

    stdin = None if is_terminal(sys.stdin) else subprocess.DEVNULL
    ended = subprocess.run(command, shell=True, stdin=stdin, stdout=subprocess.PIPE, check=False)
    if ended.returncode != 0:
        raise Failure(f"--api-key-command: the command failed with exit code {ended.returncode}")
    words = ended.stdout.split()
    if len(words) != 1:
        what = "more than one word or line" if words else "nothing"
        raise Failure(f"--api-key-command: the command printed {what}; it must print only the key")
    return words[0].decode("utf-8", "replace")
