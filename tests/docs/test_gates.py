"""The worked examples of docs/gates.md do what the page says, to the letter."""

import re
import shlex
from pathlib import Path

import pytest

from keptn.adapters.sli import dynatrace, http
from keptn.cli.main import main
from keptn.quality import monitoring, sli, slo
from keptn.quality.sources import SOURCES

PAGE = Path("docs/gates.md").read_text()
BLOCK = re.compile(r"```(\w+)(?: (\w+)=(\S+))?\n(.*?)```", re.DOTALL)


def _examples() -> list[tuple[dict[str, str], str, str, int]]:
    """Files (as they are when the command runs), command, output, exit code."""
    found, files, command = [], {}, ""
    for kind, option, value, text in BLOCK.findall(PAGE):
        if option == "file":
            files[value] = text
        elif kind == "sh":
            command = text.strip()
        else:
            found.append((dict(files), command, text, int(value)))
    return found


@pytest.mark.parametrize(("files", "command", "output", "code"), _examples())
def test_an_example_runs(files, command, output, code, tmp_path, monkeypatch, capsys):
    """Whoever types it sees what is printed here."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(command)[1:]) == code
    assert capsys.readouterr().out == output


def test_there_are_five():
    """One for every idea."""
    assert len(_examples()) == 5


def test_what_is_only_shown_is_valid():
    """Files that no command uses are read, too."""
    shown = re.findall(r"```yaml file=(\S+)\n(.*?)```", PAGE, re.DOTALL)
    for name, text in shown:
        parse = {"slo.yaml": slo.parse, "monitoring.yaml": monitoring.parse}.get(name, sli.parse)
        assert parse(text, file=name)


def test_every_source_is_explained():
    """The table names what the code knows."""
    assert all(f"| `{source}` |" in PAGE for source in SOURCES)
    assert dynatrace.DynatraceSli
    assert http.HttpSli
