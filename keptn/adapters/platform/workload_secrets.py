"""The secrets of a machine's workloads: `<state>/platform/secrets/<namespace>/<name>/<key>`, for their owner's eyes.

As in a cluster, they lie in the namespace of the stage, and people put them there, not keptn. Those of keptn
lie elsewhere: a values file cannot name them. Used by the process platform.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from keptn.adapters.secrets.folder import FolderSecrets
from keptn.errors import Refused


def read(state_dir: Path, namespace: str, wanted: Mapping[str, str]) -> dict[str, str]:
    """Variable to value. wanted: variable to `secret/key`. Raises Refused."""
    folder = state_dir / "platform" / "secrets" / namespace
    return {variable: _value(folder, reference, variable) for variable, reference in wanted.items()}


def _value(folder: Path, reference: str, variable: str) -> str:
    name, _, key = reference.partition("/")
    value = FolderSecrets(folder).get(name, key)
    if value is None:
        raise Refused(
            f"there is no secret {name!r} with the key {key!r} for env {variable}; "
            f"put the value into {folder / name / key}, readable by you alone"
        )
    if "\0" in value:
        raise Refused(f"the secret {name!r} has a null byte under {key!r}; no environment variable can hold it")
    return value
