"""The command `chat-completions`."""
