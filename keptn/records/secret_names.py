"""Whose a secret is, by its name: what a project's files may name, and what its tokens may write. Pure.

    <name>.<project>             whatever a project needs: `chat.sockshop`
    hook-<project>.<service>     tokens of its registries
    hook-problems-<project>      tokens of its monitors
    prometheus-<project>, dynatrace-<project>

No project's name has a dot, so none can be taken for another's. Every other secret is the installation's: all projects'
files may name it, and a token for all projects writes it.
"""

from __future__ import annotations

_OF_HOSTS = "registry-"
"""What follows is a host, with dots."""
_BEGINNINGS = ("hook-problems-", "prometheus-", "dynatrace-")


def project_of(name: str) -> str:
    """The project whose secret it is; empty if it is the installation's."""
    if name.startswith(_OF_HOSTS):
        return ""
    first, dot, last = name.rpartition(".")
    if name.startswith("hook-") and dot:
        return name.removeprefix("hook-").partition(".")[0]
    if first:
        return last
    return next((name.removeprefix(one) for one in _BEGINNINGS if name.startswith(one)), "")
