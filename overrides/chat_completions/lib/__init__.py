"""`lib.streaming.chat`, at the place where the official SDK has it."""
