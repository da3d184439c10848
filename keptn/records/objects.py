"""Where the engine's objects lie in the store: names and prefixes. Only `orchestrate` writes them, anybody may read."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from keptn.events import Scope
from keptn.records.revtime import reversed_time


def slot(scope: Scope) -> str:
    return f"slots/{_path(scope.project, scope.stage, scope.service)}.json"


def slots(project: str) -> str:
    """Prefix of a project's slots."""
    return f"slots/{_path(project)}/"


def execution(context: str, *, stage: str, sequence: str, execution_id: str) -> str:
    return f"{executions(context)}{_path(stage)}.{_path(sequence)}.{_path(execution_id)}.json"


def executions(context: str) -> str:
    """Prefix of a delivery's executions."""
    return f"executions/{_path(context)}/"


def delivery(project: str, *, context: str, root_time: datetime) -> str:
    return f"{deliveries(project)}{reversed_time(root_time)}-{_path(context)}.json"


def deliveries(project: str) -> str:
    """Prefix of a project's deliveries, newest first."""
    return f"deliveries/{_path(project)}/"


def shipyard(project: str, sha: str) -> str:
    return f"shipyards/{_path(project, sha)}.json"


def rejected(scope: Scope, digest: str) -> str:
    return f"rejected/{_path(scope.project, scope.stage, scope.service, digest)}.json"


def control(context: str) -> str:
    return f"controls/{_path(context)}.json"


def _path(*parts: str) -> str:
    return "/".join(quote(part, safe=":@") for part in parts)
