"""Alert rules from an SLO: what fires when, and what cannot be one."""

import subprocess

import pytest

from keptn import documents
from keptn.events import Scope
from keptn.quality import alert_rules, sli, slo
from keptn.quality.slo_gate import SloGate
from tests import needs

SCOPE = Scope(project="sockshop", stage="prod", service="carts")
SLIS = """\
indicators:
  rt: rate(t{job="$SERVICE-$STAGE"}[$DURATION_SECONDS])
  of_one: up{colour="$DEPLOYMENT"}
  built: up{build="$LABEL.build"}
"""


def rules(*objectives, source="prometheus"):
    text = "total_score: {pass: 90}\nobjectives:\n" + "".join(f"- {one}\n" for one in objectives)
    gate = SloGate(slo=slo.parse(text), slis=sli.parse(SLIS, source=source))
    return alert_rules.of_gate(gate, SCOPE, default_source="prometheus")


@pytest.mark.parametrize(
    ("limits", "expression"),
    [
        ('pass: [{criteria: ["<600"]}]', "{q} >= 600"),
        ('pass: [{criteria: ["<=600"]}], warning: [{criteria: ["<=800"]}]', "({q} > 600) and ({q} > 800)"),
        ('pass: [{criteria: ["<=+10%", "<600", ">5"]}]', "({q} >= 600 or {q} <= 5)"),
        ('pass: [{criteria: ["=0"]}]', "{q} != 0"),
    ],
)
def test_a_rule_fires_where_the_objective_would_fail(limits, expression):
    """Neither a pass nor a warning holds; a criterion that compares says nothing by itself."""
    (rule,) = rules(f"{{sli: rt, {limits}}}").rules
    assert rule["expr"] == expression.replace("{q}", '(rate(t{job="carts-prod"}[300s]))')
    assert (rule["alert"], rule["for"]) == ("rt", "5m")
    assert rule["labels"] == {"severity": "critical", "project": "sockshop", "stage": "prod", "service": "carts"}


@pytest.mark.parametrize(
    ("objective", "why"),
    [
        ("{sli: rt}", "rt: it sets no limit"),
        ('{sli: rt, pass: [{criteria: ["<=+10%"]}]}', "rt: its limit is relative to something else"),
        ('{sli: rt, pass: [{criteria: ["<5"]}, {criteria: ["<=+5%"]}]}', "rt: its limit is relative to something else"),
        ('{sli: of_one, pass: [{criteria: ["<5"]}]}', "of_one: its query has $DEPLOYMENT, which only a delivery knows"),
        ('{sli: built, pass: [{criteria: ["<5"]}]}', "built: its query has $LABEL., which only a delivery knows"),
    ],
)
def test_what_cannot_be_a_rule_is_named(objective, why):
    """Left out, with the reason."""
    found = rules(objective)
    assert (found.rules, found.left_out) == ([], [why])


def test_values_of_others_are_no_business_of_prometheus():
    """The source of the SLI decides."""
    found = rules('{sli: rt, pass: [{criteria: ["<5"]}]}', source="dynatrace")
    assert found.left_out == ["rt: its values come from dynatrace"]


def test_prometheus_takes_the_rules(tmp_path):
    """Its own tool checks them."""
    promtool = needs.program("promtool")
    both = '{sli: rt, pass: [{criteria: ["<600", ">5"]}], warning: [{criteria: ["<=800"]}]}'
    groups = {"groups": [{"name": "sockshop-prod-carts", "rules": list(rules(both).rules)}]}
    (tmp_path / "rules.yml").write_bytes(documents.dump(groups))
    command = [promtool, "check", "rules", "rules.yml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
