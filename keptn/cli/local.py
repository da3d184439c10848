"""`keptn local`: the whole of keptn on this machine, in one command."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from keptn.cli import interrupt, output
from keptn.cli.contexts import Config
from keptn.cli.examples import example
from keptn.cli.seconds import Seconds
from keptn.cli.session import Session, pass_session

if TYPE_CHECKING:
    from keptn.cli.own_context import OwnContext
    from keptn.context import Context

FOLDERS = click.Path(exists=True, file_okay=False, resolve_path=True, path_type=Path)


class _Folder(click.Path):
    """A path; an empty one would be the current folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401 - click's
        if value == "":
            self.fail("is empty; name a folder", param, ctx)
        return super().convert(value, param, ctx)


@click.command(epilog=example("keptn local", "keptn local --port 0 --state-dir /tmp/keptn"))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    help="Port on 127.0.0.1; 0 takes a free one.  [default: 8080]",
)
@click.option("--state-dir", type=_Folder(path_type=Path), help="Folder for all state.  [default: ~/.keptn/local]")
@click.option("--manifests", multiple=True, type=FOLDERS, help="Folder with more Triggers and Services; repeatable.")
@click.option("--functions", multiple=True, type=FOLDERS, help="Folder with more functions; repeatable.")
@click.option(
    "--idle-s",
    type=Seconds(),
    default=60.0,
    show_default=True,
    help="Seconds after which an idle function is stopped.",
)
@click.option(
    "--broker",
    type=click.Choice(["durable", "synchronous"]),
    default="durable",
    show_default=True,
    help="synchronous: hold a post until all have taken the event, as Knative's in-memory Broker does.",
)
@click.option("--faults", default="", metavar="SEED[,KIND…]", help="Be unkind: duplicate, shuffle, lose, kill.")
@pass_session
def command(
    session: Session,
    *,
    port: int,
    state_dir: Path | None,
    manifests: tuple[Path, ...],
    functions: tuple[Path, ...],
    idle_s: float,
    broker: Literal["durable", "synchronous"],
    faults: str,
) -> None:
    """Run keptn on this machine: Broker, clock, functions, Envoy. Stop it with Ctrl-C.

    It needs Linux, and nothing else. Its state stays in a folder: started again, it goes on where it was.
    """
    from keptn import settings, shipped  # noqa: PLC0415 - the runtime is not for `keptn --help`
    from keptn.cli.own_context import OwnContext  # noqa: PLC0415
    from keptn.context import check  # noqa: PLC0415
    from keptn.local import environment, places  # noqa: PLC0415
    from keptn.local import faults as fault_mode  # noqa: PLC0415
    from keptn.local.serve import Options, serve  # noqa: PLC0415

    _set_up_logging()
    read = settings.read(os.environ)
    folder = (state_dir or read.state_dir).expanduser().resolve()
    environ = environment.with_mappings(os.environ, state_dir=folder)
    read = settings.read(environ)
    check(replace(read, state_dir=folder))
    options = Options(
        places=places.Places(
            root=shipped.root(),
            state_dir=folder,
            manifests=manifests,
            functions=functions,
        ),
        port=port,
        idle_s=idle_s,
        broker=broker,
        faults=fault_mode.parse(faults),
        settings=read,
        own=environment.own_settings(environ),
    )
    own = OwnContext.find(session.home, folder)
    announced: list[Config] = []
    try:
        asyncio.run(serve(options, ready=lambda url, context: announced.append(_welcome(own, url, context))))
    finally:
        left = [own.withdraw(config) for config in announced]
    if not announced:
        click.get_current_context().exit(interrupt.CODE)
    output.say("\n".join(filter(None, ("Stopped. Started again, it goes on where it was.", *left))))


def _welcome(own: OwnContext, url: str, context: Context) -> Config:
    config = Config(endpoint=f"{url}/functions/api", token=_token(context))
    folder, bridge = str(context.settings.state_dir), bridge_link(context, config.token)
    told = f"keptn runs at {url} (state: {folder}). {own.announce(config)}"
    output.done(told, url=url, endpoint=config.endpoint, stateDir=folder, bridge=bridge)
    output.say(f"In a browser (the link signs in, once):\n  {bridge}")
    output.say("Go on in another terminal:\n  keptn create project sockshop shipyard.yaml\n  keptn --help")
    sys.stdout.flush()
    return config


def bridge_link(context: Context, token: str) -> str:
    """A link that signs a browser in as the owner of the token, once."""
    from keptn.records import sessions, tokens  # noqa: PLC0415 - as the runtime itself

    found = tokens.find(context.store, token)
    where = context.settings.function_url("bridge")
    if found is None:
        return where
    return f"{where}/enter?ticket={sessions.ticket(context.store, found, now=context.clock.now()).text}"


def _token(context: Context) -> str:
    """The one of this machine's command line, of role configure; it lies beside the root token. Both are made once."""
    from keptn.records import tokens  # noqa: PLC0415 - as the runtime itself

    if not context.secrets.get("api", "token"):
        context.secret_admin.merge("api", {"token": secrets.token_urlsafe(32)})
    known = context.secrets.get("api", "local") or ""
    if tokens.find(context.store, known):
        return known
    _, made = tokens.issue(
        context.store,
        name="local",
        role=tokens.Role.CONFIGURE,
        project="",
        made_by="keptn local",
        now=context.clock.now(),
        lasts=None,
    )
    context.secret_admin.merge("api", {"local": made})
    return made


def _set_up_logging() -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("keptn.local")
    log.addHandler(handler)
    log.setLevel(logging.INFO)


if __name__ == "__main__":
    from keptn.cli.main import main

    sys.exit(main(["local", *sys.argv[1:]]))
