"""What a values file says of containers: read, written down, read again; and each mistake with its line."""

from pathlib import Path

import pytest

from keptn import documents
from keptn.deployment import workload_file
from keptn.deployment.workload import Autoscaling, Port, SecretKey, Workload, data
from keptn.errors import InvalidFile
from keptn.projects import values

EXAMPLES = sorted(Path("shipyard-schemas/examples").glob("values*.yaml"))


def read(text: str) -> Workload:
    return values.parse(f"service: carts\nimage: carts\n{text}").workload


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.name)
def test_what_is_written_down_is_read_again(file):
    """A desired state keeps the values of a deployment in the words of the file, and loses nothing."""
    workload = values.parse(file.read_bytes()).workload
    text = documents.dump(data(workload))
    assert workload_file.read(documents.load(text, file="x.yaml"), documents.load(text, file="x.yaml").data) == workload
    assert set(data(workload)) <= set(workload_file.KEYS)


def test_nothing_said_is_nothing_written():
    """Defaults do not fill a desired state."""
    assert data(read("")) == {}
    assert read("env:\nports:\nvolumes:\nautoscaling:\nreadinessProbe:\n") == Workload()


def test_short_and_long_forms_are_the_same():
    """A secret as Kubernetes writes it, a pull secret too; the first port needs no name."""
    long = "env: {A: {valueFrom: {secretKeyRef: {name: db, key: password}}}}\nimagePullSecrets: [{name: r}]\n"
    short = "env: {A: {secret: db, key: password}}\nimagePullSecrets: [r]\n"
    assert read(long) == read(short)
    assert read(short).env == {"A": SecretKey(name="db", key="password")}
    assert read("ports: [{containerPort: 3000}]").ports == (Port(name="http", number=3000),)
    assert (read("ports: [{containerPort: 3000}]").port, read("").port) == (3000, 8080)


def test_a_share_of_cpu_needs_a_request():
    """Limits alone will do, for Kubernetes takes them as requests."""
    wanted = "autoscaling: {minReplicas: 1, maxReplicas: 4, targetCPUUtilizationPercentage: 80}\n"
    assert read(f"{wanted}resources: {{limits: {{cpu: 1}}}}").autoscaling == Autoscaling(
        least=1, most=4, cpu_percent=80
    )
    with pytest.raises(InvalidFile, match=r"values.yaml:3: autoscaling .*add resources.requests.cpu"):
        read(wanted)


