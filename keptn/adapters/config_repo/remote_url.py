"""The URL of a repository of a project's own: somebody outside names it, so it may not lead just anywhere.

HTTPS with a certificate that is trusted is what keeps a caller of the api away from services inside: none of them has
one for the caller's host. Addresses of the machine itself and of its link (metadata of clouds) are refused besides.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Sequence
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urlsplit

from keptn.adapters.http import addresses
from keptn.adapters.http.addresses import Kind
from keptn.errors import Refused

LAPTOP = ("localhost", "*.localhost", "127.*", "::1")
"""Hosts that may speak plain HTTP, and be this machine, where keptn runs on somebody's own."""
_LONGEST = 500
_EXAMPLE = "https://git.example.com/team/project.git"


def check_form(url: str) -> None:
    """Raises Refused for what is no plain URL of a repository over HTTP. The sentence never repeats a login."""
    if re.match(r"ssh://|git://|[^/:]+@[^/]+:|[\w.-]+:(?!//)\S*\.git$", url):
        raise Refused(
            f"a project's own repository is reached over HTTPS, with a user and a token; write {_EXAMPLE} "
            "(over SSH only an installation reaches its repositories, KEPTN_GIT_URL in docs/adapters.md)"
        )
    parts = _split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname or not parts.path.strip("/"):
        raise Refused(f"the URL of the Git repository must be one such as {_EXAMPLE}")
    if "@" in parts.netloc:
        raise Refused("the URL has a login in it, which everybody would see; give it as --git-user and --git-token")
    if parts.query or parts.fragment or url.endswith(("?", "#")):
        raise Refused(
            f"the URL has something behind its path, which everybody would see; leave it out, as in {_EXAMPLE}"
        )


def check_host(url: str, *, named: Sequence[str]) -> None:
    """Raises Refused for a host that a project may not name. named: globs of those that may all, with port or not."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if any(fnmatchcase(one, glob) for one in (host, parts.netloc.lower()) for glob in named):
        return
    allow = "let who installed keptn name the host in KEPTN_INSECURE_GIT_HOSTS"
    if parts.scheme != "https":
        raise Refused(f"{url} is plain HTTP, and the token could be read on its way; write https://, or {allow}")
    if any(_is_inside(address) for address in _addresses(host)):
        raise Refused(f"{url} leads to keptn's own machine or its link, where no repository is; correct it, or {allow}")


def _split(url: str) -> SplitResult | None:
    if len(url) > _LONGEST or not re.fullmatch(r"[!-z|~]+", url) or set(url) & set('\\"<>^`'):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 else None
    except ValueError:  # a port that is no number, an address in brackets that is none
        return None


def _addresses(host: str) -> Sequence[str]:
    """None for a host that nobody knows here: a proxy may, and otherwise the connection says it."""
    try:
        return [str(found[4][0]) for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []


def _is_inside(address: str) -> bool:
    return addresses.kind(address) in (Kind.LOOPBACK, Kind.LINK)
