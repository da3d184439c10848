"""`keptn validate`: are the files that a user writes right? Offline; the API asks the same `keptn.validation`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from keptn import documents, validation
from keptn.cli import files
from keptn.cli.examples import example
from keptn.cli.exit_codes import ExitCode
from keptn.cli.output import show
from keptn.errors import InvalidFile
from keptn.validation import Kind, kinds


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be said of one file. kind: None if nobody can tell. compiled: a shipyard in the 0.2 form, if asked.

    parsed: what its parser made of it, None if it has problems.
    """

    file: str
    kind: Kind | None
    problems: Sequence[InvalidFile] = ()
    warnings: Sequence[str] = ()
    compiled: Mapping[str, Any] | None = None
    parsed: Any = None

    def to_data(self) -> dict[str, Any]:
        problems = [{"file": p.file, "line": p.line, "message": p.reason} for p in self.problems]
        found = {"file": self.file, "kind": self.kind and str(self.kind), "valid": not problems, "problems": problems}
        compiled = {"compiled": self.compiled} if self.compiled is not None else {}
        return {**found, "warnings": list(self.warnings), **compiled}


@click.command(
    epilog=example(
        "keptn validate shipyard.yaml values_carts.yaml perfspec.json",
        "keptn validate --kind=slo gate.yaml -o json",
        "keptn validate --explain shipyard.yaml",
    )
)
@click.argument("paths", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice([str(kind) for kind in Kind]), help="What the files are, if no name says it.")
@click.option("--explain", is_flag=True, help="Print what becomes of a shipyard: the sequences of the 0.2 form.")
def command(paths: tuple[Path, ...], *, kind: str | None, explain: bool) -> ExitCode:
    """Check any file that you write for keptn; say file, line, what is wrong and what to do.

    Exit code 0 if all are right, 1 if one is wrong.
    """
    reports = _together([_report(path, kind=Kind(kind) if kind else None, explain=explain) for path in paths])
    show([report.to_data() for report in reports], table=lambda: _lines(reports))
    return ExitCode.ERROR if any(report.problems for report in reports) else ExitCode.PASS


def _report(path: Path, *, kind: Kind | None, explain: bool) -> Report:
    text, file = files.read(path), str(path)
    problems = validation.problems(text, file=file, kind=kind)
    if problems:
        return Report(file=file, kind=kind or _kind(text, file), problems=problems)
    kind = kind or _kind(text, file)
    if explain and kind is not Kind.SHIPYARD:
        raise click.UsageError(f"--explain is for shipyards; {file} is a {kind} file.")
    parsed = validation.parse(text, file=file, kind=kind)
    compiled = parsed.to_dict() if explain else None
    warnings = validation.warnings(text, file=file, kind=kind)
    return Report(file=file, kind=kind, warnings=warnings, compiled=compiled, parsed=parsed)


def _together(reports: Sequence[Report]) -> Sequence[Report]:
    """With what the files say of each other: a shipyard knows which stages the others may name."""
    shipyards = [report.parsed for report in reports if report.kind is Kind.SHIPYARD and report.parsed]
    if len(shipyards) != 1:
        return reports
    return [
        replace(report, warnings=[*report.warnings, *report.parsed.strangers(shipyards[0])])
        if report.kind is Kind.NOTIFY and report.parsed
        else report
        for report in reports
    ]


def _kind(text: bytes, file: str) -> Kind | None:
    try:
        return kinds.of_document(documents.load(text, file=file))
    except InvalidFile:
        return None


def _lines(reports: Sequence[Report]) -> str:
    return "\n".join(line for report in reports for line in _of_one(report))


def _of_one(report: Report) -> Sequence[str]:
    if report.problems:
        return [str(problem) for problem in report.problems]
    warnings = [f"{'# ' if report.compiled else ''}{warning} (warning)" for warning in report.warnings]
    if report.compiled:  # YAML that can be used as it is: what we say of it stands in comments
        return [f"# {report.file}, compiled", *warnings, documents.dump(report.compiled).decode().rstrip()]
    return [f"{report.file}: a valid {report.kind} file", *warnings]
