"""`keptn install`: the packaged manifests, in a cluster with Knative."""

from __future__ import annotations

import click

from keptn.cli.cluster_options import cluster_options, kubectl_of, overlay_options
from keptn.cli.examples import example
from keptn.cli.output import say, show
from keptn.cli.seconds import Seconds
from keptn.cli.tables import fields


@click.command(
    epilog=example(
        "keptn install --set image=registry.example.org/keptn:0.1.0 --set KEPTN_GATEWAY=gateways/public",
        "keptn install --overlay=my-overlay --kube-context=staging --dry-run",
    )
)
@cluster_options
@overlay_options
@click.option("--adopt", is_flag=True, help="Take over what is there already and was applied by other means.")
@click.option("--dry-run", is_flag=True, help="Print the objects, and ask no cluster.")
@click.option(
    "--timeout", "timeout_s", type=Seconds(), default=300.0, show_default=True, help="Seconds until all must be ready."
)
def command(
    *,
    kubeconfig: str,
    kube_context: str,
    overlay: str,
    pairs: tuple[str, ...],
    adopt: bool,
    dry_run: bool,
    timeout_s: float,
) -> None:
    """Install or upgrade keptn in a cluster with Knative, wait until it is ready, print its URLs and root token.

    It needs kubectl. Said again, it goes on where it was; keptn uninstall takes away what it made.
    """
    from keptn import settings  # noqa: PLC0415 - not for `--help`
    from keptn.installation import lifecycle, manifests  # noqa: PLC0415

    kubectl = kubectl_of(kubeconfig, kube_context)
    wanted = manifests.rendered(kubectl, folder=manifests.overlay(overlay), chosen=manifests.parsed(pairs))
    if dry_run:
        show(wanted.objects, table=lambda: manifests.as_yaml(wanted.objects).rstrip())
        return
    lifecycle.apply(kubectl, wanted, adopt=adopt)
    token = lifecycle.token(kubectl, wanted)
    lifecycle.wait(kubectl, wanted, timeout_s=timeout_s, tell=say)
    url, bridge = map(settings.read(wanted.settings).function_url, ("api", "bridge"))
    log_in = f"keptn auth --endpoint={url} --api-token={token}"
    steps = f"{log_in} && keptn create token NAME --role=configure --use && keptn bridge"
    found = {"url": url, "bridge": bridge, "token": token, "next": steps}
    show(found, table=lambda: fields(found))
