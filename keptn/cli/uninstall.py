"""`keptn uninstall`: what `keptn install` made goes, and nothing else."""

from __future__ import annotations

import click

from keptn.cli.asking import ask
from keptn.cli.cluster_options import cluster_options, kubectl_of
from keptn.cli.examples import example
from keptn.cli.output import done


@click.command(epilog=example("keptn uninstall", "keptn uninstall --kube-context=staging --yes"))
@cluster_options
@click.option("-y", "--yes", is_flag=True, help="Do not ask first.")
def command(*, kubeconfig: str, kube_context: str, yes: bool) -> None:
    """Take away what keptn install made, with the namespaces that it made and the Secrets and state in them.

    Delivered services go on running in their stages' namespaces. A namespace with workloads of others stays.
    """
    from keptn.installation import lifecycle  # noqa: PLC0415 - not for `--help`

    ask("Take keptn away from this cluster, with its tokens and what overlay kind keeps there?", yes=yes)
    told = lifecycle.remove(kubectl_of(kubeconfig, kube_context))
    done("\n".join(told) or "There is nothing in this cluster that keptn install made.", gone=list(told))
