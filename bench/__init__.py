"""How fast the client is, beside its peers: `make bench`, `make bench-quick`, or `.bench/bin/python -m bench --help`.

It runs in an environment of its own, `.bench` (see `environment`), with the built wheel; type checkers run in another
one, which lacks the peers, and so leave this package out. No test asserts a speed.
"""
