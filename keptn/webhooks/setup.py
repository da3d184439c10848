"""What to enter where at a sender, so that it tells keptn: for `keptn get hook`. The api calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from keptn.errors import Unknown
from keptn.projects import hook_tokens
from keptn.webhooks.authentication import Check, Signature
from keptn.webhooks.mappings import shelf
from keptn.webhooks.senders import monitors, registries
from keptn.webhooks.senders.by_shape import Sender

_ALL_OPEN = {"registry": hook_tokens.EVERY_SERVICE, "monitor": hook_tokens.EVERY_PROJECT}


def of_registry(name: str, *, url: str, token: str, hook: str, folder: str) -> Mapping[str, object]:
    """Its name for people, its URL, and its fields in their order with what to enter.

    url: of the function. hook: whose token it is, as `?hook=` says it. folder: of mapping files. Raises Unknown.
    """
    return _of("registry", name, registries.SENDERS, registries.sender, url=url, token=token, hook=hook, folder=folder)


def of_monitor(name: str, *, url: str, token: str, hook: str, folder: str) -> Mapping[str, object]:
    """As `of_registry`; hook: the project."""
    return _of("monitor", name, monitors.SENDERS, monitors.sender, url=url, token=token, hook=hook, folder=folder)


def _of(
    kind: str,
    name: str,
    senders: Mapping[str, str],
    sender: Callable[[str], Sender[object]],
    *,
    url: str,
    token: str,
    hook: str,
    folder: str,
) -> Mapping[str, object]:
    if name in senders:
        title, fields = senders[name], sender(name).SETUP
    elif mapping := shelf.named(kind, name, folder=folder):
        title, fields = mapping.title, mapping.setup or _by_check(mapping.checks[0], all_open=_ALL_OPEN[kind])
    else:
        known = ", ".join(sorted({*senders, *shelf.known(kind, folder=folder)}))
        raise Unknown(
            f"nobody knows a {kind} {name[:80]!r}; known: {known}; others by a mapping file: docs/webhooks.md"
        )
    return filled_in(title, fields, url=f"{url}/{name}", token=token, hook=hook)


def _by_check(check: Check, *, all_open: str) -> Mapping[str, str]:
    """What a mapping without `setup` needs. all_open: the secret that opens every service, or every project."""
    if isinstance(check, Signature) and check.key == "base64":  # a token that begins with whose it is is none
        made = f"as the sender makes it: keptn create secret {all_open} --from-literal=token=SECRET"
        return {"URL": "{url}", f"Key of the signature in {check.header}": made}
    if isinstance(check, Signature):
        return {"URL": "{url}?hook={hook}", f"Key of the signature in {check.header}": "{token}"}
    if check.place in ("any", "bearer"):
        return {"URL": "{url}", "Header": "Authorization: Bearer {token}"}
    return {"URL": "{url}", "Password" if check.place == "basic" else f"Header {check.place}": "{token}"}


def filled_in(title: str, fields: Mapping[str, str], *, url: str, token: str, hook: str) -> Mapping[str, object]:
    """The answer, with {url}, {token} and {hook} filled in. url: with the sender's name."""
    entered = [
        {
            "field": field,
            "enter": text.replace("token={token}", f"token={quote(token, safe='')}")
            .replace("{url}", url)
            .replace("{token}", token)
            .replace("{hook}", hook),
        }
        for field, text in fields.items()
    ]
    return {"sender": title, "url": url, "fields": entered}
