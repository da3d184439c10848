"""What a monitor needs to tell keptn of a service: alert rules from its SLO, and where Alertmanager posts."""

from __future__ import annotations

from keptn.api import known
from keptn.api.call import Call
from keptn.errors import Unknown
from keptn.evaluation import gate_files
from keptn.events import Scope
from keptn.quality import alert_rules, monitoring
from keptn.quality.slo_gate import SloGate
from keptn.web import Answer, json_answer


def show(call: Call) -> Answer:
    """Of every stage of the service that has an SLO. Raises Unknown if none has."""
    project = known.project(call.path["project"], call.ctx)
    service = known.service(project, call.path["service"], call.ctx)
    groups, left_out = [], []
    for stage in known.stage_names(project, call.ctx):
        scope = Scope(project=project, stage=stage, service=service)
        found = gate_files.find(call.ctx.config_repo, scope)
        if found is None or not isinstance(found.gate, SloGate):
            left_out.append(f"{stage}: {'it has a perfspec' if found else 'it has no slo.yaml'}")
            continue
        made = alert_rules.of_gate(found.gate, scope, default_source=_default_source(project, call))
        left_out += [f"{stage}/{why}" for why in made.left_out]
        if made.rules:
            groups.append({"name": f"{project}-{stage}-{service}", "rules": list(made.rules)})
    if not groups:
        add = f"keptn add-resource --project={project} --service={service} --resource=slo.yaml"
        raise Unknown(f"{project}/{service} has nothing to alert on ({'; '.join(left_out)}); {add}")
    url = call.ctx.settings.function_url("receive-problem")
    return json_answer({"rules": {"groups": groups}, "leftOut": left_out, "receiver": url})


def _default_source(project: str, call: Call) -> str:
    content = call.ctx.config_repo.tree(project, "main").read(monitoring.FILE)
    told = monitoring.parse(content).default if content is not None else ""
    return (told or call.ctx.settings.sli_provider).lower()
