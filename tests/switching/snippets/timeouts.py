"""How long to wait: for a client, in detail, and for one call."""

import httpx2
import openai
from openai import OpenAI

hello = [{"role": "user", "content": "Hello"}]

patient = OpenAI(timeout=20.0)
detailed = OpenAI(timeout=httpx2.Timeout(60.0, read=0.2, write=10.0, connect=2.0), max_retries=0)
print(patient.timeout, detailed.timeout.read, OpenAI().timeout.read == 600)

try:
    detailed.chat.completions.create(model="gpt-5-mini", messages=hello)
except openai.APITimeoutError as error:
    print(isinstance(error, openai.APIConnectionError), type(error.__cause__).__name__)

try:
    patient.with_options(timeout=0.2, max_retries=0).chat.completions.create(model="gpt-5-mini", messages=hello)
except openai.APITimeoutError:
    print("too slow")

try:
    patient.with_options(max_retries=0).chat.completions.create(model="gpt-5-mini", messages=hello, timeout=0.2)
except openai.APITimeoutError:
    print("too slow again")
print(patient.timeout)
