"""`keptn add-resource`: a file into the config repo."""

from __future__ import annotations

import base64
from pathlib import Path, PurePosixPath

import click

from keptn.cli import files
from keptn.cli.client import segment
from keptn.cli.examples import example
from keptn.cli.output import done
from keptn.cli.session import Session, pass_session


@click.command(
    epilog=example(
        "keptn add-resource --project=sockshop --stage=staging --service=carts --resource=perfspec.json",
        "keptn add-resource --project=sockshop --service=carts --resource=load.js --resourceUri=tests/performance.js",
    )
)
@click.option("-p", "--project", required=True, help="The project.")
@click.option("--stage", default="", help="The stage; without, every stage (of a service) or the project itself.")
@click.option("--service", default="", help="The service; without, the stage's or the project's own files.")
@click.option("--all-stages", is_flag=True, help="Every stage: what --service without --stage means.")
@click.option("--resource", required=True, type=click.Path(path_type=Path), help="The file.")
@click.option("--resourceUri", "--resource-uri", "uri", default="", help="Its path there.  [default: the file's name]")
@pass_session
def command(
    session: Session, *, project: str, stage: str, service: str, resource: Path, uri: str, all_stages: bool
) -> None:
    """Put a file into the config repo of a project; files that keptn reads are checked first."""
    if all_stages and (stage or not service):
        raise click.UsageError("--all-stages goes with --service and without --stage.")
    path = str(PurePosixPath(uri or resource.name))
    if path.startswith("/"):
        raise click.UsageError(f"--resourceUri {uri!r} must be a path within the config repo: without the first '/'.")
    where = "".join(f"/{kind}/{segment(name)}" for kind, name in (("stage", stage), ("service", service)) if name)
    content = files.to_send(resource)
    url = f"/project/{segment(project)}{where}/resource/{segment(path)}"
    put = session.client.put(url, {"resourceContent": base64.b64encode(content).decode()})
    told = "\n".join(f"{put['path']} is on {branch} ({commit[:8]})." for branch, commit in put["commits"].items())
    done(told, project=project, **put)
    for warning in put.get("warnings", ()):
        click.echo(f"{warning} (warning)", err=True)
