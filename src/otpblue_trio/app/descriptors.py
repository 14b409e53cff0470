"""File descriptors: every connection needs one, and the usual limit is lower than the caps."""

from __future__ import annotations

import resource

__all__ = ["allow_descriptors"]

_OWN = 128
"""What the process needs beside its connections: listeners, files, the event loop, and 64 for the
admin port."""


def allow_descriptors(connections: int) -> str | None:
    """Raise the process's soft limit as far as connections need it and the hard limit allows.

    Args:
      connections: sockets that may be open at once.

    Returns:
      What to tell the operator when that is not far enough, else None.
    """
    needed = connections + _OWN
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return None
    reachable = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    if reachable > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (reachable, hard))
    if reachable >= needed:
        return None
    return (
        f"{needed} open files are needed for the configured connections and {reachable} are "
        "allowed: raise the limit (ulimit -n, LimitNOFILE=) or lower max_connections"
    )
