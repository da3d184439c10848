"""Command lines as they stand in keptn's docs and scripts, turned into ours before anything reads them. Pure.

What is a matter of an option is one (`create secret --scope`); here is what another form says, and one sentence for
what has no place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import click

_NOUNS = {
    "projects": "project",
    "stages": "stage",
    "services": "service",
    "secrets": "secret",
    "deliveries": "delivery",
    "evaluations": "evaluation",
    "events": "event",
    "dead-letters": "dead-letter",
    "hooks": "hook",
    "tokens": "token",
    "sequences": "delivery",
    "sequence": "delivery",
}
_WITH_NOUNS = ("get", "create", "delete", "update", "onboard")
_OF_SEQUENCES = ("abort", "pause", "resume")
_OTHER: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("send", "event", "start-evaluation"): ("trigger", "evaluation"),
    ("configure", "bridge"): ("bridge",),
}
_SHIPYARD = "the shipyard of a project changes with keptn add-resource --resource=shipyard.yaml"
_KEY = (
    "a project's own repository is reached over HTTPS, with --git-user and --git-token; over SSH only an installation "
    "reaches its repositories (KEPTN_GIT_URL, docs/adapters.md)"
)
_PROXY = "the proxy to a Git server is the installation's: HTTPS_PROXY where its functions run (docs/adapters.md)"
_TLS = (
    "certificates are always checked; an authority of your own is the installation's (knative/components/registry-ca)"
)
_GIT: Mapping[str, str] = {
    **dict.fromkeys(("--git-private-key", "--git-private-key-pass"), _KEY),
    **dict.fromkeys(("--git-proxy-url", "--git-proxy-scheme", "--git-proxy-user", "--git-proxy-password"), _PROXY),
    **dict.fromkeys(("--git-proxy-insecure", "--insecure-skip-tls", "--git-pem-certificate"), _TLS),
}
_NO_PLACE: Mapping[tuple[str, ...], str] = {
    (
        "upgrade",
    ): "keptn install is an upgrade where keptn is installed (docs/cluster.md, Upgrade); projects stay as they are",
    ("set", "config"): "what is to be set is in settings of the installation (docs/adapters.md) or an option",
    ("generate",): "the docs are in docs/, keptn COMMAND --help has the rest",
}
_NO_OPTION: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("create", "project"): _GIT,
    ("update", "project"): {**_GIT, "--shipyard": _SHIPYARD},
    ("onboard", "service"): {
        "--chart": "the templates of a chart are not read; its values file is: --values=CHART/values.yaml",
        "--deployment": "manifests are rendered from a values file: --values=FILE (docs/services.md)",
    },
}
_MEANS_NOTHING = dict.fromkeys((("create", "project"), ("update", "project")), ("-y", "--yes"))


def translated(arguments: Sequence[str]) -> list[str]:
    """The command line in our words; ours stay as they are. Raises UsageError for what has no place."""
    given = list(arguments)
    for form, ours in _OTHER.items():
        if tuple(given[: len(form)]) == form:
            return [*ours, *given[len(form) :]]
    for form, sentence in _NO_PLACE.items():
        if tuple(given[: len(form)]) == form:
            raise click.UsageError(f"There is no `keptn {' '.join(form)}`: {sentence}.")
    if given[:1] and given[0] in _WITH_NOUNS and given[1:]:
        given[1] = _NOUNS.get(given[1], given[1])
        return _known_options(given)
    if given[:1] and given[0] in _OF_SEQUENCES and given[1:2] == ["sequence"]:
        return [given[0], *_of_sequence(given[2:])]
    return given


def _known_options(given: Sequence[str]) -> list[str]:
    command = (given[0], given[1])
    for word in given[2:]:
        option = word.partition("=")[0]
        if sentence := _NO_OPTION.get(command, {}).get(option):
            raise click.UsageError(f"`keptn {' '.join(command)}` takes no {option}: {sentence}.")
    return [word for word in given if word not in _MEANS_NOTHING.get(command, ())]


def _of_sequence(rest: Sequence[str]) -> list[str]:
    """`--keptn-context=ID` is the delivery; the project follows from it."""
    kept, context = list[str](), list[str]()
    waiting = iter(rest)
    for word in waiting:
        name, equals, value = word.partition("=")
        if name in ("--keptn-context", "--keptnContext"):
            context = [value if equals else next(waiting, "")]
        elif name in ("--project", "-p"):
            value = value if equals else next(waiting, "")
        else:
            kept.append(word)
    return [*context, *kept]
