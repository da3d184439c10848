"""What people wrote and typed, and what was wrong with it: input, exit code, sentence. One line for each that was seen.

The files are written into the current folder; the CLI talks to the real `api` in one process.

What needs more than that is proved elsewhere; a name alone is beside this file:

| kind | test |
|---|---|
| two `keptn local`, and one that is gone | tests/e2e/test_two_servers.py |
| Ctrl-C at any moment, what is left behind | tests/e2e/test_demo.py, test_local_runtime.py |
| damaged stores, a full disk | tests/unit/adapters/test_sqlite_file.py, test_disk.py, unit/local/test_complaints.py |
| deleting without a yes; a second answer, a rerun | test_cli_projects.py, test_approve.py, test_api_control.py |
| alerts and pushes of real senders | test_receive_problem.py, test_receive_artifact.py |
| what was resolved, or waits for its time | tests/unit/sequence/test_problems.py, test_time.py |
| storms | tests/bench/bench_storm.py |
| a shipyard changed with Git | test_orchestrate.py, test_api_resources.py |
| events that nobody hears, old event files | test_cli_sending.py, tests/unit/api/test_edge.py |
| the whole day | tests/e2e/test_webshop.py |
"""

import json

import pytest

SLO = 'spec_version: "1.0"\nobjectives:\n- {sli: a, pass: [{criteria: ["<600"]}]}\n'
TOTAL = 'total_score: {pass: "90%", warning: "75%"}\n'
SHIPYARD = "stages:\n- name: dev\n  deployment_strategy: direct\n"
PRODUCT = "apiVersion: spec.keptn.sh/0.2.3\nkind: Shipyard\nspec:\n  stages:\n  - name: dev\n    sequences:\n"
DELIVERY = "    - name: delivery\n      tasks: [{name: deployment}]\n"
RUNBOOK = "apiVersion: spec.keptn.sh/0.1.4\nkind: Remediation\nspec:\n  remediations:\n  - problemType: default\n"
NOTIFY = "notifications:\n- channel: slack\n  secret: chat\n"
HELM = "replicaCount: 2\nimage: {repository: null, tag: null, pullPolicy: IfNotPresent}\nservice:\n  name: orders\n"
TRIGGERED = (
    '{"type": "sh.keptn.event.dev.delivery.triggered", "data": {"project": "p", "stage": "dev", "service": "s"}}\n'
)


def perfspec(points: float = 100, **objectives: float) -> str:
    grading = {"thresholds": {"upperSevere": 600}, "metricScore": points}
    indicator = {"id": "a", "source": "Prometheus", "query": "x", "grading": grading}
    return json.dumps({"indicators": [indicator], "objectives": objectives}, indent=1)


def product(trigger: str) -> str:
    return f"{PRODUCT}    - name: delivery\n      triggeredOn: [{trigger}]\n      tasks: [{{name: deployment}}]\n"


