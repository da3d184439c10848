"""Both ways of installing say the same: `kubectl apply -k`, and kn with a rest for kubectl."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import kn, needs
from tests.bench.api_server import Standin, standing_in
from tests.kubectl import built

ROOT = kn.ROOT
OVERLAYS = sorted(path.parent for path in ROOT.glob("knative/overlays/*/kustomization.yaml"))
each_overlay = pytest.mark.parametrize("overlay", OVERLAYS, ids=lambda path: path.name)
LEFT = {"deploy-early", "notify", "orchestrate", "record"}
"""Triggers with filters that are more than exact matches."""
KUBECTL = '#!/bin/sh\nif [ "$1" = kustomize ]; then exec REAL "$@"; fi\n[ "$1" != apply ] || cat >/dev/null\n'


def applied(script: str) -> list[dict[str, Any]]:
    """What kubectl gets in it."""
    texts = re.findall(r"kubectl apply -f - <<'END'\n(.*?)\nEND$", script, re.DOTALL | re.MULTILINE)
    return [one for text in texts for one in yaml.safe_load_all(text)]


def key(one: Mapping[str, Any]) -> tuple[str, str, str]:
    return one["kind"], one["apiVersion"], one["metadata"]["name"] + one["metadata"].get("namespace", "")


@each_overlay
def test_a_shell_can_read_it(overlay: Path):
    """What is printed is a script."""
    done = subprocess.run(
        ["sh", "-n"], input=kn.with_kn("--print", str(overlay)), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@each_overlay
def test_every_object_is_made_once(overlay: Path):
    """By kn, or by kubectl as it is."""
    script, objects = kn.with_kn("--print", str(overlay)), built(overlay)
    by_kubectl = {key(one): one for one in applied(script)}
    assert all(by_kubectl[key(one)] == one for one in objects if key(one) in by_kubectl)
    names = {"Service": "service apply", "Broker": "broker create", "Trigger": "trigger create"}
    by_kn = [one for one in objects if key(one) not in by_kubectl]
    assert all(kn.is_of_kn(one) for one in by_kn)
    said = [f"{names[one['kind']]} {one['metadata']['name']} -n keptn" for one in by_kn]
    assert sorted(re.findall(r"^kn (\w+ \w+ \S+ -n \w+)", script, re.MULTILINE)) == sorted(said)


@each_overlay
def test_kn_reaches_as_far_as_it_can(overlay: Path):
    """Every Service, and every Trigger but those that no exact match can say; kind's Broker has an annotation."""
    left = [one for one in applied(kn.with_kn("--print", str(overlay))) if kn.is_of_kn(one)]
    brokers = {"default"} if overlay.name == "kind" else set()
    assert {one["metadata"]["name"] for one in left} == LEFT | brokers


@each_overlay
def test_it_ends_when_all_is_ready(overlay: Path):
    """Everything of Knative's and every Deployment, by name: others' things are not waited for."""
    waits = re.findall(r"^kubectl wait (?:.*\\\n)*.*$", kn.with_kn("--print", str(overlay)), re.MULTILINE)
    named = {word for wait in waits for word in wait.split() if "/" in word}
    kinds = [one for one in built(overlay) if "knative.dev" in one["apiVersion"] or one["kind"] == "Deployment"]
    short = {"service": "ksvc"}
    wanted = {(short.get(kind := one["kind"].lower(), kind), one["metadata"]["name"]) for one in kinds}
    assert named == {"/".join(one) for one in wanted}
    assert all("--timeout=300s" in wait for wait in waits)


