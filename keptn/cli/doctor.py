"""`keptn doctor`: what is missing or wrong in a cluster."""

from __future__ import annotations

import click

from keptn.cli.cluster_options import cluster_options, kubectl_of, overlay_options
from keptn.cli.examples import example
from keptn.cli.exit_codes import ExitCode
from keptn.cli.output import show


@click.command(epilog=example("keptn doctor", "keptn doctor --overlay=my-overlay -o json"))
@cluster_options
@overlay_options
def command(*, kubeconfig: str, kube_context: str, overlay: str, pairs: tuple[str, ...]) -> ExitCode:
    """Say what is missing or wrong in a cluster, before or after keptn install; a line each, with what mends it.

    Where keptn is installed its own settings count, else those of --overlay and --set. Exit code 0 if all is well, 3
    with warnings, 1 if something is missing.
    """
    from keptn.installation.doctor.examination import examined  # noqa: PLC0415 - not for `--help`
    from keptn.installation.doctor.finding import Level  # noqa: PLC0415 - not for `--help`

    found = examined(kubectl_of(kubeconfig, kube_context), overlay=overlay, pairs=pairs)
    shown = [{"level": str(one.level), "what": one.what, "mend": one.mend} for one in found]
    show(shown, table=lambda: "\n".join(map(str, found)))
    levels = {one.level for one in found}
    if Level.MISSING in levels:
        return ExitCode.ERROR
    return ExitCode.WARNING if Level.WARNING in levels else ExitCode.PASS
