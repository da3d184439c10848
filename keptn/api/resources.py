"""Files of the config repo: for a project (main), a stage, a service in every stage, or a service in one stage."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from keptn import documents
from keptn.api import checks, known
from keptn.api.call import Call, file_bytes
from keptn.errors import Refused, Unknown
from keptn.projects import stages
from keptn.projects.service import follow
from keptn.records import deliveries
from keptn.web import Answer, HttpError, json_answer

_GATES = {"perfspec.json": "slo.yaml", "slo.yaml": "perfspec.json"}
_OURS = ("deployment.yaml", "manifests/")
"""What only the steps write in a service's folder: the desired state."""


def put(call: Call) -> Answer:
    """Check the file by its kind and commit it to each branch it is for; answer the commits and what looks wrong."""
    content = file_bytes(call.text("resourceContent"))
    path = _path(call)
    checks.file(path, content)
    left_out = _check_stages(call, content) if path == "shipyard.yaml" else ()
    _keep_to_one_gate(call, path)
    service = call.path.get("service") if call.path["uri"] == "values.yaml" else None
    if service:
        checks.service_of(content.decode(errors="replace"), named=service)
    commits = _commit(call, path, content, verb="Add", branches=_branches(call))
    if service:
        follow(call.path["project"], service, call.ctx)
    warnings = list(checks.warnings(path, content, project=call.path["project"], ctx=call.ctx))
    if path == "shipyard.yaml":
        known.made_to_be(call.path["project"], call.ctx)
    warnings += [f"the stage {stage} is in the shipyard no more; its branch stays" for stage in left_out]
    return json_answer({"path": path, "commits": commits, "warnings": warnings})


def delete(call: Call) -> Answer:
    """Take the file out of each branch that has it; answer the commits."""
    path = _path(call)
    if path == "shipyard.yaml":
        raise HttpError("a project cannot be without its shipyard; change it or delete the project", status=400)
    service = _service_of(call, path)
    if service and path == f"{service}/values.yaml":
        way = f"delete the service: keptn delete service {service} --project={call.path['project']}"
        raise HttpError(f"a service cannot be without its values.yaml; change it, or {way}", status=400)
    having = _that_have(call, path)
    return json_answer({"path": path, "commits": _commit(call, path, None, verb="Delete", branches=having)})


def show(call: Call) -> Answer:
    path = _path(call, written=False)
    branch, content, commit = _read(call, path)
    encoded = base64.b64encode(content).decode()
    metadata = {"branch": branch, "commit": commit}
    return json_answer({"resourceURI": path, "resourceContent": encoded, "metadata": metadata})


def index(call: Call) -> Answer:
    branch = _branches(call)[0]
    folder = call.path.get("service", "")
    paths = call.ctx.config_repo.tree(call.path["project"], branch).list(folder)
    return json_answer({"resources": [{"resourceURI": path} for path in paths]})


def _commit(call: Call, path: str, content: bytes | None, *, verb: str, branches: Sequence[str]) -> dict[str, str]:
    project, message = call.path["project"], f"{verb} {path}\n"
    repo = call.ctx.config_repo
    return {branch: repo.commit(project, branch, lambda _: {path: content}, message=message) for branch in branches}


def _read(call: Call, path: str) -> tuple[str, bytes, str]:
    """Branch, content and commit from the first branch that has the file. Raises Unknown."""
    branch = _that_have(call, path)[0]
    tree = call.ctx.config_repo.tree(call.path["project"], branch)
    return branch, tree.read(path) or b"", tree.commit


def _that_have(call: Call, path: str) -> Sequence[str]:
    """The branches with the file. Raises Unknown if none has it."""
    project, repo, branches = call.path["project"], call.ctx.config_repo, _branches(call)
    if found := [branch for branch in branches if repo.tree(project, branch).read(path) is not None]:
        return found
    raise Unknown(f"there is no {path} on {', '.join(branches)} of {project}")


def _branches(call: Call) -> Sequence[str]:
    project = known.project(call.path["project"], call.ctx)
    if stage := call.path.get("stage"):
        found = known.stage_with_branch(project, stage, call.ctx)
        known.tree(project, found, call.ctx)
        return [found]
    if "service" not in call.path:
        return ["main"]
    name = known.service(project, call.path["service"], call.ctx)
    return [
        branch for branch in known.stages_there(project, call.ctx) if name in known.services(project, branch, call.ctx)
    ]


def _path(call: Call, *, written: bool = True) -> str:
    """Where the file is in its branch. Raises HttpError 400 for what leads elsewhere or is not a person's to write."""
    uri = call.path["uri"]
    parts = uri.split("/")
    if not all(parts) or {".", "..", ".git"} & set(parts) or any(ord(c) < 32 for c in uri):
        raise HttpError(f"the resource {uri!r} must be a relative path without empty parts, '..' or '.git'", status=400)
    service = call.path.get("service")
    path = f"{_known_service(call, service)}/{uri}" if service else uri
    owner = _service_of(call, path) if written else ""
    if owner and path.removeprefix(f"{owner}/").startswith(_OURS):
        raise HttpError(f"{path} is the desired state, which deliveries write; trigger one instead", status=400)
    return path


def _service_of(call: Call, path: str) -> str:
    """The service in whose folder the file lies, also where it is named as a file of the stage; empty for none."""
    stage, folder = call.path.get("stage"), path.partition("/")[0]
    if "service" in call.path or not stage:
        return call.path.get("service", "")
    project = known.project(call.path["project"], call.ctx)
    found = known.stage_with_branch(project, stage, call.ctx)
    return folder if folder in known.services(project, found, call.ctx) else ""


def _known_service(call: Call, name: str) -> str:
    project = known.project(call.path["project"], call.ctx)
    if stage := call.path.get("stage"):
        return known.service_in(project, known.stage_with_branch(project, stage, call.ctx), name, call.ctx)
    return known.service(project, name, call.ctx)


def _check_stages(call: Call, content: bytes) -> Sequence[str]:
    """The stages that a new shipyard leaves out. What it adds gets its branch. Raises Refused where something runs."""
    project = call.path["project"]
    checks.shipyard(content.decode(errors="replace"), call.ctx, project=project)
    named = stages.in_shipyard(documents.read(content, file="shipyard.yaml", kind="shipyard"))
    left_out = [stage for stage in known.stages_there(project, call.ctx) if stage not in named]
    busy = {slot.scope.stage for slot in deliveries.slots(call.ctx.store, project) if slot.live or slot.open}
    if running := sorted(busy.intersection(left_out)):
        told = f"the shipyard leaves out {', '.join(running)}, where something runs"
        raise Refused(f"{told}; a stage cannot be renamed or removed before its services are deleted")
    return left_out


def _keep_to_one_gate(call: Call, path: str) -> None:
    """A perfspec and an SLO file side by side would fail every evaluation; better to hear it now."""
    folder, slash, name = path.rpartition("/")
    if name not in _GATES:
        return
    other = f"{folder}{slash}{_GATES[name]}"
    for branch in _branches(call):
        if call.ctx.config_repo.tree(call.path["project"], branch).read(other) is not None:
            where = "".join(f" --{kind}={call.path[kind]}" for kind in ("stage", "service") if call.path.get(kind))
            way = f"keptn delete resource --project={call.path['project']}{where} --resourceUri={_GATES[name]}"
            raise Refused(f"{other} lies beside it on {branch}; only one can be the gate, so delete that one: {way}")
