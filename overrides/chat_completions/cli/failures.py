"""Turn an exception into what the user sees: what happened, what to do, and the exit code."""

from __future__ import annotations

import ssl

from chat_completions import errors
from chat_completions._transport.retry import LONGEST_RETRY_AFTER, retry_after
from chat_completions.cli.exits import Exit, Failure, missing_package
from chat_completions.cli.screen import shared_screen

_DOCTOR = "run chat-completions doctor to find the cause"


def failure_for(error: Exception) -> Failure | None:
    """Return the failure for an exception that a command raised; None for an unexpected one."""
    match error:
        case Failure():
            return error
        case errors.RequestValidationError():
            return Failure(str(error))
        case errors.StreamError() if error.partial is None and (error.body is not None or "base_url" in error.message):
            return Failure(_message(error), _DOCTOR, Exit.REFUSED)
        case errors.StreamError():
            advice = "try again; standard output has what arrived" if shared_screen().wrote else "try again"
            return Failure(_message(error), advice, Exit.CUT)
        case errors.APITimeoutError():
            return Failure(_message(error), f"raise --timeout or --deadline; {_DOCTOR}", Exit.UNREACHABLE)
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
    message = error.message.removesuffix("; what had arrived is in .partial")
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
            return f"the key is missing, wrong or revoked: OPENAI_API_KEY, --api-key-file, --api-key-env; {_DOCTOR}"
        case errors.PermissionDeniedError():
            return f"the key, its project or this network does not have permission; {_DOCTOR}"
        case errors.NotFoundError():
            return f"{_absent(error)} {_DOCTOR}"
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
        return "are --model and the base URL right?"
    return "is the base URL right, does the server store completions, and does the id of --after (if used) exist?"


def _waiting(error: errors.RateLimitError) -> str:
    delay = retry_after(error.response.headers)
    if delay is not None and delay > LONGEST_RETRY_AFTER:
        return f"the server asks clients to wait {delay:,.0f} s, longer than a retry waits: try again later"
    if error.response.headers.get("x-should-retry", "").lower() == "false":
        return "the server asks clients not to retry at once: wait"
    return "wait, or raise --max-retries"


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
