from typing import Literal

ResponseModality = Literal["audio", "text"]

RESPONSE_MODALITY_VALUES: set[ResponseModality] = {
    "audio",
    "text",
}


def check_response_modality(value: str) -> ResponseModality:
    if value in RESPONSE_MODALITY_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RESPONSE_MODALITY_VALUES!r}")
