"""The demo's command: tell the story, show what happened, exit 0 only if it came out as told."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from pathlib import Path

import click

from examples.sockshop.demo.api import ROOT, DemoError
from examples.sockshop.demo.checks import Story, checks_of, steps_of_switch
from examples.sockshop.demo.cluster import Addresses, Cluster
from examples.sockshop.demo.laptop import FILES, Laptop
from examples.sockshop.demo.screen import STAGES, Screen
from examples.sockshop.demo.story import VERSIONS, Play
from examples.sockshop.demo.users import errors, versions
from keptn.adapters.machine.file_lock import locked
from keptn.errors import Unavailable

LOCK = "runtime.lock"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command()
@click.option(
    "--strategy",
    type=click.Choice(list(FILES.shipyards)),
    default="blue_green",
    show_default=True,
    help="How users of prod meet a new version.",
)
@click.option("--swap", default="", metavar="A:B", help="Push B's code under the name A, e.g. 0.2:0.3.")
@click.option("--keep", is_flag=True, help="Leave everything running at the end and say how to go on.")
@click.option("--cluster", is_flag=True, help="On the cluster that KUBECONFIG names: docs/cluster.md.")
@click.option("--state-dir", type=click.Path(path_type=Path), help="Folder of this run.")
def main(*, strategy: str, swap: str, keep: bool, cluster: bool, state_dir: Path | None) -> None:
    """The talk's story with the sockshop: four versions of carts, three stages, one repair."""
    pair = tuple(swap.split(":")) if swap else None
    if pair and (len(pair) != 2 or not set(pair) <= set(VERSIONS)):
        raise click.UsageError(f"--swap takes two of {', '.join(VERSIONS)}, as in 0.2:0.3, not {swap!r}")
    folder = (state_dir or ROOT / (".demo-cluster" if cluster else ".demo")).resolve()
    world = _on_cluster(folder, keep=keep) if cluster else _on_laptop(folder)
    screen = Screen()
    play = Play(world, screen, strategy=strategy, swap=pair and (pair[0], pair[1]))
    try:
        _end_by_signals()
        sys.exit(_run(play, screen, keep=keep))
    finally:
        _hear_no_signals()
        screen.say("everything is being stopped; it takes some seconds")
        play.close()


def _on_laptop(state_dir: Path) -> Laptop:
    _empty(state_dir)
    return Laptop(state_dir)


def _on_cluster(state_dir: Path, *, keep: bool) -> Cluster:
    try:
        return Cluster(state_dir, Addresses.read(os.environ), keep=keep)
    except DemoError as exc:
        raise click.UsageError(str(exc)) from exc


def _end_by_signals() -> None:
    """However it is ended, it cleans up."""

    def end(number: int, _: object) -> None:
        _hear_no_signals()
        sys.exit(128 + number)

    for number in SIGNALS:
        signal.signal(number, end)


def _hear_no_signals() -> None:
    """A second Ctrl-C must not end the cleaning up: what was not stopped by then would run on."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _empty(state_dir: Path) -> None:
    """Remove what the last run left. Raises UsageError where that would hit a running demo, or no demo's folder."""
    if not state_dir.exists() or not any(state_dir.iterdir()):
        return
    if not any((state_dir / name).exists() for name in (LOCK, "keptn-local.log")):
        raise click.UsageError(f"{state_dir} is no state folder of keptn; give another --state-dir")
    try:
        with locked(state_dir / LOCK, timeout_s=0):
            shutil.rmtree(state_dir)
    except Unavailable as exc:
        raise click.UsageError(f"{_owner(state_dir)}, or give another --state-dir") from exc


def _owner(state_dir: Path) -> str:
    """Who uses the folder, and how to end it: a demo that is under way, or the keptn of one that was killed."""
    try:
        runtime = json.loads((state_dir / "runtime.json").read_bytes())
        what = f"keptn local, process {runtime['pid']}, runs on {state_dir}, perhaps of a demo that was killed"
        return f"{what}: kill {runtime['pid']} ends it"
    except (OSError, ValueError, KeyError):
        return f"a keptn starts or ends on {state_dir}; wait for it"


def _run(play: Play, screen: Screen, *, keep: bool) -> int:
    story = None
    try:
        with screen:
            play.set_the_scene()
            story = play.tell()
    except DemoError as exc:
        screen.say(f"[red]The story ended early:[/red] {exc}")
    _report(play, screen, story)
    came_out = story is not None and _judge(story, screen, strategy=play.strategy)
    if keep:
        _wait(play, screen)
    return 0 if came_out else 1


def _report(play: Play, screen: Screen, story: Story | None) -> None:
    screen.deliveries(list(play.deliveries.values()))
    for stage in STAGES if play.deliveries else ():
        screen.log(stage, play.world.log(stage))
    for stage, crowd in play.users.items():
        seen = list(crowd.seen)
        served = ", ".join(f"{version} answered {count}" for version, count in versions(seen).items())
        screen.line(f"\nUsers of {stage}: {len(seen)} requests, {errors(seen)} errors; {served}")
    for step in steps_of_switch(story) if story else ():
        screen.line(f"0.3 in prod at {step}")
    if story:
        screen.line(f"Time taken: {story.seconds:.0f} s")


def _judge(story: Story, screen: Screen, *, strategy: str) -> bool:
    outcomes = [(what, check(story)) for what, check in checks_of(strategy)]
    screen.line("\n[bold]Did the story come out as told?[/bold]")
    for what, good in outcomes:
        screen.line(f"  {'[green]✓' if good else '[red]✗'}[/] {what}")
    return all(good for _, good in outcomes)


def _bridge(play: Play) -> str:
    """Where to look at it in a browser; on a cluster that is the Service `bridge`."""
    system = getattr(play.world, "system", None)
    return f"In a browser (signs in once, and is good for who is signed in):\n\n  {system.bridge}\n\n" if system else ""


def _wait(play: Play, screen: Screen) -> None:
    home = play.api.home
    screen.line(
        f"\nEverything is still running. In another terminal:\n\n"
        f"  export KEPTN_HOME={home}\n"
        f"  .venv/bin/keptn get delivery --project=sockshop\n"
        f"  .venv/bin/keptn send event newartifact carts:0.1 prod --project=sockshop\n\n"
        f"{_bridge(play)}State, logs and the config repo are in {home.parent}. Ctrl-C here ends it."
    )
    signal.pause()
