"""`keptn`: a thin skin over `api`. Verbs are one module each, imported when they are called.

Every verb's module has its `command`. A sentence on standard error and an exit code (`exit_codes.py`) tell how it went.
"""

from __future__ import annotations

import errno
import os
import sys
import traceback
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import click

from keptn.cli import forms, interrupt, known_names, output
from keptn.cli.contexts import DEFAULT_HOME
from keptn.cli.examples import example
from keptn.cli.exit_codes import ExitCode
from keptn.cli.session import Session
from keptn.errors import KeptnError

VERBS = {
    "abort": "End a delivery before its next task.",
    "add-resource": "Put a file into the config repo of a project.",
    "approve": "Let a delivery that waits for approval go on.",
    "auth": "Say where keptn is and with which token.",
    "bridge": "Say where the bridge is, with a link that signs in.",
    "compare": "Compare two versions by their samples, from files.",
    "completion": "Print the script with which a shell completes commands and names.",
    "config": "Choose among several installations of keptn.",
    "configure": "Say what a monitor needs to report problems.",
    "create": "Create a project, a service, a secret or a token.",
    "delete": "Delete a project, a service, a file, a secret or a token.",
    "doctor": "Say what is missing or wrong in a cluster.",
    "evaluate": "Try a gate file on values from files, or on stored evaluations.",
    "get": "Show projects, stages, services, deliveries, evaluations, events …",
    "install": "Install keptn in a cluster with Knative.",
    "local": "Run keptn on this machine.",
    "logs": "Show what a function or a workload wrote.",
    "notify": "Say what notify.yaml would post of an event.",
    "onboard": "Onboard a service into a project.",
    "pause": "Hold a delivery before its next task.",
    "pin": "Hold a service in a stage as it is.",
    "promote": "Release what a delivery has deployed, without its other steps.",
    "redeliver": "Send an event from the dead-letter store again.",
    "reject": "End a delivery that waits for approval.",
    "rerun": "Run a delivery again from its failed task.",
    "resume": "Let a paused delivery go on.",
    "send": "Send an event: a new artifact, or any CloudEvent from a file.",
    "simulate": "Try a shipyard without deploying anything.",
    "status": "Follow a delivery to its end.",
    "trigger": "Start a delivery, an evaluation or another sequence.",
    "uninstall": "Take away from a cluster what keptn install made.",
    "unpin": "Let deliveries into a pinned stage again.",
    "update": "Change a secret.",
    "validate": "Check any file that you write for keptn.",
    "version": "Show the version of the CLI and of the installation.",
}
"""Verb, help. Its module is `keptn.cli.<verb>` with underscores; a module that several verbs share stands in SHARED."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""The disk, the quota, the largest file, or the terminal is at its end: no bug of ours."""

_MORE = "what this command needs beside the command line comes with: pip install 'keptn-knative[local]'"

SHARED = dict.fromkeys(
    ("abort", "pause", "promote", "resume", "rerun", "approve", "reject", "pin", "unpin", "redeliver"), "control"
)


class Verbs(click.Group):
    """The verbs by name, without importing them for `--help`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return [verb for verb in VERBS if find_spec(_module(verb))]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = import_module(_module(cmd_name))
        name = f"{cmd_name}_command" if cmd_name in SHARED else "command"
        return known_names.with_names(output.with_option(cast(click.Command, getattr(module, name))), cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        return super().resolve_command(ctx, args if ctx.resilient_parsing else forms.translated(args))

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's
        try:
            return super().invoke(ctx)
        except (click.ClickException, KeptnError, click.Abort, KeyboardInterrupt) as exc:
            output.failed(_sentence(exc))
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(verb, VERBS[verb]) for verb in self.list_commands(ctx)])


def _module(verb: str) -> str:
    return f"keptn.cli.{SHARED.get(verb, verb).replace('-', '_')}"


@click.group(
    cls=Verbs,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog=example("keptn create project sockshop shipyard.yaml", "keptn COMMAND --help"),
)
@click.option(
    "--home",
    envvar="KEPTN_HOME",
    type=click.Path(path_type=Path),
    default=DEFAULT_HOME,
    help="Folder of config.json.  [env: KEPTN_HOME; default: ~/.keptn]",
)
@click.option(
    "--endpoint", envvar="KEPTN_ENDPOINT", default="", help="URL of another api or keptn local, for this call."
)
@click.option("--api-token", envvar="KEPTN_API_TOKEN", default="", help="Token of the api, for this call.")
@click.pass_context
def cli(ctx: click.Context, home: Path, endpoint: str, api_token: str) -> None:
    """Deliver images through the stages of a shipyard; every step a function on Knative.

    Exit codes: 0 pass, 1 error, 2 usage, 3 warning, 4 fail.
    """
    if ctx.invoked_subcommand != "local":  # it ends by itself when it is told to, from where it has begun something
        interrupt.raised()
    session = ctx.ensure_object(Session)
    session.home, session.endpoint, session.token = home, endpoint, api_token


def main(arguments: list[str] | None = None, **given: Any) -> int:  # noqa: ANN401 - what click takes
    """Run one command and return its exit code; the entry point of `keptn`. No traceback reaches a user."""
    try:
        return int(cli.main(args=arguments, prog_name="keptn", standalone_mode=False, **given) or ExitCode.PASS)
    except click.UsageError as exc:
        exc.show()
        return ExitCode.USAGE
    except (click.ClickException, KeptnError) as exc:
        click.echo(f"Error: {_sentence(exc)}", err=True)
    except (click.Abort, KeyboardInterrupt) as exc:
        click.echo(_sentence(exc), err=True)
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output left; nobody is there to be told
    except OSError as exc:
        if exc.errno in _NO_ROOM:
            click.echo(f"Error: {exc.filename or 'the output'} cannot be written: {exc.strerror}", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # else what is left is tried again, and told, at the end
        else:
            _say_bug(exc)
    except ModuleNotFoundError as exc:
        if (exc.name or "keptn").partition(".")[0] in ("keptn", "functions"):
            _say_bug(exc)
        else:
            click.echo(f"Error: the Python package of {exc.name} is not installed; {_MORE}", err=True)
    except Exception as exc:
        _say_bug(exc)
    return ExitCode.ERROR


def _sentence(exc: BaseException) -> str:
    if isinstance(exc, click.Abort | KeyboardInterrupt):
        return "Interrupted; what was started goes on."
    return exc.format_message() if isinstance(exc, click.ClickException) else str(exc)


def _say_bug(exc: Exception) -> None:
    """One sentence with the place, for its report."""
    place = traceback.extract_tb(exc.__traceback__)[-1]
    where = f"{type(exc).__name__} at {place.filename}:{place.lineno}"
    click.echo(f"Error: this is a bug of keptn: {exc} ({where}); please report it", err=True)


if __name__ == "__main__":
    sys.exit(main())
