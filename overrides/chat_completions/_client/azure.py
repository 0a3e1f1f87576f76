"""`AzureClient` and `AsyncAzureClient`: Azure's URLs, API version and credentials; the rest is as in `Client`."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self
from urllib.parse import quote, urlsplit

from chat_completions import _logging
from chat_completions._client.client import SETTINGS, AsyncClient, BaseClient, Client, Setting, showing
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.settings import KEY_FROM_ENVIRONMENT, EnvironmentKey, Settings
from chat_completions._types import NOT_GIVEN, NotGiven, Secret, publish
from chat_completions.errors import ChatCompletionsError, RequestValidationError

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._client.argument_types import AzureArguments
    from chat_completions._transport.call import Call
    from chat_completions._types import ApiKey, AsyncHttpClient, BaseUrl, HttpClient


_CREDENTIALS = frozenset({"api_key", "azure_ad_token", "azure_ad_token_provider"})
_PLACE = frozenset({"azure_endpoint", "azure_deployment"})
_VERSION = "api-version"  # the query parameter


class AzureSettings(Settings):
    """Settings with a key that is sent in the header `api-key`, or with a Microsoft Entra token.

    Args:
        azure_endpoint: See `AzureClient`, as for those that follow.
        settings: The other arguments of `Settings`.
    """

    _unset_by_none = Settings._unset_by_none | _CREDENTIALS | _PLACE | {"api_version"}
    _hidden = Settings._hidden | _CREDENTIALS

    def __init__(
        self,
        *,
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_version: str | None = None,
        api_key: ApiKey | None = None,
        azure_ad_token: str | None = None,
        azure_ad_token_provider: ApiKey | None = None,
        base_url: BaseUrl | None = None,
        default_query: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        url = _base_url(base_url, azure_endpoint, azure_deployment)
        credential, self._is_token = _credential(api_key, azure_ad_token, azure_ad_token_provider, url)
        query = _query(default_query, api_version)
        super().__init__(api_key=credential, base_url=url, default_query=query, **settings)
        # The endpoint may hold a user name and a password.
        self._endpoint = None if base_url is not None else Secret(_endpoint(azure_endpoint))
        self._deployment = azure_deployment

    @property
    def azure_endpoint(self) -> str | None:
        """The resource's URL, None with a `base_url`."""
        return None if self._endpoint is None else _logging.redact_url(self._endpoint.reveal())

    @property
    def azure_deployment(self) -> str | None:
        """The deployment to call, None for the one that the request names."""
        return self._deployment

    @property
    def api_version(self) -> str:
        """The version of Azure's API."""
        return str(self.default_query.reveal()[_VERSION])

    def _with(self, given: Mapping[str, Any], dropped: Collection[str] = ()) -> Settings:
        # A new credential takes the place of the old one, and a base URL that of the endpoint.
        dropped = set(dropped)
        if credentials := given.keys() & _CREDENTIALS:
            if not any(given[name] for name in credentials):
                raise ChatCompletionsError(f"missing credentials: {_MISSING}")
            dropped |= _CREDENTIALS
        if "base_url" in given:
            dropped |= _PLACE
        elif given.keys() & _PLACE:
            if self._endpoint is None and not given.get("azure_endpoint"):
                raise ChatCompletionsError("this client has a full base_url; pass azure_endpoint as well")
            dropped |= {"base_url"}
        query = dict(given["default_query"] or {}) if "default_query" in given else None
        if query is not None and "api_version" not in given:
            given = {**given, "default_query": {_VERSION: self.api_version, **query}}
        elif "api_version" in given:
            kept = self.default_query.reveal() if query is None else query
            given = {**given, "default_query": {name: value for name, value in kept.items() if name != _VERSION}}
        return super()._with(given, dropped)

    def _named(self, values: dict[str, Any]) -> dict[str, Any]:
        named = dict(values)
        if self._is_token:
            token = named.pop("api_key")
            named["azure_ad_token_provider" if callable(token) else "azure_ad_token"] = token
        if self._endpoint is not None:
            del named["base_url"]
            named["azure_endpoint"], named["azure_deployment"] = self._endpoint.reveal(), self._deployment
        return named

    def headers(self, key: Secret[str] | None, extra: Mapping[str, str | None] | None) -> dict[str, str]:
        """Return the headers of a request; see `Settings.headers`."""
        if key is None or self._is_token:
            return super().headers(key, extra)
        headers = super().headers(None, extra)
        if not any(name.lower() == "api-key" for name in (*self.default_headers.reveal(), *(extra or ()))):
            headers["api-key"] = key.reveal()
        return headers

    def prepare(self, call: Call) -> Call:
        """Return the call with the path of its model's deployment, unless the base URL has one."""
        if "/deployments" in urlsplit(self.base_url.reveal()).path or "content" not in call.request:
            return call
        model = json.loads(call.request["content"]).get("model")
        if not isinstance(model, str):
            return call  # the server reports the error
        call.request["url"] = f"/deployments/{_segment(model)}{call.request['url']}"
        return call


