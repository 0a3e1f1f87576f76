"""A client's settings: URL, credentials, time limits and so on, some with defaults from the environment."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from chat_completions import _logging
from chat_completions._transport.call import DEFAULT_MAX_RESPONSE_BYTES
from chat_completions._transport.header_checks import check_headers, wrong_kind_of_header
from chat_completions._types import NOT_GIVEN, TRANSPORT_VARIABLE, NotGiven, Secret, without_omitted
from chat_completions._version import __version__
from chat_completions.errors import ChatCompletionsError

if TYPE_CHECKING:
    from chat_completions._contract.unknown_values import OnUnknown, UnknownReporter
    from chat_completions._transport.call import Call
    from chat_completions._transport.observer import Observer
    from chat_completions._types import ApiKey, BaseUrl, Timeout, TransportName

DEFAULT_BASE_URL = "https://api.openai.com/v1"
DEFAULT_TIMEOUT = 600.0  # seconds without a byte
DEFAULT_CONNECT_TIMEOUT = 5.0  # seconds
DEFAULT_DONE_TIMEOUT = 5.0  # seconds from the last chunk of a stream whose choices have all finished
LONGEST_LIMIT = 2_000_000.0  # seconds, 23 days: poll(2) takes milliseconds as a C int
DEFAULT_MAX_RETRIES = 2

# Stands for the key in a pickle.
KEY_FROM_ENVIRONMENT = "\0environment"
_FROM_ENVIRONMENT = ("api_key", "organization", "project")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SECRET_WORDS = ("auth", "cookie", "credential", "key", "password", "pwd", "secret", "session", "signature", "token")


class EnvironmentKey(str):
    """A key from the environment, where a copy in another process may look it up again."""

    __slots__ = ()


class Settings:
    """A client's settings; some default to the environment.

    Raises:
        ChatCompletionsError: The base URL is invalid, or no API key was given for the default server.
        TypeError: `on_unknown` is not a function or is async, `max_retries` or `max_response_bytes` is not an integer,
            or a time limit is not a number.
        ValueError: One of these numbers is negative or NaN.
    """

    # Set by `chat_completions.observability`: on one client's settings, or here for all. Pickles do not include it.
    _observer: Observer | None = None

    # Names for which None means in `with_options` that nothing changes, and names of which the value is not shown.
    _unset_by_none = frozenset({"api_key", "base_url", "organization", "project"})
    _hidden = frozenset({"api_key", "default_headers", "default_query"})

    def __init__(
        self,
        *,
        api_key: ApiKey | None = None,
        base_url: BaseUrl | None = None,
        organization: str | None = None,
        project: str | None = None,
        timeout: Timeout | NotGiven = NOT_GIVEN,
        max_retries: int = DEFAULT_MAX_RETRIES,
        deadline: float | None = None,
        idle_timeout: float | None = None,
        done_timeout: float | None = DEFAULT_DONE_TIMEOUT,
        max_response_bytes: int = DEFAULT_MAX_RESPONSE_BYTES,
        default_headers: Mapping[str, str | None] | None = None,
        default_query: Mapping[str, Any] | None = None,
        validate: bool = False,
        on_unknown: OnUnknown | None = None,
        unknown_nulls: bool = True,
        transport: TransportName | None = None,
    ) -> None:
        _logging.set_up()
        # What the headers of the last request were made from, the headers, and whether an idempotency key is added.
        # It is there from the beginning, because other threads copy the settings by their names.
        self._last_headers: Secret[tuple[Any, dict[str, str], bool] | None] = Secret(None)
        environment = os.environ.get
        if not isinstance(base_url, str | None) and not hasattr(base_url, "raw_path"):
            raise TypeError(f"base_url must be a str, not {type(base_url).__name__}")
        url = str(base_url or environment("OPENAI_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")
        _check_url(url)
        # It may contain a user name and a password, which are sent, but not shown.
        self.base_url = Secret(url)
        self._redacted_url = _logging.redact_url(url)
        self._basic, self._address = _split_user(url)
        if not isinstance(api_key, str | None) and not callable(api_key):
            raise TypeError(f"api_key must be a str or a function, not {type(api_key).__name__}")
        for name, text in (("organization", organization), ("project", project)):
            if not isinstance(text, str | None):
                raise TypeError(f"{name} must be a str, not {type(text).__name__}")
        check_mapping("default_headers", default_headers)
        check_mapping("default_query", default_query)
        key: ApiKey | None = api_key
        if api_key is None or api_key == KEY_FROM_ENVIRONMENT:
            key = EnvironmentKey(environment("OPENAI_API_KEY") or "")
        if api_key == KEY_FROM_ENVIRONMENT and not key:
            raise ChatCompletionsError("this client was pickled without its key; set OPENAI_API_KEY where it is used")
        own_scheme = {name.lower() for name in default_headers or ()} & {"api-key", "authorization"}
        if not key and url == DEFAULT_BASE_URL and not own_scheme:
            raise ChatCompletionsError(
                "no API key: pass api_key= or set OPENAI_API_KEY; for another server, pass base_url="
            )
        if key and self._basic is not None:
            if not isinstance(key, EnvironmentKey):
                raise ChatCompletionsError(
                    "the base URL contains a user name, and there is an API key: a request can carry only one of them;"
                    ' remove the user name from base_url, or pass api_key=""'
                )
            _logging.key_left_out()
            key = None
        self.api_key: Secret[ApiKey] | None = Secret(key) if key else None
        self.organization = (environment("OPENAI_ORG_ID") if organization is None else organization) or None
        self.project = (environment("OPENAI_PROJECT_ID") if project is None else project) or None
        self.timeout = timeout if isinstance(timeout, NotGiven) else checked_timeout(timeout)
        check_retries(max_retries)
        self.max_retries = max_retries
        self.deadline = checked_seconds("deadline", deadline)
        self.idle_timeout = checked_seconds("idle_timeout", idle_timeout)
        self.done_timeout = checked_seconds("done_timeout", done_timeout)
        if not isinstance(max_response_bytes, int):
            raise TypeError(f"max_response_bytes is {max_response_bytes!r}; pass a whole number of bytes")
        if max_response_bytes < 1:
            raise ValueError(f"max_response_bytes is {max_response_bytes}; pass 1 or more")
        self.max_response_bytes = max_response_bytes
        # Any header and any query parameter may hold a secret.
        self.default_headers = Secret(dict(default_headers or {}))
        self.default_query = Secret(dict(default_query or {}))
        self.validate = validate
        # A copy with other settings shares the reporter, so that each kind is reported once by either.
        self.on_unknown = None if on_unknown is None else _unknown_reporter(on_unknown, unknown_nulls)
        self.unknown_nulls = unknown_nulls
        self.transport: TransportName = checked_transport(transport)

    def replace(self, **changes: Any) -> Settings:
        """Return a copy with the given settings changed; headers and query are added.

        NOT_GIVEN changes nothing; None changes only settings that can be None.
        """
        given = {
            name: value
            for name, value in changes.items()
            if not (isinstance(value, NotGiven) or (value is None and name in self._unset_by_none))
        }
        for name in ("default_headers", "default_query"):
            check_mapping(name, given.get(name))
            given[name] = {**getattr(self, name).reveal(), **(given.get(name) or {})}
        return self._with(given)

    def assigned(self, name: str, value: Any) -> Settings:
        """Return a copy with one setting replaced; None stands for no key, organization or project."""
        return self._with({name: "" if value is None and name in _FROM_ENVIRONMENT else value})

    def _with(self, given: Mapping[str, Any], dropped: Collection[str] = ()) -> Settings:
        kept = {name: value for name, value in self._arguments().items() if name not in dropped}
        copy = type(self)(**without_omitted({**kept, **given}))
        if "_observer" in vars(self):
            copy._observer = self._observer
        return copy

    def readable(self, name: str) -> Any:
        """Return a setting as the client shows it.

        Raises:
            AttributeError: It may hold a secret.
        """
        value = getattr(self, name, None)
        if name == "base_url":
            return self.redacted_url()
        if name == "timeout" and isinstance(value, NotGiven):
            import httpx

            return httpx.Timeout(DEFAULT_TIMEOUT, connect=DEFAULT_CONNECT_TIMEOUT)
        if isinstance(value, Secret) or name in self._hidden:
            raise AttributeError(
                f"{name} cannot be read, because it may hold a secret. To change it, assign a new value"
                f" (client.{name} = ...), or call with_options({name}=...)"
            )
        return value.hook if name == "on_unknown" and value is not None else value

    def _arguments(self) -> dict[str, Any]:
        """Return the arguments that create an equal copy."""
        return self._named(self._values())

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return settings under the names that the constructor takes; a vendor's may differ."""
        return values

    def _values(self) -> dict[str, Any]:
        settings = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        arguments = {name: value.reveal() if isinstance(value, Secret) else value for name, value in settings.items()}
        # None means omitted; "" keeps the environment from being read again.
        return {name: "" if value is None and name in _FROM_ENVIRONMENT else value for name, value in arguments.items()}

    def picklable(self) -> dict[str, Any]:
        """Return the arguments that create an equal copy elsewhere, without secrets: the key is looked up there.

        Raises:
            TypeError: The key was passed, or a header, a query parameter or the URL may hold a secret.
        """
        arguments = self._values()
        key = arguments["api_key"]
        if key and not callable(key) and not isinstance(key, EnvironmentKey):
            raise TypeError(
                "an API key that was passed to a client is not pickled; create the client where it is needed, or let it"
                " get the key from the environment or from a function"
            )
        for name in (*arguments["default_headers"], *arguments["default_query"]):
            if any(word in name.lower() for word in SECRET_WORDS):
                raise TypeError(
                    f"{name!r} looks like a secret, which is not pickled; create the client where it is needed"
                )
        if "@" in urlsplit(arguments["base_url"]).netloc:
            raise TypeError(
                "the base URL contains a user name, which is not pickled; create the client where it is needed"
            )
        if not callable(key):
            arguments["api_key"] = KEY_FROM_ENVIRONMENT if key else ""
        return self._named(arguments)

    def headers(self, key: Secret[str] | None, extra: Mapping[str, str | None] | None) -> dict[str, str]:
        """Return the headers of a request.

        Args:
            key: The API key, None for none.
            extra: Headers that override the client's; None removes a header.

        Raises:
            RequestValidationError: A header cannot be sent as it is.
            TypeError: A header is not a string.
        """
        headers: dict[str, str | None] = {
            "Accept": "application/json",
            "User-Agent": f"chat-completions-client/{__version__}",
            "OpenAI-Organization": self.organization,
            "OpenAI-Project": self.project,
        }
        if key is not None:
            headers["Authorization"] = f"Bearer {key.reveal()}"
        elif self._basic is not None:
            headers["Authorization"] = self._basic.reveal()
        for more in (self.default_headers.reveal(), extra or {}):
            for name, value in more.items():
                for known in [known for known in headers if known.lower() == str(name).lower()]:
                    del headers[known]
                headers[name] = None if isinstance(value, NotGiven) else value
        sent = {name: value for name, value in headers.items() if value is not None}
        check_headers(sent)
        return sent

    def prepare(self, call: Call) -> Call:
        """Return a call as it is to be sent; settings for a vendor with other URLs override this."""
        return call

    @property
    def address(self) -> Secret[str]:
        """The base URL without a user name, as it is sent."""
        return self._address

    def redacted_url(self) -> str:
        """Return the base URL without its possible user name, password and query."""
        return self._redacted_url


