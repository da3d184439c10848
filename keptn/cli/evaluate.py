"""`keptn evaluate`: a gate file against values from files, with no server, or against stored evaluations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from keptn import validation
from keptn.cli import files
from keptn.cli.examples import example
from keptn.cli.exit_codes import ExitCode, of_result
from keptn.cli.output import document, show
from keptn.cli.session import Session, pass_session
from keptn.cli.tables import table, when
from keptn.errors import KeptnError, Refused
from keptn.quality import answers, offline, perfspec, slo
from keptn.quality import table as tables
from keptn.quality.perfspec_gate import PerfSpecGate
from keptn.quality.slo_gate import SloGate
from keptn.quality.verdict import Evidence, Gate, Verdict
from keptn.validation import Kind

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(
    epilog=example(
        "keptn evaluate --slo=slo.yaml --values=values.json --history=history.json",
        "keptn evaluate --perfspec=perfspec.json --values=values.json -o json",
        "keptn evaluate --slo=new-slo.yaml --backtest=50 --project=sockshop --stage=staging --service=carts",
    )
)
@click.option("--slo", "slo_file", type=_FILE, help="The gate: an SLO file.")
@click.option("--perfspec", "perfspec_file", type=_FILE, help="The gate: a perfspec.")
@click.option("--values", type=_FILE, help="What was measured: JSON, metric to number.")
@click.option("--history", type=_FILE, help="Earlier evaluations, newest first: JSON.")
@click.option("--baseline", type=_FILE, help="What was measured of the live version, in the form of --values.")
@click.option("--backtest", type=click.IntRange(1, 1000), help="Judge so many stored evaluations with this file.")
@click.option("--project", default="", help="For --backtest.")
@click.option("--stage", default="", help="For --backtest.")
@click.option("--service", default="", help="For --backtest.")
@pass_session
def command(session: Session, /, **given: Any) -> ExitCode:  # noqa: ANN401 - click's options
    """Evaluate a gate file: exit code 0 pass, 3 warning, 4 fail, 2 unusable input."""
    try:
        gate = _gate(given["slo_file"], given["perfspec_file"])
        if given["backtest"]:
            return _backtest(session, gate, given)
        evidence = _evidence(given)
    except Refused as unusable:
        return _unusable(unusable)
    verdict = gate.judge(evidence)
    found = answers.of_gate(verdict, gate_format=gate.format)
    show(found, table=lambda: _table(verdict))
    return of_result(str(verdict.result))


def read(file: Path) -> bytes:
    """The file's content. Raises Refused."""
    try:
        return files.limited(file)
    except OSError as exc:
        raise Refused(f"{file} cannot be read: {exc.strerror}") from exc


def _gate(slo_file: Path | None, perfspec_file: Path | None) -> Gate:
    if (slo_file is None) == (perfspec_file is None):
        raise click.UsageError("Give one gate: --slo or --perfspec.")
    if slo_file is not None:
        text = read(slo_file)
        gate: Gate = SloGate(slo=slo.parse(text, file=str(slo_file)))
        warn(text, slo_file, Kind.SLO)
        return gate
    if perfspec_file is not None:
        text = read(perfspec_file)
        gate = PerfSpecGate(spec=perfspec.parse(text, file=str(perfspec_file)))
        warn(text, perfspec_file, Kind.PERFSPEC)
        return gate
    raise click.UsageError("Give a gate.")


def warn(text: bytes, file: Path, kind: Kind) -> None:
    """Say what of a file that can be used is surely not meant."""
    for warning in validation.warnings(text, file=str(file), kind=kind):
        click.echo(f"{warning} (warning)", err=True)


def _evidence(given: dict[str, Any]) -> Evidence:
    if given["values"] is None:
        raise click.UsageError("Give --values, or --backtest with a project, stage and service.")
    history, baseline = given["history"], given["baseline"]
    return Evidence(
        candidate=offline.values(read(given["values"]), file=str(given["values"])),
        live=offline.values(read(baseline), file=str(baseline)) if baseline else None,
        previous=offline.history(read(history), file=str(history)) if history else (),
    )


def _unusable(problem: KeptnError) -> ExitCode:
    click.echo(f"Error: {problem}", err=True)
    document(answers.unusable(str(problem)))
    return ExitCode.USAGE


def _table(verdict: Verdict) -> str:
    from keptn.evaluation.record import indicator_json  # noqa: PLC0415 - only people need it

    indicators = [indicator_json(one) for one in verdict.objectives]
    shown = {"result": str(verdict.result), "score": verdict.score, "max_score": verdict.max_score}
    return tables.of_record({**shown, "message": verdict.message, "indicatorResults": indicators})


def _backtest(session: Session, gate: Gate, given: dict[str, Any]) -> ExitCode:
    from keptn.evaluation import backtest  # noqa: PLC0415 - a verb of its own

    if not (given["project"] and given["stage"] and given["service"]):
        raise click.UsageError("--backtest needs --project, --stage and --service.")
    replays = backtest.replay(gate, _stored(session, given))
    rows = [
        ("≠" if one.differs else "", when(one.time), f"{one.said} {one.said_score:g}", _says(one.verdict), one.id)
        for one in replays
    ]
    columns = ("", "END", "SAID", "SAYS", "ID")
    empty = "There are no stored evaluations yet."
    show(backtest.as_json(replays), table=lambda: table(rows, columns=columns, empty=empty, ids=("ID",)))
    return ExitCode.PASS


def _stored(session: Session, given: dict[str, Any]) -> list[dict[str, Any]]:
    from keptn.cli.client import segment  # noqa: PLC0415 - httpx is not for offline evaluations

    scope = f"/project/{segment(given['project'])}/stage/{segment(given['stage'])}/service/{segment(given['service'])}"
    return session.client.listed(f"{scope}/evaluation", "evaluations", limit=given["backtest"])


def _says(verdict: Verdict) -> str:
    return f"{verdict.result} {verdict.score:g}"