SCALE = (
    "autoscaling: {minReplicas: 1, maxReplicas: 4, targetCPUUtilizationPercentage: 80}\nresources: {limits: {cpu: 1}}\n"
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("env:\n  PORT: 80", "4: env.PORT 80 is where the service shall listen, and set for it"),
        ("env:\n  A: {secret: db}", "4: env.A.key is missing; it must be a secret's key"),
        ("env:\n  A: {secret: ../api, key: token}", "4: env.A.secret '../api' must be the name of an object"),
        ("env:\n  A: {secret: db, key: ..}", "4: env.A.key '..' must be a secret's key"),
        ("env:\n  A: {secret: db, key: k, optional: true}", "4: there is no key 'optional' in env.A"),
        ("env:\n  A: {valueFrom: {fieldRef: {}}}", "4: there is no key 'fieldRef' in env.A.valueFrom"),
        ("replicas: 2\n" + SCALE, "3: replicas 2 and autoscaling exclude each other"),
        (
            SCALE.replace("minReplicas: 1", "minReplicas: 9"),
            "3: autoscaling.minReplicas 9 must not be above maxReplicas",
        ),
        (
            "ports:\n- {containerPort: 80}\n- {containerPort: 81}",
            "5: ports[1].name is missing; it must be a port's name",
        ),
        ("ports:\n- {containerPort: 80}\n- {name: a, containerPort: 80}", "5: ports[1].containerPort 80 stands twice"),
        ("ports:\n- {containerPort: 70000}", "4: ports[0].containerPort 70000 must be a whole number from 1 to 65535"),
        ("ports: 80", "3: ports 80 must be a list"),
        ("resources: {limits: {memory: lots}}", "3: resources.limits.memory 'lots' must be an amount"),
        ("resources: {limit: {memory: 1Gi}}", "3: there is no key 'limit' in resources; keys: requests, limits"),
        ("volumes:\n- {name: a, mountPath: /a}", "4: volumes[0] must have one of"),
        ("volumes:\n- {name: a, mountPath: a, emptyDir: {}}", "4: volumes[0].mountPath 'a' must be a path"),
        (
            "volumes:\n- {name: a, mountPath: /a, secret: s}\n- {name: a, mountPath: /b, secret: s}",
            "5: volumes[1].name 'a' stands twice",
        ),
        (
            "readinessProbe: {httpGet: {path: /, port: admin}}",
            "3: readinessProbe.httpGet.port 'admin' is the name of no",
        ),
        ("readinessProbe: {periodSeconds: 1}", "3: readinessProbe must have one of httpGet"),
        ("health: /a\nreadinessProbe: {httpGet: {path: /}}", "3: health '/a' and readinessProbe say the same"),
        ("startupProbe: {grpc: {port: 1, service: []}}", "3: startupProbe.grpc.service must be a text"),
        ("livenessProbe: {exec: {command: []}}", "3: livenessProbe.exec.command must have at least one"),
        (
            "hostnames: ['{team}.example.org']",
            "3: '{team}.example.org' gives '{team}.example.org', which is no host name",
        ),
        ("labels: {keptn.sh/colour: red}", "3: labels.keptn.sh/colour 'red' is keptn's own"),
        ("labels: {team: 'a b'}", "3: labels.team 'a b' must be a label"),
        ("serviceAccountName: '*'", "3: serviceAccountName '*' must be the name of an object"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(text, sentence):
    """One sentence: the place, the value, what it must be."""
    with pytest.raises(InvalidFile) as error:
        read(text)
    assert str(error.value).startswith(f"values.yaml:{sentence}")


PATCH = "patches:\n- target: Deployment\n  patch:\n  - {op: add, path: /spec/minReadySeconds, value: 5}\n  - "


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (PATCH + "{op: remove, path: /spec/paused}", "7: remove /spec/paused does not apply to the Deployment"),
        (PATCH + "{op: test, path: /spec/replicas, value: 2}", "7: test /spec/replicas does not apply"),
        (PATCH + "{op: add, path: /spec/replicas/x, value: 2}", "7: add /spec/replicas/x does not apply"),
        (PATCH + "{op: replace, path: /metadata/name, value: x}", "7: a patch of a Deployment must leave its name"),
        (PATCH + "{op: remove, path: /spec/template}", "7: a patch of a Deployment must leave its name"),
        (PATCH + "{op: replace, path: '', value: []}", "7: a patch of a Deployment must leave its name"),
        (PATCH + "{op: add, path: /spec/paused}", "7: patches[0].patch[1] lacks"),
        (PATCH + "{op: twist, path: /spec}", "7: patches[0].patch[1].op 'twist' must be one of add, replace"),
        (PATCH + "{op: move, path: /spec/paused}", "7: patches[0].patch[1].from is missing; it must be a JSON Pointer"),
        (
            PATCH + "{op: add, path: /spec/x, value: .nan}",
            "7: patches[0].patch[1].value nan must be a number that JSON has",
        ),
        (PATCH + "{op: add, path: /spec/x, value: {1: a}}", "7: the key 1 is no text; put it in quotes"),
        ("patches:\n- target: Pod\n  patch: []", "4: patches[0].target 'Pod' must be one of Deployment, Service"),
        (
            "patches:\n- target: HorizontalPodAutoscaler\n  patch: [{op: remove, path: /spec}]",
            "4: there is no HorizontalPodAutoscaler to patch: add autoscaling",
        ),
        (
            "patches:\n- target: HTTPRoute\n  patch: [{op: replace, path: /spec/rules/0/backendRefs, value: []}]",
            "5: a patch of a HTTPRoute must leave its name, labels, annotations and the first rule's backends",
        ),
    ],
)
def test_a_patch_is_tried_when_the_file_is_read(text, sentence):
    """What would fail in the middle of a delivery fails at onboarding, at the line of the operation."""
    with pytest.raises(InvalidFile) as error:
        read(text)
    assert str(error.value).startswith(f"values.yaml:{sentence}")