VALIDATED = [
    # circles
    ("shipyard.yaml", product("{event: dev.delivery.finished}"), 0, ":7: this sequence starts itself: dev.delivery →"),
    (
        "shipyard.yaml",
        product("{event: dev.delivery.finished, selector: {match: {result: fail}}}"),
        0,
        ":7: this sequence starts itself",
    ),
    # totals that nobody reaches, warnings that nobody sees
    ("slo.yaml", SLO + 'total_score: {pass: "150%"}', 1, ":4: `pass` 150 % can never be reached"),
    ("slo.yaml", SLO + "total_score: {pass: 120}", 1, ":4: `pass` must be at most 100, not 120"),
    ("slo.yaml", SLO + 'total_score: {pass: "80%", warning: "95%"}', 1, ":4: `warning` 95 % is above `pass` 80 %"),
    ("perfspec.json", perfspec(**{"pass": 90, "warning": 95}), 1, "`warning` 95 is above `pass` 90"),
    ("perfspec.json", perfspec(10, **{"pass": 120}), 1, "`pass` 120 can never be reached: all indicators together"),
    ("perfspec.json", perfspec(**{"pass": -1}), 1, "`pass` must be at least 0, not -1"),
    ("judge.json", '{"metrics": [{"name": "m"}], "pass": 60, "marginal": 80}', 1, ":1: `marginal` 80 is above `pass`"),
    (
        "slo.yaml",
        SLO.replace("]}]", ']}], warning: [{criteria: ["<500"]}]') + TOTAL,
        0,
        ":3: the warning '<500' lies within the pass '<600': it never warns",
    ),
    (
        "perfspec.json",
        perfspec(**{"pass": 90}).replace('"upperSevere": 600', '"upperSevere": 600, "upperWarning": 700'),
        0,
        "upperWarning 700 lies beyond upperSevere 600: it never warns",
    ),
    # patterns and stages that match nothing
    ("notify.yaml", NOTIFY + "  events: [aproval.trigered]\n", 0, ":4: 'aproval.trigered' never comes"),
    ("shipyard.yaml", product("{event: prd.delivery.finished}"), 0, ":8: there is no stage 'prd', this never fires"),
    # not a number, negative, nothing
    ("functional.yaml", "checks: [{path: /, timeout_s: .nan}]", 1, "timeout_s nan must be a number of seconds"),
    ("slo.yaml", SLO + "total_score: {pass: .nan}", 1, ":4: `pass` must be a percentage"),
    ("perfspec.json", perfspec(**{"pass": 90}).replace("100", "NaN"), 1, "`metricScore` must be a number, not nan"),
    ("shipyard.yaml", SHIPYARD + "  evaluation: {timeframe: 0s}\n", 1, ":4: timeframe must be longer than nothing"),
    ("shipyard.yaml", SHIPYARD + "  timeouts: {test: 0}\n", 1, "test must be longer than nothing; it is 0"),
    ("shipyard.yaml", SHIPYARD + "  soak_time: .inf\n", 1, "'inf' is no duration"),
    (
        "shipyard.yaml",
        SHIPYARD + '  freeze: [{cron: "0 0 * * *", duration: 0s}]\n',
        1,
        "duration must be longer than nothing",
    ),
    (
        "shipyard.yaml",
        PRODUCT + "    - {name: e, tasks: [{name: evaluation, properties: {timeframe: -5m}}]}\n",
        1,
        "'-5m' is no duration",
    ),
    # images that are no repository
    ("values.yaml", "service: w\nimage: ../../etc", 1, ":2: `image` must be a repository such as sockshop/carts"),
    ("values.yaml", "service: w\nimage: http://x/y", 1, ":2: `image` must be a repository such as sockshop/carts"),
    ("values.yaml", "service: w\nimage: x/y\nenv: {PORT: 99}", 1, ":3: the key 'PORT' must be a name without =, and"),
    (
        "shipyard.yaml",
        PRODUCT + DELIVERY.replace("deployment}", "deployment, properties: {deploymentstrategy: by_hand}}"),
        0,
        ":8: this deployment will be refused: there is no deployment strategy 'by_hand'",
    ),
    (
        "shipyard.yaml",
        SHIPYARD.replace("direct", "canary") + "  canary: {steps: [{weight_percent: 5, hold: 0s, evaluation: none}]}\n",
        1,
        ":4: hold must be longer than nothing",
    ),
    ("slo.yaml", SLO + 'total_score: {pass: "0%"}', 0, ":4: the pass of 0 is always reached"),
    (
        "shipyard.yaml",
        SHIPYARD + '  freeze: [{cron: "0 0 30 2 *", duration: 1h}]\n',
        0,
        ":4: the cron '0 0 30 2 *' never comes, so nothing is frozen",
    ),
    (
        "shipyard.yaml",
        PRODUCT + DELIVERY.replace("deployment}", "deployment, properties: {deploymentstrategy: user_managed}}"),
        0,
        ":8: deploymentstrategy 'user_managed' is read as direct",
    ),
    (
        "slo.yaml",
        SLO.replace("]}]", ']}], warning: [{criteria: ["<600"]}]') + TOTAL,
        0,
        ":3: the warning '<600' is the pass: it never warns; widen it",
    ),
    (
        "values.yaml",
        "service: w\nimage: x/y\nresources: {requests: {cpu: 2}, limits: {cpu: 1500m}}\n",
        0,
        ":3: requests of cpu (2) are above its limit (1500m): Kubernetes takes no such pod",
    ),
    (
        "sli.yaml",
        "indicators:\n  a: rate(x{s='$SERVICE'}[$DURATION_SECOND])\n",
        0,
        ":2: $DURATION_SECOND is left as it is; did you mean $DURATION_SECONDS?",
    ),
    # files that are no file
    ("values.yaml", "", 1, "values.yaml: is empty"),
    ("shipyard.yaml", "# nothing yet\n", 1, "shipyard.yaml: is empty"),
    (
        "values.yaml",
        "service: w\nenv:\n\tA: b\n",
        1,
        ":3: not valid YAML: a tab in the indentation; indent with spaces",
    ),
    (
        "values.yaml",
        "service: w\nimage: x/y\n---\nservice: z\n",
        1,
        ":3: not valid YAML here: a second document begins",
    ),
    # versions and names that are nearly right
    (
        "shipyard.yaml",
        PRODUCT.replace("0.2.3", "9.9.9") + DELIVERY,
        0,
        ":1: apiVersion 9.9.9 is not known; the file is",
    ),
    ("sli.yaml", "spec_version: '7'\nindicators: {a: b}\n", 0, ":1: spec_version '7' is not known"),
    (
        "shipyard.yaml",
        SHIPYARD + "  test_strategy: functinal\n",
        0,
        ":4: the test strategy 'functinal' is for an extension",
    ),
    (
        "shipyard.yaml",
        PRODUCT + DELIVERY.replace("deployment", "deploymet"),
        0,
        ":8: the task 'deploymet' is for an ext",
    ),
    ("remediation.yaml", RUNBOOK + "    actionsOnOpen: [{action: rolback}]", 0, "did you mean rollback?"),
    ("remediation.yaml", "remediations:\n- name: x\n  actions: [{action: web-hook}]", 0, "did you mean webhook?"),
    # what keptn read
    ("shipyard.yaml", PRODUCT.replace("name: dev", "name: dev\n    description: d") + DELIVERY, 0, "a valid shipyard"),
    ("shipyard.yaml", SHIPYARD + "  comment: for us\n", 0, "a valid shipyard file"),
    ("perfspec.json", perfspec(**{"pass": 90}).replace('"id"', '"comment": "c", "output": 5, "id"'), 0, "a valid perf"),
    (
        "perfspec.json",
        perfspec(**{"pass": 90}).replace('"upperSevere"', '"upperSevere "'),
        0,
        "is read as `upperSevere`",
    ),
    ("shipyard.yaml", SHIPYARD.replace("direct", "Direct"), 0, ":3: 'Direct' is read as direct; write it so"),
    ("shipyard.yaml", SHIPYARD + "  test_strategy: Performance\n", 0, ":4: 'Performance' is read as performance"),
    ("shipyard.yaml", SHIPYARD + "  approval_strategy: {pass: Manual}\n", 0, ":4: 'Manual' is read as manual"),
    ("slo.yaml", SLO + "- {sli: a}\n" + TOTAL, 0, ":4: SLI 'a' stands twice; it is shown and counted once"),
    ("values.yaml", HELM + "  internalPort: 80\n", 0, ":1: read as a values file of Helm: replicaCount as replicas"),
    ("values.yaml", "service: w", 0, ":1: w has no image, so no push to a registry starts a delivery"),
]


