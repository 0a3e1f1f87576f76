"""Ask the questions, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chat_completions.cli.probe import answers
from chat_completions.cli.probe.answers import Answer
from chat_completions.cli.probe.questions import FIRST, QUESTIONS, Ask, Question
from chat_completions.cli.probe.verdicts import Seen, Verdict
from chat_completions.errors import APIConnectionError, AuthenticationError, ChatCompletionsError, StreamError

if TYPE_CHECKING:
    from chat_completions import Client

NO_LIMIT = ("refused", "ignored")


@dataclass(frozen=True)
class Result:
    """A question, the verdict on the server, and the answers that led to it."""

    question: Question
    verdict: Verdict
    answers: tuple[Answer, ...]


class Prober:
    """Ask a server all questions.

    Args:
        client: The client.
        stranger: A client with a wrong key.
        model: The model.
        long: The token limit for answers that must be complete.
    """

    def __init__(self, client: Client, stranger: Client, model: str, long: int) -> None:
        self._client = client
        self._stranger = stranger
        self._model = model
        self._seen = Seen(long)

    def results(self) -> Iterator[Result]:
        """Yield the results as they are found.

        Raises:
            ChatCompletionsError: The server does not answer, or completes nothing.
        """
        for question in QUESTIONS:
            yield self._ask(question)
            if question.name == FIRST[-1]:
                self._check()

    @property
    def _limit(self) -> str:
        """The field that limits answers: max_tokens, unless only the newer one works."""
        older, newer = (self._seen.words[name] for name in FIRST[:2])
        return "max_completion_tokens" if older in NO_LIMIT and newer not in NO_LIMIT else "max_tokens"

    def _word(self, name: str) -> str:
        return self._seen.words[name]

    def _ask(self, question: Question) -> Result:
        found = self._seen.answers[question.name] = []
        if question.needs is not None and self._word(question.needs) not in ("ok", "repaired"):
            verdict = Verdict("unclear", f"not tested, because {question.needs} is {self._word(question.needs)}")
        else:
            for ask in question.asks:
                if (answer := self._answer(ask)) is None:
                    break
                found.append(answer)
                if question.name in FIRST and (error := _hopeless(answer.error)) is not None:
                    raise error
            verdict = question.judge(found, self._seen)
        self._seen.words[question.name] = verdict.word
        return Result(question, verdict, tuple(found))

    def _answer(self, ask: Ask) -> Answer | None:
        body = ask.body(self._seen) if callable(ask.body) else ask.body
        if body is None:
            return None
        if ask.call == "list":
            return answers.list_stored(self._client, body)
        limit: dict[str, Any] = {ask.limit or self._limit: ask.tokens or self._seen.long}
        return answers.create(self._client if ask.key else self._stranger, {"model": self._model, **limit, **body})

    def _check(self) -> None:
        first = [answer for name in FIRST for answer in self._seen.answers[name]]
        error = self._seen.answers["create"][0].error
        if error is not None and not any(answer.choices for answer in first):
            raise error


def _hopeless(error: ChatCompletionsError | None) -> ChatCompletionsError | None:
    """Return an error that every request would have: no connection, or no access."""
    met = isinstance(error, APIConnectionError | AuthenticationError) and not isinstance(error, StreamError)
    return error if met else None
