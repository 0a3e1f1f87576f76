"""`AzureClient` and `AsyncAzureClient`: Azure's URLs, API version and credentials; the rest is as in `Client`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from chat_completions._client.client import AsyncClient, Client, showing
from chat_completions._traceback_locals import forgetful
from chat_completions._transport.settings import KEY_FROM_ENVIRONMENT, EnvironmentKey, Settings
from chat_completions._types import NotGiven, Secret, publish
from chat_completions.errors import ChatCompletionsError, RequestValidationError

if TYPE_CHECKING:
    from typing import Unpack

    from chat_completions._client.arguments import CommonArguments
    from chat_completions._transport.call import Call
    from chat_completions._types import ApiKey, AsyncHttpClient, BaseUrl, HttpClient


class AzureSettings(Settings):
    """Settings with a key that is sent in the header `api-key`, or with a Microsoft Entra token.

    Args:
        is_token: Whether `api_key` holds such a token.
        arguments: Those of `Settings`.
    """

    def __init__(self, *, is_token: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.is_token = is_token

    def replace(self, **changes: Any) -> Settings:
        """Return a copy with some settings changed; a new `api_key` is a key, not a token."""
        new_key = not isinstance(changes.get("api_key"), NotGiven | None)
        return super().replace(**changes, **({"is_token": False} if new_key else {}))

    def picklable(self) -> dict[str, Any]:
        """Return the arguments that create an equal client elsewhere, without secrets."""
        arguments = super().picklable()
        if arguments.pop("is_token"):
            token = arguments.pop("api_key")
            arguments["azure_ad_token_provider" if callable(token) else "azure_ad_token"] = token
        return arguments

    def headers(self, key: Secret[str] | None, extra: Mapping[str, str | None] | None) -> dict[str, str]:
        """Return the headers of a request; see `Settings.headers`."""
        if key is None or self.is_token:
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


@publish()
class AzureClient(Client):
    """A client of the Chat Completions API of Azure OpenAI.

    Args:
        azure_endpoint: The resource's URL, such as `https://NAME.openai.azure.com`; by default AZURE_OPENAI_ENDPOINT.
        azure_deployment: The deployment to call; by default the one named by the request's `model`.
        api_version: The version of Azure's API; by default OPENAI_API_VERSION.
        api_key: The resource's key, or a function that returns it; by default AZURE_OPENAI_API_KEY.
        azure_ad_token: A Microsoft Entra token instead of a key; by default AZURE_OPENAI_AD_TOKEN.
        azure_ad_token_provider: A function that returns such a token for each call.
        base_url: The whole URL before `/chat/completions`, instead of endpoint and deployment.
        default_query: Query parameters for every request.
        settings: The other arguments of `Client`.

    Raises:
        ChatCompletionsError: The URL, the version or the credentials are missing or conflict.
    """

    _settings_type = AzureSettings

    @showing(Client.__init__)
    @forgetful
    def __init__(
        self,
        *,
        azure_endpoint: str | None = None,
        azure_deployment: str | None = None,
        api_version: str | None = None,
        api_key: str | Callable[[], str] | None = None,
        azure_ad_token: str | None = None,
        azure_ad_token_provider: Callable[[], str] | None = None,
        base_url: BaseUrl | None = None,
        default_query: Mapping[str, Any] | None = None,
        http_client: HttpClient | None = None,
        **settings: Unpack[CommonArguments],
    ) -> None:
        credential, is_token = _credential(api_key, azure_ad_token, azure_ad_token_provider)
        super().__init__(
            api_key=credential,
            base_url=_base_url(base_url, azure_endpoint, azure_deployment),
            default_query=_query(default_query, api_version),
            http_client=http_client,
            **settings,
        )
        _mark(self._settings, is_token)


@publish()
class AsyncAzureClient(AsyncClient):
    """An async client of the Chat Completions API of Azure OpenAI; its arguments are those of `AzureClient`.

    The functions that return a key or a token may be async.
    """

    _settings_type = AzureSettings

    @showing(AsyncClient.__init__)
    @forgetful
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
        http_client: AsyncHttpClient | None = None,
        **settings: Unpack[CommonArguments],
    ) -> None:
        credential, is_token = _credential(api_key, azure_ad_token, azure_ad_token_provider)
        super().__init__(
            api_key=credential,
            base_url=_base_url(base_url, azure_endpoint, azure_deployment),
            default_query=_query(default_query, api_version),
            http_client=http_client,
            **settings,
        )
        _mark(self._settings, is_token)


def _credential(key: Any, token: Any, provider: Any) -> tuple[Any, bool]:
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
    if not key:
        raise ChatCompletionsError(
            "missing credentials: pass api_key=, azure_ad_token= or azure_ad_token_provider=, or set"
            " AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN"
        )
    return key, False


def _base_url(base_url: Any, endpoint: str | None, deployment: str | None) -> Any:
    if base_url is not None:
        if endpoint is not None or deployment is not None:
            raise ChatCompletionsError("base_url is the whole URL; omit azure_endpoint and azure_deployment")
        return base_url
    endpoint = endpoint or os.environ.get("AZURE_OPENAI_ENDPOINT")
    if not endpoint:
        raise ChatCompletionsError("missing endpoint: pass azure_endpoint=, or set AZURE_OPENAI_ENDPOINT")
    return f"{endpoint.rstrip('/')}/openai" + (f"/deployments/{_segment(deployment)}" if deployment else "")


def _query(query: Mapping[str, Any] | None, version: str | None) -> dict[str, Any]:
    version = version or (query or {}).get("api-version") or os.environ.get("OPENAI_API_VERSION")
    if not version:
        raise ChatCompletionsError("missing API version: pass api_version=, or set OPENAI_API_VERSION")
    return {**(query or {}), "api-version": version}


def _mark(settings: Any, is_token: bool) -> None:
    settings.is_token = is_token


def _segment(name: str) -> str:
    """Return a name, encoded as one segment of a path."""
    if not name.strip("."):
        raise RequestValidationError(f"{name!r} is not the name of a deployment")
    return quote(name, safe="")
