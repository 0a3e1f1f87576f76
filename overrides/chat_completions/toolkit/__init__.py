"""Tools: created from functions and types, and called for the model until it replies."""
