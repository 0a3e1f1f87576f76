"""Which version is installed."""

import openai

print(openai.__version__.count(".") >= 1)
