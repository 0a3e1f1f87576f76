from typing import Literal

ChatCompletionAudioOptionsFormat = Literal["aac", "flac", "mp3", "opus", "pcm16", "wav"]

CHAT_COMPLETION_AUDIO_OPTIONS_FORMAT_VALUES: set[ChatCompletionAudioOptionsFormat] = {
    "aac",
    "flac",
    "mp3",
    "opus",
    "pcm16",
    "wav",
}


def check_chat_completion_audio_options_format(value: str) -> ChatCompletionAudioOptionsFormat:
    if value in CHAT_COMPLETION_AUDIO_OPTIONS_FORMAT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHAT_COMPLETION_AUDIO_OPTIONS_FORMAT_VALUES!r}")
