from typing import Literal

ChoiceDeltaRole = Literal["assistant", "developer", "system", "tool", "user"]

CHOICE_DELTA_ROLE_VALUES: set[ChoiceDeltaRole] = {
    "assistant",
    "developer",
    "system",
    "tool",
    "user",
}


def check_choice_delta_role(value: str) -> ChoiceDeltaRole:
    if value in CHOICE_DELTA_ROLE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHOICE_DELTA_ROLE_VALUES!r}")