def test_what_no_flag_says_is_not_left_out(tmp_path: Path):
    """Somebody's patch of a Service: it goes into the file that the flags change."""
    patch = [{"op": "add", "path": "/spec/template/spec/nodeSelector", "value": {"disk": "ssd"}}]
    relative = Path("../" * len(tmp_path.parts)) / str(ROOT / "knative/overlays/production").lstrip("/")
    target = {"kind": "Service", "name": "api"}
    kinds = {"resources": [str(relative)], "patches": [{"target": target, "patch": yaml.safe_dump(patch)}]}
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(kinds))
    before_api = kn.with_kn("--print", str(tmp_path)).partition("kn service apply api ")[0]
    assert before_api.rstrip().endswith("# The steps.") and "nodeSelector: {disk: ssd}" in before_api


@pytest.mark.parametrize(
    ("words", "says"), [((), "name one overlay"), (("nowhere",), "no folder nowhere; the overlays are: overlays/kind")]
)
def test_a_wrong_call_is_one_sentence(words: tuple[str, ...], says: str):
    done = subprocess.run([str(ROOT / "knative/with-kn.sh"), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and says in done.stderr and len(done.stderr.splitlines()) == 1


@each_overlay
def test_real_kn_makes_the_same(overlay: Path, tmp_path: Path):
    """Run twice, on an API server that keeps what it is given: no object differs from kustomize's."""
    kn.program()
    (tmp_path / "bin").mkdir()
    kubectl = tmp_path / "bin" / "kubectl"
    kubectl.write_text(KUBECTL.replace("REAL", needs.program("kubectl")))
    kubectl.chmod(0o755)
    by_kubectl = applied(kn.with_kn("--print", str(overlay)))
    with standing_in(tmp_path) as api:
        for one in by_kubectl:
            if "knative.dev" in one["apiVersion"]:
                api.keep(path_of(one), one)
        for _ in range(2):
            kn.with_kn(str(overlay), path=str(kubectl.parent), KUBECONFIG=kubeconfig(api, tmp_path))
        for one in filter(kn.is_of_kn, built(overlay)):
            assert unlabelled(kn.essence(api.objects[path_of(one)])) == unlabelled(kn.essence(one))


EXTENSIONS = ROOT / "examples" / "extensions"


@pytest.mark.parametrize("manifest", sorted(EXTENSIONS.glob("*/*.yaml")), ids=lambda path: path.stem)
def test_an_extension_of_three_commands_is_its_manifest(manifest: Path, tmp_path: Path):
    """What its README types makes what the local runtime reads."""
    kn.program()
    blocks = re.findall(r"```sh kn\n(.*?)```", (EXTENSIONS / "README.md").read_text(), re.DOTALL)
    (commands,) = [one for one in blocks if f"create {manifest.stem} " in one]
    assert commands.startswith(
        f"docker build -t registry.example.com/{manifest.stem}:1 {manifest.parent.relative_to(ROOT)} "
    )
    without_docker = commands.partition("\n")[2].replace("kn service create ", "kn service create --no-wait ")
    with standing_in(tmp_path) as api:
        environment = {**os.environ, "KUBECONFIG": kubeconfig(api, tmp_path)}
        subprocess.run(["bash", "-euc", without_docker], env=environment, check=True, timeout=60)
        for one in yaml.safe_load_all(manifest.read_text()):
            assert kn.essence(api.objects[path_of(one)]) == kn.essence(one)


def unlabelled(one: dict[str, Any]) -> dict[str, Any]:
    """A Trigger's labels come by kubectl."""
    return {**one, "labels": one["labels"] if one["kind"] == "Service" else {}}


def path_of(one: Mapping[str, Any]) -> str:
    metadata = one["metadata"]
    return f"/apis/{one['apiVersion']}/namespaces/{metadata['namespace']}/{one['kind'].lower()}s/{metadata['name']}"


def kubeconfig(api: Standin, folder: Path) -> str:
    cluster = {"server": api.url, "certificate-authority": str(folder / "ca.crt")}
    file = folder / "config"
    file.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [{"name": "any", "cluster": cluster}],
                "users": [{"name": "any", "user": {"token": "any"}}],
                "contexts": [{"name": "any", "context": {"cluster": "any", "user": "any"}}],
                "current-context": "any",
            }
        )
    )
    return str(file)
