"""Test code that uses this client against a real server on a socket."""
