"""What `chat-completions probe` asks a server, how it judges the answers, and the report. No output, no options."""
