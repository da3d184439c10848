"""The repository and login that a call gives a project, as keptn's clients write them: nested, or flat as once.

Source: keptn 1.x, shipyard-controller, `GitAuthCredentials`; up to 0.17 gitRemoteURL, gitUser and gitToken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from keptn.api.call import Call
from keptn.errors import Unavailable
from keptn.records.repository import SECRET, login_key
from keptn.web import HttpError

_USER = "keptn"
"""Of a login that is a token alone: no Git server asks whose it is, but each wants a name."""
_NOT_HERE: Mapping[str, str] = {
    "ssh": "keptn reaches a project's own repository over HTTPS with a user and a token: --git-user, --git-token",
    "proxy": "the proxy is the installation's: HTTPS_PROXY where its functions run",
    "certificate": "an authority of your own is the installation's: knative/components/registry-ca",
    "insecureSkipTLS": "certificates are always checked: knative/components/registry-ca names an authority of your own",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitCredentials:
    """url: of a repository of the project's own, or empty. login: `user:token`, or empty."""

    url: str = ""
    login: str = ""

    def __repr__(self) -> str:
        return f"GitCredentials({self.url})"

    def tried_for(self, project: str, call: Call, *, mirrored: bool = False) -> GitCredentials:
        """Itself, if the repository can be read and written. Raises Refused or HttpError: nothing has changed."""
        try:
            call.ctx.config_repo.check_remote(project, self.url, login=self.login, mirrored=mirrored)
        except Unavailable as why:
            raise HttpError(f"nothing was changed: {why}", status=424) from why
        return self

    def kept_for(self, project: str, call: Call) -> None:
        """Put the login where steps read it."""
        key = login_key(project, self.url)
        call.ctx.secret_admin.merge(SECRET, {key: self.login} if self.login else {}, instead_of=key)


def given(call: Call) -> GitCredentials:
    """What the call gives; empty if nothing. Raises HttpError 400."""
    nested = _object(call.body.get("gitCredentials"), "gitCredentials")
    https = _object(nested.get("https"), "gitCredentials.https")
    for part, instead in _NOT_HERE.items():
        if nested.get(part) or https.get(part):
            raise HttpError(f"gitCredentials take no {part}: {instead}", status=400)
    url = _text(nested, "remoteURL") or call.optional("gitRemoteURL", "gitRemoteURI")
    user = _text(nested, "user") or call.optional("gitUser")
    token = (_text(https, "token") or call.optional("gitToken")).strip()
    if user and not token:
        raise HttpError("a user without a token is no login; give both: --git-user, --git-token", status=400)
    if ":" in user or not (user + token).isprintable():
        raise HttpError(
            "the login has a character that none can have: a colon in the user, or a line break", status=400
        )
    return GitCredentials(url=url.strip(), login=f"{user or _USER}:{token}" if token else "")


def _object(value: object, name: str) -> Mapping[str, object]:
    if not isinstance(value or {}, Mapping):
        raise HttpError(f"{name!r} must be an object", status=400)
    return value or {}  # type: ignore[return-value]


def _text(section: Mapping[str, object], name: str) -> str:
    value = section.get(name) or ""
    if not isinstance(value, str):
        raise HttpError(f"{name!r} must be a text, not {type(value).__name__}", status=400)
    return value