def checked_transport(transport: str | None) -> TransportName:
    """Check the name of a transport and return it; for None, that of the environment.

    Raises:
        ChatCompletionsError: The environment names another one.
        ValueError: It is neither `httpx` nor `fast`.
    """
    name = os.environ.get(TRANSPORT_VARIABLE) or "httpx" if transport is None else transport
    if name not in ("httpx", "fast"):
        if transport is None:
            raise ChatCompletionsError(f"{TRANSPORT_VARIABLE} is {name!r}; set it to httpx or fast, or unset it")
        raise ValueError(f"transport is {name!r}; pass 'httpx' or 'fast'")
    return cast("TransportName", name)


def _unknown_reporter(hook: Any, nulls: bool) -> UnknownReporter:
    from chat_completions._contract.unknown_values import UnknownReporter

    return (hook if isinstance(hook, UnknownReporter) else UnknownReporter(hook)).with_nulls(nulls)


def check_retries(number: Any) -> None:
    """Check a number of retries.

    Raises:
        TypeError: The number is not an integer.
        ValueError: It is negative.
    """
    if not isinstance(number, int):
        raise TypeError(f"max_retries is {number!r}; pass a whole number; 0 means no retries")
    if number < 0:
        raise ValueError(f"max_retries is {number}; pass 0 or more; 0 means no retries")


