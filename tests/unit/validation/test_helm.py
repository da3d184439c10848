"""Values files of Helm and of keptn in 2019 are read as ours; what has no place is named."""

import pytest

from keptn import validation
from keptn.projects import values

TALK = """\
replicaCount: 1
image:
  repository: null
  tag: null
  pullPolicy: IfNotPresent
service:
  name: carts
  type: ClusterIP
  externalPort: 80
  internalPort: 8080
container:
  name: carts
resources:
  limits: {cpu: 100m, memory: 128Mi}
"""
CREATED = """\
replicaCount: "3"
image: {repository: nginx, pullPolicy: IfNotPresent, tag: ""}
imagePullSecrets: [{name: login}]
nameOverride: ""
serviceAccount: {create: true, annotations: {}, name: runner}
podAnnotations: {}
service: {type: ClusterIP, port: 80}
ingress: {enabled: false, hosts: [{host: a.local}]}
resources: {requests: {cpu: 100m}}
autoscaling: {enabled: true, minReplicas: 1, maxReplicas: 9, targetCPUUtilizationPercentage: 80}
env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}]
nodeSelector: {}
"""


def test_the_talks_own_file():
    """Name, replicas, port and resources; the artifact brings the image."""
    read = values.parse(TALK)
    assert (read.service, read.repository, read.workload.replicas) == ("carts", "", 1)
    assert [port.number for port in read.workload.ports] == [8080]
    assert read.workload.resources == {"limits": {"cpu": "100m", "memory": "128Mi"}}
    assert validation.problems(TALK, file="values.yaml") == []
    assert validation.warnings(TALK, file="values.yaml")[0] == (
        "values.yaml:1: read as a values file of Helm: replicaCount as replicas, service.name as service, "
        "service.internalPort as ports; not used: image.pullPolicy, service.type, service.externalPort, container"
    )


def test_what_helm_create_writes():
    """Empty parts are no parts; the name comes from elsewhere."""
    text = f"name: web\n{CREATED}"
    read = values.parse(text)
    assert (read.service, read.repository, read.tag) == ("web", "nginx", "")
    assert read.workload.autoscaling
    assert (read.workload.service_account, read.workload.pull_secrets) == ("runner", ("login",))
    assert list(read.workload.env) == ["A", "C"]
    assert validation.problems(text, file="values.yaml") == []
    (note,) = validation.warnings(text, file="values.yaml")
    assert note.endswith("not used: image.pullPolicy, serviceAccount.create, service.type, ingress")


def test_mistakes_keep_their_lines():
    """A key that was read as another is told by its own line."""
    wrong = TALK.replace("internalPort: 8080", "internalPort: 99999").replace("replicaCount: 1", "replicaCount: 0")
    told = [str(problem) for problem in validation.problems(wrong, file="v-values.yaml")]
    assert told == [
        "v-values.yaml:1: `replicas` must be at least 1, not 0",
        "v-values.yaml:10: `containerPort` must be at most 65535, not 99999",
    ]


@pytest.mark.parametrize("value", ["5", "text", "[1]", "{a: b}", "[{a: b}]", ".nan", "true"])
def test_any_key_may_hold_anything(value):
    """A problem or a warning, never a traceback."""
    for key in (
        "service",
        "image",
        "replicaCount",
        "autoscaling",
        "serviceAccount",
        "env",
        "put",
        "other",
        "rest",
        "7",
    ):
        text = f"replicaCount: 1\nname: a\n{key}: {value}\n" if key != "replicaCount" else f"{key}: {value}\nname: a\n"
        if not validation.problems(text, file="values.yaml"):
            assert validation.warnings(text, file="values.yaml")


@pytest.mark.parametrize("text", ["service: a\nimage: x/y\nreplica: 2", "service: {nam: a}\nimage: x/y"])
def test_a_file_of_ours_is_held_to_ours(text):
    """Only what is surely Helm's is read as such."""
    assert validation.problems(text, file="values.yaml")
