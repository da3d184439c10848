"""Which cluster, for the commands that speak to one and not to the api: `install`, `uninstall`, `doctor`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from keptn.installation.kubectl import Kubectl

F = TypeVar("F", bound=Callable[..., Any])


def cluster_options(command: F) -> F:
    """`--kubeconfig`, `--kube-context`: empty, where kubectl would look itself."""
    for option in (
        click.option("--kube-context", default="", help="Its context there.  [default: the current one]"),
        click.option("--kubeconfig", default="", help="File that names the cluster.  [default: as kubectl does]"),
    ):
        command = option(command)
    return command


def overlay_options(command: F) -> F:
    """What is installed: `--overlay` and `--set`."""
    for option in (
        click.option(
            "--set",
            "pairs",
            multiple=True,
            metavar="KEY=VALUE",
            help="A setting (KEPTN_…), image or test-image; repeatable.",
        ),
        click.option("--overlay", default="kind", show_default=True, help="kind, production, or a folder of your own."),
    ):
        command = option(command)
    return command


def kubectl_of(kubeconfig: str, kube_context: str) -> Kubectl:
    from keptn.installation.kubectl import Kubectl  # noqa: PLC0415 - not for `--help`

    return Kubectl(kubeconfig=kubeconfig, context=kube_context)
