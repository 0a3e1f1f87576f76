"""`resources.chat.completions`, at the place where the official SDK has it."""