def check_mapping(name: str, value: Any) -> None:
    """Check an argument that takes a mapping, or None; its values may be secret, so the message shows only types.

    Args:
        name: The argument, for messages; if it names headers, the values have to be strings or None.
        value: What was passed.

    Raises:
        TypeError: It is not a mapping from strings to such values.
    """
    if (problem := _mapping_problem(name, value)) is not None:
        del value  # so that no traceback shows it
        raise TypeError(problem)


def _mapping_problem(name: str, value: Any) -> str | None:
    if value is None or isinstance(value, NotGiven):
        return None
    if not isinstance(value, Mapping):
        return f"{name} must be a dict, not {type(value).__name__}"
    for key, entry in value.items():
        if not isinstance(key, str):
            return f"{name} must have keys of type str, not {type(key).__name__}"
        if name.endswith("headers") and not isinstance(entry, str | NotGiven | None):
            return wrong_kind_of_header(key, entry)
    return None


def checked_seconds(name: str, seconds: float | None) -> float | None:
    """Check a time limit and return it, or None if it is too long for the system.

    Args:
        name: What it limits, for messages.
        seconds: The limit.

    Raises:
        TypeError: The limit is not a number.
        ValueError: It is negative or NaN.
    """
    if seconds is None:
        return None
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        raise TypeError(f"{name} is {seconds!r}; pass a number of seconds, or None for no limit")
    if not seconds >= 0:
        raise ValueError(f"{name} is {seconds!r}; pass 0 or more seconds, or None for no limit")
    return None if seconds > LONGEST_LIMIT else seconds


