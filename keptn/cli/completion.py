"""`keptn completion`: the script with which a shell completes commands, options, and names that the server knows."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from keptn.cli.examples import example
from keptn.cli.output import show
from keptn.errors import KeptnError


@click.command(
    epilog=example(
        "keptn completion bash > ~/.local/share/bash-completion/completions/keptn",
        "keptn completion zsh > ~/.zfunc/_keptn",
        "keptn completion fish > ~/.config/fish/completions/keptn.fish",
    )
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, *, shell: str) -> None:
    """Print the script for SHELL; the names of projects, stages and services are asked for at every Tab."""
    of_shell = get_completion_class(shell)
    if of_shell is None:
        raise KeptnError(f"this installation of click completes no {shell}")
    script = of_shell(ctx.find_root().command, {}, "keptn", "_KEPTN_COMPLETE").source()
    show({"shell": shell, "script": script}, table=script.rstrip)
