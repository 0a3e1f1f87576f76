"""Which status is which error."""

import openai

client = openai.OpenAI(max_retries=0)
for _ in range(10):
    try:
        client.chat.completions.create(model="gpt-5-mini", messages=[{"role": "user", "content": "Hello?"}])
    except openai.APIError as e:
        kinds = [
            kind.__name__
            for kind in (
                openai.BadRequestError,
                openai.AuthenticationError,
                openai.PermissionDeniedError,
                openai.NotFoundError,
                openai.ConflictError,
                openai.UnprocessableEntityError,
                openai.RateLimitError,
                openai.InternalServerError,
                openai.APIStatusError,
            )
            if isinstance(e, kind)
        ]
        print(e.status_code, *kinds)
