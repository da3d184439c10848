"""Every command of the CLI has help, with an example."""

import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from keptn.cli.main import VERBS, cli


def commands(command: click.Command = cli, path: tuple[str, ...] = ()):
    """Every command with its path, groups included."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None, name
            yield from commands(found, (*path, name))


ALL = [pytest.param(path, command, id=" ".join(("keptn", *path))) for path, command in commands()]


@pytest.mark.parametrize(("path", "command"), ALL)
def test_every_command_has_help_with_an_example(path, command):
    """A sentence that says what it does, and an example that begins with the command itself."""
    assert command.help, path
    assert command.help.split("\n\n")[0].rstrip().endswith("."), command.help
    assert command.epilog, path
    examples = [line.strip() for line in command.epilog.splitlines()[2:]]
    assert examples, command.epilog
    assert all(line.startswith("keptn ") for line in examples)


@pytest.mark.parametrize(("path", "command"), [p for p in ALL if not isinstance(p.values[1], click.Group)])
def test_every_option_says_what_it_is(path, command):
    """No option without help."""
    bare = [p.name for p in command.params if isinstance(p, click.Option) and not p.help]
    assert not bare, (path, bare)


@pytest.mark.parametrize(("path", "command"), ALL)
def test_help_is_printed(path, command):
    """`--help` works on every command."""
    result = CliRunner().invoke(cli, [*path, "--help"])
    assert result.exit_code == 0, result.output
    assert "keptn" in result.output


def test_every_verb_of_the_table_exists():
    """The table of verbs and the modules agree."""
    assert set(cli.list_commands(click.Context(cli))) <= set(VERBS)


def test_help_imports_nothing_heavy():
    """`keptn --help` is fast: no HTTP client, no YAML, no framework."""
    code = (
        "import sys; from keptn.cli.main import main; main(['--help']);"
        "heavy = {'httpx', 'yaml', 'flask', 'rich', 'dulwich', 'jsonschema', 'cloudevents'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("path", "command"), [p for p in ALL if not isinstance(p.values[1], click.Group)])
def test_every_command_is_documented(path, command):
    """docs/cli.md has a line for every command."""
    text = (Path(__file__).parents[2] / "docs/cli.md").read_text()
    assert f"| `{' '.join(('keptn', *path))}" in text
