"""What a monitor needs to tell keptn of a service: alert rules from its SLO, and where Alertmanager posts."""

from __future__ import annotations

from keptn.api import known
from keptn.api.call import Call
from keptn.errors import Unknown
from keptn.evaluation import gate_files
from keptn.events import Scope
from keptn.quality import alert_rules, monitoring
from keptn.quality.alert_rules import AlertRules
from keptn.quality.slo_gate import SloGate
from keptn.web import Answer, json_answer


def show(call: Call) -> Answer:
    """Of every stage that has an SLO for the service, or for any of the project's. Raises Unknown if none has."""
    project = known.project(call.path["project"], call.ctx)
    named = call.path.get("service")
    services = [known.service(project, named, call.ctx)] if named else known.all_services(project, call.ctx)
    groups, left_out = [], list[str]()
    for stage in known.stage_names(project, call.ctx):
        for service in sorted({*services} & {*known.services(project, stage, call.ctx)}):
            made = _of(Scope(project=project, stage=stage, service=service), call)
            left_out += [f"{stage}/{service}: {why}" for why in made.left_out]
            if made.rules:
                groups.append({"name": f"{project}-{stage}-{service}", "rules": list(made.rules)})
    if not groups:
        add = f"keptn add-resource --project={project} --service={named or 'SERVICE'} --resource=slo.yaml"
        what = f"{project}/{named}" if named else f"project {project}"
        raise Unknown(f"{what} has nothing to alert on ({'; '.join(left_out) or 'no services yet'}); {add}")
    url = call.ctx.settings.function_url("receive-problem")
    return json_answer({"rules": {"groups": groups}, "leftOut": left_out, "receiver": url})


def _of(scope: Scope, call: Call) -> AlertRules:
    found = gate_files.find(call.ctx.config_repo, scope)
    if found is None or not isinstance(found.gate, SloGate):
        return AlertRules(rules=[], left_out=["it has a perfspec" if found else "it has no slo.yaml"])
    return alert_rules.of_gate(found.gate, scope, default_source=_default_source(scope.project, call))


def _default_source(project: str, call: Call) -> str:
    content = call.ctx.config_repo.tree(project, "main").read(monitoring.FILE)
    told = monitoring.parse(content).default if content is not None else ""
    return (told or call.ctx.settings.sli_provider).lower()