@pytest.mark.parametrize(("name", "text", "code", "sentence"), VALIDATED)
def test_files_are_checked(keptn, tmp_path, name, text, code, sentence):
    """`keptn validate`: refused, read with a warning, or fine; with the file's name and the line."""
    (tmp_path / name).write_text(text)
    found, out, _ = keptn("validate", name, ok=code == 0)
    assert found == code
    assert any(line.startswith(name) and sentence in line for line in out.splitlines()), out


SLI = b"indicators: {a: \"rate(x{s='$SERVICE'}[$DURATION_SECONDS])\", b: up}\n"
EVALUATE = "trigger evaluation -p sockshop --stage=dev --service=carts --no-wait"
TYPED = [
    ("send event -f nan-event.json", 1, "nan-event.json: the event is no JSON: NaN is no number in JSON"),
    (
        'trigger sequence x -p sockshop --stage=dev --service=carts --data={"a":NaN}',
        2,
        "--data is no JSON: NaN is no number in JSON",
    ),
    # not a number, negative
    ("local --idle-s nan", 2, "nan is no time to wait"),
    ("send event --timeout nan -f event.json", 2, "nan is no time to wait"),
    ("status --timeout -5", 2, "-5 is no time to wait"),
    ("local --state-dir=", 2, "is empty; name a folder"),
    (
        "simulate shipyard.yaml --events back.jsonl",
        1,
        "back.jsonl:1: advance_seconds must be a number of seconds from 0",
    ),
    ("simulate shipyard.yaml --events nan.jsonl", 1, "nan.jsonl:1: advance_seconds must be a number of seconds from 0"),
    ("simulate shipyard.yaml --events x.jsonl", 1, "x.jsonl:1: 'x' is no type of an event of keptn"),
    (f"{EVALUATE} --timeframe=0s", 1, "timeframe must be longer than nothing; it is '0s'"),
    (f"{EVALUATE} --timeframe=-5m", 1, "'-5m' is no duration; write it like 30s"),
    (f"{EVALUATE} --timeframe=NaN", 1, "'NaN' is no duration; write it like 30s"),
    (f"{EVALUATE} --timeframe=999999999h", 1, "999999999h is longer than 366 days"),
    (f"{EVALUATE} --start=2026-11-24T11:00:00Z --timeframe=0s", 1, "timeframe must be longer than nothing"),
    (f"{EVALUATE} --start=9999-12-31T23:59:59Z --timeframe=5m", 1, "the window starts in "),
    ("get delivery --older-than=nan", 1, "olderThan 'nan' must be a duration"),
    ("local --port -1", 2, "-1 is not in the range"),
    # images that are no repository
    ("onboard service -p sockshop --values=etc.yaml", 1, "etc.yaml:2: `image` must be a repository"),
    ("onboard service -p sockshop --values=url.yaml", 1, "url.yaml:2: `image` must be a repository"),
    ("send event newartifact http://x/y:1", 1, "the image 'http://x/y:1' must be repository:tag, as in carts:0.2"),
    ("trigger delivery --image=../../etc:1", 1, "the image '../../etc:1' must be repository:tag, as in carts:0.2"),
    ("onboard service -p sockshop --values=port.yaml", 1, "port.yaml:3: the key 'PORT' must be a name without =, and"),
    # files that are no file
    ("onboard service -p sockshop --values=empty.yaml", 1, "empty.yaml is empty"),
    ("create project shop empty.yaml", 1, "empty.yaml is empty"),
    ("add-resource -p sockshop --resource=/dev/null", 1, "/dev/null is empty"),
    ("send event -f empty.yaml", 1, "empty.yaml is empty"),
    ("evaluate --slo=/dev/zero --values=none.json", 2, "/dev/zero is larger than 64 MiB, or has no end"),
    ("simulate /dev/zero", 1, "/dev/zero is larger than 64 MiB, or has no end; name a file that you wrote"),
    ("validate /dev/zero", 1, "/dev/zero is larger than 64 MiB, or has no end; name a file that you wrote"),
    ("create project shop large.yaml", 1, "the file large.yaml is 2.9 MiB, larger than 1.4 MiB"),
    ("onboard service -p sockshop --values=large.yaml", 1, "the file large.yaml is 2.9 MiB, larger than 1.4 MiB"),
    ("onboard service -p sockshop --values=tab.yaml", 1, "tab.yaml:3: not valid YAML: a tab in the indentation"),
    ("onboard service -p sockshop --values=two.yaml", 1, "two.yaml:3: not valid YAML here: a second document begins"),
    # an image by its last part
    ("send event newartifact web:1 -p timing --no-wait", 0, "keptn context"),
    ("send event newartifact x/web:1 -p timing --no-wait", 0, "keptn context"),
    ("send event newartifact nothing:1 -p timing", 1, "project timing has no service with the image 'nothing'"),
    ("send event newartifact nothing:1", 1, "no project has a service with the image 'nothing'"),
    # patterns and names that match nothing
    (
        "add-resource -p sockshop --resource=notify.yaml",
        0,
        "notify.yaml:4: '*.delivry.finished': the project has no seq",
    ),
    (
        "add-resource -p sockshop --resource=notify.yaml",
        0,
        "notify.yaml:5: the project has no stage 'nostage'; stages:",
    ),
    # values that are no number
    ("evaluate --slo=slo.yaml --values=nan.json", 4, "NaN is no number"),
    ("evaluate --slo=informs.yaml --values=none.json", 0, "i b  no value"),
    (
        "evaluate --slo=twice.yaml --values=none.json",
        0,
        "twice.yaml:4: SLI 'a' stands twice; it is shown and counted once",
    ),
    ("simulate direct.yaml", 0, "warning: direct.yaml:3: 'Direct' is read as direct"),
    # names that are none
    ("get project ../..", 1, "there is no /v1/project/../.. in this api: a name holds no '/'"),
    ("get project ..", 1, "there is no project '..'; projects: "),
    ("get delivery ../../etc", 1, "there is no delivery with the keptn context '../../etc' (yet)"),
    ("get delivery .", 1, "there is no delivery with the keptn context '.' (yet)"),
    ("status ..", 1, "there is no delivery with the keptn context '..' (yet)"),
    ("logs ../../../etc/passwd", 1, "there is no log of function '../../../etc/passwd'"),
    ("abort ../x", 1, "there is no delivery '../x'"),
    ("delete project .. --yes", 1, "there is no project '..'"),
    ("get event --context=NOPE", 1, "there is no event with the keptn context 'NOPE' (yet)"),
    ("get service -p sockshop --stage=nope", 1, "stage 'nope' is not in shipyard sockshop; stages: dev, staging, prod"),
    ("get evaluation -p sockshop --service=nope", 1, "project sockshop has no service 'nope'; services: carts"),
    ("get delivery --service=nope", 1, "no project has a service 'nope'; services: "),
    ("unpin -p sockshop --stage=dev --service=carts", 1, "is not pinned: there is nothing to lift"),
    (f"approve {'a' * 5000}", 1, "nobody is asked for approval 'aaa"),
    # what worked in keptn
    ("create service gates -p sockshop", 0, "Service gates is onboarded into every stage of sockshop."),
    ("create service gates -p sockshop", 0, "gates has no image, so no push to a registry starts a delivery"),
    ("create service -p sockshop --values=helm.yaml orders", 0, "Service orders is onboarded"),
    ("create service -p sockshop --values=chart.yaml named", 0, "Service named is onboarded"),
    ("validate folder/values.yaml", 0, "the folder folder as service"),
    (
        "onboard service -p sockshop --values=folder/values.yaml",
        1,
        "folder/values.yaml: names no service; say it: keptn onb",
    ),
    ("onboard service mine -p sockshop --values=folder/values.yaml", 0, "Service mine is onboarded"),
    (
        "onboard service -p sockshop --values=chart.yaml",
        1,
        "must name its service, as in `service: carts`; or the command",
    ),
    ("create service -p sockshop --values=helm.yaml other", 1, "the file is for service 'orders', not 'other'"),
    ("get hook -p bare --service=nude", 1, "bare/nude has no image, so no push to a registry starts a delivery"),
    ("get projects", 0, "sockshop"),
    ("get services -p sockshop", 0, "carts"),
    ("get stages -p sockshop", 0, "staging"),
    ("get secrets", 0, "hook-sockshop.carts"),
    ("get event --project=sockshop --num-of-results=5", 0, "There are no such events."),
    ("abort sequence --project=sockshop --keptn-context=nope", 1, "there is no delivery 'nope'"),
    ("pause sequence --keptn-context nope -p sockshop --stage=dev", 1, "there is no delivery 'nope'"),
    ("resume sequence --keptn-context=nope --project sockshop", 1, "there is no delivery 'nope'"),
    ("abort sequence --project=sockshop", 2, "Missing argument 'DELIVERY'"),
    ("send event approval.finished -p sockshop --stage=dev --id=nope --result=pass", 1, "nobody is asked for approval"),
    ("send event approval.finished -p sockshop --stage=dev --id=nope", 2, "say --result=pass, or keptn approve nope"),
    (
        "send event start-evaluation -p sockshop --stage=dev --service=carts --timeframe=5m --no-wait",
        0,
        "sockshop/carts in dev: keptn context",
    ),
    ("create secret s --from-literal=a=b --scope=x", 0, "--scope means nothing here"),
    ("update secret hooks --from-literal=token=b --scope=x", 0, "--scope means nothing here"),
    ("delete secret hooks --scope=x --yes", 0, "--scope means nothing here"),
    ("trigger delivery --image=carts:0.2 --values=replicas=3 --no-wait", 0, "keptn context"),
    ("trigger delivery --image=carts:0.2 --values=replicas", 2, "The value 'replicas' must be KEY=VALUE"),
    ("create project shop shipyard.yaml -y", 0, "Project shop is created."),
    ("create project shop shipyard.yaml --git-remote-url=https://x/y --git-token=t", 0, "Project shop is created."),
    (
        "create project shop shipyard.yaml --git-remote-url=https://a:b@x/y",
        1,
        "the URL has a login in it, which",
    ),
    ("create project shop shipyard.yaml --git-remote-url=git@x.example:y.git", 1, "is reached over HTTPS, with a user"),
    ("create project shop shipyard.yaml --git-token=t", 2, "the repository of --git-remote-url, which is missing"),
    ("create project shop shipyard.yaml --git-user=u", 2, "--git-user is no login without --git-token"),
    ("create project shop shipyard.yaml --git-private-key=k", 2, "reached over HTTPS, with --git-user and --git-token"),
    ("create project shop shipyard.yaml --git-proxy-url=p", 2, "HTTPS_PROXY where its functions run"),
    ("create project shop shipyard.yaml --insecure-skip-tls", 2, "certificates are always checked"),
    ("update project sockshop", 2, "Give --git-remote-url, --git-token, or both"),
    ("update project sockshop --git-token=t", 1, "whose login is the secret git (keptn update secret git)"),
    ("update project nope --git-token=t", 1, "there is no project 'nope'"),
    ("update project sockshop --git-remote-url=https://x/y -y", 0, "Project sockshop is at https://x/y now, with its"),
    ("update project sockshop --git-user=x", 2, "--git-user is no login without --git-token"),
    ("update project sockshop --shipyard=s.yaml", 2, "changes with keptn add-resource --resource=shipyard.yaml"),
    ("onboard service carts -p sockshop --chart=./carts", 2, "its values file is: --values=CHART/values.yaml"),
    ("install --platform=gke", 2, "No such option"),
    ("configure monitoring prometheus -p timing --service=tim", 0, "expr: (rate(x{s='tim'}[300s])) >= 600"),
    ("configure monitoring prometheus -p timing --service=tim", 0, "Left out: dev/tim: b: it sets no limit"),
    ("configure monitoring prometheus -p timing --service=tim -f rules.yml", 0, "rules.yml is written; name it under"),
    ("configure monitoring prometheus -p sockshop --service=carts", 1, "has nothing to alert on (dev/carts: it has no"),
    ("configure monitoring prometheus -p timing", 0, "name: timing-dev-tim"),
    (
        "configure monitoring prometheus -p bare",
        1,
        "project bare has nothing to alert on (dev/nude: it has no slo.yaml)",
    ),
    ("configure monitoring dynatrace -p sockshop", 2, "Dynatrace needs no rules"),
    ("create project shop warned.yaml", 0, "Warning: shipyard.yaml:7: this sequence starts itself"),
]
FILES = {
    "event.json": "{}",
    "nan-event.json": '{"data": {"a": NaN}}',
    "shipyard.yaml": SHIPYARD,
    "warned.yaml": product("{event: dev.delivery.finished}"),
    "back.jsonl": '{"advance_seconds": -5}',
    "nan.jsonl": '{"advance_seconds": NaN}',
    "x.jsonl": '{"type": "x"}',
    "etc.yaml": "service: w\nimage: ../../etc\n",
    "url.yaml": "service: w\nimage: http://x/y\n",
    "port.yaml": "service: w\nimage: x/y\nenv: {PORT: 99}\n",
    "empty.yaml": "\n",
    "large.yaml": "#" * 3_000_000,
    "tab.yaml": "service: w\nenv:\n\tA: b\n",
    "two.yaml": "service: w\nimage: x/y\n---\nservice: z\n",
    "slo.yaml": SLO + TOTAL,
    "folder/values.yaml": "replicaCount: 1\nimage: {repository: x/folder, pullPolicy: Always}\n",
    "twice.yaml": SLO + "- {sli: a}\n" + TOTAL,
    "direct.yaml": SHIPYARD.replace("direct", "Direct"),
    "notify.yaml": NOTIFY + "  events: ['*.delivry.finished']\n  stages: [nostage]\n",
    "nan.json": '{"a": NaN}',
    "informs.yaml": SLO + "- {sli: b}\n" + TOTAL,
    "none.json": '{"a": 1}',
    "helm.yaml": HELM + "  internalPort: 8080\n",
    "chart.yaml": "replicaCount: 1\nimage: {repository: x/named, pullPolicy: Always}\nservice: {port: 80}\n",
}


@pytest.mark.parametrize(("line", "code", "sentence"), TYPED)
def test_commands_say_what_is_wrong(keptn, world, tmp_path, line, code, sentence):
    """One clear sentence, and the exit code that docs/cli.md promises."""
    (tmp_path / "folder").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    of_web, bare = {"tim/values.yaml": b"service: tim\nimage: x/web\n"}, {"nude/values.yaml": b"service: nude\n"}
    of_web |= {"tim/slo.yaml": FILES["informs.yaml"].encode(), "tim/prometheus/sli.yaml": SLI}
    for project, stage in (("timing", of_web), ("bare", bare)):
        branches = {"main": {"shipyard.yaml": SHIPYARD.encode()}, "dev": stage}
        world.config_repo.create(project, branches, message="Create project\n")
    world.store.put("images/x%2Fweb/timing.tim", b"{}")
    world.registry.push("x/web:1", b"web")
    found, out, err = keptn(*line.split(), ok=code == 0)
    assert found == code, (out, err)
    assert sentence in out + err