class _BaseAzureClient(BaseClient):
    """The base class of the two clients of Azure: the settings that only they have."""

    _settings_type: ClassVar[type[Settings]] = AzureSettings
    _setting_names: ClassVar[frozenset[str]] = SETTINGS | _CREDENTIALS | _PLACE | {"api_version"}

    azure_endpoint: Setting[str | None, str | NotGiven | None] = Setting(
        "The resource's URL, without a user name or password; None with a `base_url`."
    )
    azure_deployment: Setting[str | None, str | NotGiven | None] = Setting(
        "The deployment to call; None for the one that the request names."
    )
    api_version: Setting[str, str | NotGiven | None] = Setting("The version of Azure's API.")
    azure_ad_token: Setting[NoReturn, str] = Setting("The token, which can be assigned, but not read.")
    azure_ad_token_provider: Setting[NoReturn, ApiKey] = Setting(
        "The function that returns a token for each attempt, which can be assigned, but not read."
    )

    @forgetful
    def with_options(
        self, *, http_client: HttpClient | AsyncHttpClient | None = None, **settings: Unpack[AzureArguments]
    ) -> Self:
        """Return a client with other settings that shares the connections; see `Client.with_options`.

        A new key or token takes the place of the old one, whichever it was.
        """
        return super().with_options(http_client=http_client, **settings)  # type: ignore[misc]

    copy = with_options


@publish()
class AzureClient(_BaseAzureClient, Client):
    """A client of the Chat Completions API of Azure OpenAI.

    Args:
        azure_endpoint: The resource's URL, such as `https://NAME.openai.azure.com`; by default AZURE_OPENAI_ENDPOINT.
        azure_deployment: The deployment to call; by default the one named by the request's `model`.
        api_version: The version of Azure's API; by default OPENAI_API_VERSION.
        api_key: The resource's key, or a function that returns it; by default AZURE_OPENAI_API_KEY.
        azure_ad_token: A Microsoft Entra token instead of a key; by default AZURE_OPENAI_AD_TOKEN.
        azure_ad_token_provider: A function that returns such a token for each attempt.
        base_url: The whole URL before `/chat/completions`, instead of endpoint and deployment.
        default_query: Query parameters for every request.
        settings: The other arguments of `Client`.

    Raises:
        ChatCompletionsError: The URL, the version or the credentials are missing or conflict.
    """

    @showing(Client.__init__)
    @showing(AzureSettings.__init__)
    @forgetful
    def __init__(self, *, http_client: HttpClient | None = None, **settings: Unpack[AzureArguments]) -> None:
        super().__init__(http_client=http_client, **settings)  # type: ignore[misc]


@publish()
class AsyncAzureClient(_BaseAzureClient, AsyncClient):
    """An async client of the Chat Completions API of Azure OpenAI; its arguments are those of `AzureClient`.

    The functions that return a key or a token may be async.
    """

    @showing(AsyncClient.__init__)
    @showing(AzureSettings.__init__)
    @forgetful
    def __init__(self, *, http_client: AsyncHttpClient | None = None, **settings: Unpack[AzureArguments]) -> None:
        super().__init__(http_client=http_client, **settings)  # type: ignore[misc]


_MISSING = (
    "pass api_key=, azure_ad_token= or azure_ad_token_provider=, or set AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN"
)


def _credential(key: Any, token: Any, provider: Any, url: Any) -> tuple[Any, bool]:
    """Return the credential to use, and whether it is a token."""
    if sum(given is not None for given in (key, token, provider)) > 1:
        raise ChatCompletionsError("pass only one of api_key, azure_ad_token and azure_ad_token_provider")
    environment = os.environ.get
    if token == KEY_FROM_ENVIRONMENT or (key is None and token is None and provider is None):
        token = EnvironmentKey(environment("AZURE_OPENAI_AD_TOKEN") or "")
    if token or provider:
        return token or provider, True
    if key in (None, KEY_FROM_ENVIRONMENT):
        key = EnvironmentKey(environment("AZURE_OPENAI_API_KEY") or "")
    if not key and "@" not in urlsplit(str(url)).netloc:
        raise ChatCompletionsError(f"missing credentials: {_MISSING}")
    return key, False


def _endpoint(endpoint: str | None) -> str:
    found = endpoint or os.environ.get("AZURE_OPENAI_ENDPOINT")
    if not found:
        raise ChatCompletionsError("missing endpoint: pass azure_endpoint=, or set AZURE_OPENAI_ENDPOINT")
    return found


def _base_url(base_url: Any, endpoint: str | None, deployment: str | None) -> Any:
    if base_url is not None:
        if endpoint is not None or deployment is not None:
            raise ChatCompletionsError("base_url is the full URL; omit azure_endpoint and azure_deployment")
        return base_url
    url = f"{_endpoint(endpoint).rstrip('/')}/openai"
    return url + (f"/deployments/{_segment(deployment)}" if deployment else "")


def _query(query: Mapping[str, Any] | None, version: str | None) -> dict[str, Any]:
    version = version or (query or {}).get(_VERSION) or os.environ.get("OPENAI_API_VERSION")
    if not version:
        raise ChatCompletionsError("missing API version: pass api_version=, or set OPENAI_API_VERSION")
    return {**(query or {}), _VERSION: version}


def _segment(name: str) -> str:
    """Return a name, encoded as one segment of a path."""
    if not name.strip("."):
        raise RequestValidationError(f"{name!r} is not the name of a deployment")
    return quote(name, safe="")


_with_options: Any = _BaseAzureClient.with_options
showing(AzureClient.__init__, default=NOT_GIVEN)(_with_options)
