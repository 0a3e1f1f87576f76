from typing import Literal

VoiceName = Literal["alloy", "ash", "ballad", "cedar", "coral", "echo", "marin", "sage", "shimmer", "verse"]

VOICE_NAME_VALUES: set[VoiceName] = {
    "alloy",
    "ash",
    "ballad",
    "cedar",
    "coral",
    "echo",
    "marin",
    "sage",
    "shimmer",
    "verse",
}


def check_voice_name(value: str) -> VoiceName:
    if value in VOICE_NAME_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {VOICE_NAME_VALUES!r}")
