"""Tools: made of functions and types, and called for the model until it has answered."""