def checked_timeout(timeout: Any) -> Timeout:
    """Check a `timeout` and return it; see `checked_seconds`."""
    if not hasattr(timeout, "as_dict"):
        return checked_seconds("timeout", timeout)
    limits = timeout.as_dict()
    checked = {name: checked_seconds(f"timeout.{name}", limit) for name, limit in limits.items()}
    return cast("Timeout", timeout if checked == limits else type(timeout)(**checked))


def validated_api_key(key: Any) -> str | None:
    """Return the key if a header can carry it.

    Raises:
        ChatCompletionsError: The key is not a string that a header can carry; the message does not show it.
    """
    if (problem := _key_problem(key)) is not None:
        del key  # so that no traceback shows it
        raise ChatCompletionsError(problem)
    return key or None


def _key_problem(key: Any) -> str | None:
    if key is not None and not isinstance(key, str):
        close = getattr(key, "close", None)
        if close is not None:
            close()
        return f"the API key must be a str, not {type(key).__name__}; an async key function needs an AsyncClient"
    if key and (not key.isascii() or not key.isprintable() or key != key.strip()):
        return "the API key contains whitespace or characters that a header cannot carry"
    return None


def has_server(url: str) -> bool:
    """Return whether a URL names a server: a host, and no port or one from 1 to 65535."""
    try:
        parts = urlsplit(url)
        return bool(parts.hostname) and parts.port != 0 and not re.search(r"\s", parts.netloc)
    except ValueError:
        return False


def _check_url(url: str) -> None:
    """Check that a URL is valid; the message does not show what may be a secret."""
    problem = None
    if not url.startswith(("http://", "https://")):
        problem = "does not begin with http:// or https://"
    elif _CONTROL.search(url) or url != url.strip():
        problem = "contains a control character, or begins or ends with whitespace"
    elif not has_server(url):
        problem = "is not a valid URL: it needs a host name, and its port, if any, must be valid"
    if problem is not None:
        quotable = _CONTROL.sub("?", url.rpartition("@")[2].partition("?")[0])
        # What does not look like a URL may be a key in the wrong place.
        named = f" {quotable!r}" if re.search(r"[.:/]", quotable) else ""
        raise ChatCompletionsError(f"the base URL{named} {problem}")


def _split_user(url: str) -> tuple[Secret[str] | None, Secret[str]]:
    """Return the `Authorization` header for the user name in a URL, None without one, and the URL without it.

    HTTP libraries make the same header (RFC 7617), but they log URLs as they are.
    """
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    address = Secret(parts._replace(netloc=host).geturl() if host != parts.netloc else url)
    if not user.strip(":"):
        return None, address
    pair = ":".join(unquote(part) for part in (user.partition(":")[0], user.partition(":")[2]))
    return Secret("Basic " + base64.b64encode(pair.encode()).decode()), address
