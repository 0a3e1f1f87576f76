"""A thousand streams need a thousand sockets."""

from __future__ import annotations

WANTED = 8192


def raise_file_limit() -> int:
    """Raise this process's soft limit of open files as far as it needs and may; give what it is then."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < WANTED:
        soft = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return soft
