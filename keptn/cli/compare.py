"""`keptn compare`: the statistical judge on samples from files, with no server."""

from __future__ import annotations

from pathlib import Path

import click

from keptn.cli.evaluate import read, warn
from keptn.cli.examples import example
from keptn.cli.exit_codes import ExitCode, of_result
from keptn.cli.output import document, show
from keptn.cli.tables import table
from keptn.errors import Refused
from keptn.quality import answers, judge_config, judge_score, offline
from keptn.quality.judge_score import Judgement
from keptn.validation import Kind

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command(epilog=example("keptn compare --judge=judge.json --baseline=baseline.json --candidate=candidate.json"))
@click.option("--judge", "judge_file", type=_FILE, required=True, help="Which metrics, and how: JSON.")
@click.option("--baseline", type=_FILE, required=True, help="Samples of the live version: JSON, metric to numbers.")
@click.option("--candidate", type=_FILE, required=True, help="Samples of the new version, in the same form.")
def command(*, judge_file: Path, baseline: Path, candidate: Path) -> ExitCode:
    """Compare two versions' samples: exit code 0 pass, 3 warning, 4 fail, 2 unusable input."""
    try:
        config = judge_config.parse(text := read(judge_file), file=str(judge_file))
        judgement = judge_score.judge(
            config,
            baseline=offline.samples(read(baseline), file=str(baseline)),
            candidate=offline.samples(read(candidate), file=str(candidate)),
        )
    except Refused as unusable:
        click.echo(f"Error: {unusable}", err=True)
        document(answers.unusable(str(unusable)))
        return ExitCode.USAGE
    warn(text, judge_file, Kind.JUDGE)
    show(answers.of_judge(judgement), table=lambda: _table(judgement))
    return of_result(str(judgement.result))


def _table(judgement: Judgement) -> str:
    rows = [(one.name, one.classification, one.deviation, one.reason) for one in judgement.metrics]
    metrics = table(rows, columns=("METRIC", "IS", "EFFECT", "WHY"), empty="")
    return f"{metrics}\n{judgement.result}  {judgement.score:g} of 100  {judgement.message}"
