"""Where people and senders reach keptn, and what it reaches itself: the store, Git, registries, Prometheus.

What is reached from within the cluster is not reached from here: of an address in the cluster its Service's endpoints
are looked at, any other has to be known to DNS.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from keptn.installation.doctor.finding import DOCS, Finding, Level, Patient


def dns(patient: Patient) -> Iterator[Finding]:
    host = urlsplit(patient.settings.function_url("api")).hostname or ""
    if host.endswith(".cluster.local"):
        what = f"the api's name {host} is known in the cluster alone: keptn auth needs another --endpoint and --host"
        yield Finding(level=Level.WARNING, what=what, mend="set KEPTN_PUBLIC_URL if registries outside are to reach it")
    else:
        yield _resolved(
            "the api's name", host, f"lead it to Knative's ingress, or correct KEPTN_PUBLIC_URL ({DOCS}, DNS)"
        )


def tls(patient: Patient) -> Iterator[Finding]:
    """Of the api and the hooks: what the settings tell people is what Knative serves."""
    told, https = patient.settings, "https:"
    served = str((patient.api or {}).get("status", {}).get("url") or "")
    if served.startswith(https) and told.function_url("api") == served.replace(https, "http:", 1):
        what = f"the api is at {served}, and KEPTN_PUBLIC_URL says http: a redirect costs a registry's POST its body"
        mend = f"--set KEPTN_PUBLIC_URL={told.public_url.replace('http:', https, 1)}; then give it to senders, too"
        yield Finding(level=Level.WARNING, what=what, mend=mend)


def store(patient: Patient) -> Iterator[Finding]:
    at = patient.values.get("STORAGE_EMULATOR_HOST", "")
    if patient.settings.store != "gcs":
        what = f"the store is {patient.settings.store}: it does not outlive a pod"
        yield Finding(level=Level.MISSING, what=what, mend="--set KEPTN_STORE=gcs, with KEPTN_BUCKET")
    elif not patient.settings.bucket:
        yield Finding(level=Level.MISSING, what="the store has no bucket", mend="--set KEPTN_BUCKET=your-bucket")
    elif at:
        yield from _reached(patient, "the store", at)
    else:
        what = f"the store is the bucket {patient.settings.bucket}; whether keptn may use it shows in the cluster alone"
        yield Finding(level=Level.OK, what=what)


def git(patient: Patient) -> Iterator[Finding]:
    if patient.settings.config_repo != "remote":
        what = f"the config repos are {patient.settings.config_repo}: they do not outlive a pod"
        yield Finding(level=Level.MISSING, what=what, mend="--set KEPTN_CONFIG_REPO=remote, with KEPTN_GIT_URL")
        return
    yield from _reached(patient, "the Git server", patient.settings.git_url)
    if patient.api:
        space = patient.settings.secrets_namespace
        found = patient.kubectl.one("-n", space, "get", "secret", "git")
        lacking = sorted({"user", "token"} - ((found or {}).get("data") or {}).keys())
        if lacking:
            what = f"the login of the Git server is not there: Secret git in {space} lacks {' and '.join(lacking)}"
            mend = f"kubectl -n {space} create secret generic git --from-literal=user=… --from-literal=token=…"
            yield Finding(level=Level.MISSING, what=what, mend=mend)


def registry(patient: Patient) -> Iterator[Finding]:
    if patient.settings.registry != "oci":
        what = f"images are looked up in a registry {patient.settings.registry}, which no cluster has"
        yield Finding(level=Level.MISSING, what=what, mend="--set KEPTN_REGISTRY=oci")
        return
    plain = [one for one in patient.settings.insecure_registries.split() if not set("*?[") & set(one)]
    for host in plain:
        yield from _reached(patient, "the registry", f"http://{host}")
    if not plain:
        yield Finding(level=Level.OK, what="registries are asked over HTTPS, as images name them")


def prometheus(patient: Patient) -> Iterator[Finding]:
    if patient.settings.sli_provider != "prometheus" and not patient.settings.prometheus_url:
        return
    if not patient.settings.prometheus_url:
        what = "there is no Prometheus, which gates ask"
        yield Finding(level=Level.WARNING, what=what, mend="--set KEPTN_PROMETHEUS_URL=http://…")
        return
    yield from _reached(patient, "Prometheus", patient.settings.prometheus_url, level=Level.WARNING)


def _reached(patient: Patient, name: str, url: str, level: Level = Level.MISSING) -> Iterator[Finding]:
    """Endpoints of a Service in the cluster, or a name that DNS knows."""
    host = urlsplit(url).hostname or ""
    parts = host.split(".")
    if not (len(parts) > 2 and parts[2] == "svc"):
        yield _resolved(name, host, "correct its setting, or your DNS")
        return
    service, space = parts[:2]
    ours = {(one["kind"], one["metadata"]["name"], one["metadata"].get("namespace")) for one in patient.objects}
    slices = patient.kubectl.objects(
        "-n", space, "get", "endpointslices.discovery.k8s.io", "-l", f"kubernetes.io/service-name={service}"
    )
    ends = [end for one in slices for end in one.get("endpoints") or () if end.get("conditions", {}).get("ready", True)]
    if ends:
        yield Finding(level=Level.OK, what=f"{name} is Service {service} in {space}, and a pod serves it")
    elif not patient.api and ("Service", service, space) in ours:
        yield Finding(level=Level.OK, what=f"{name} comes with keptn install")
    else:
        what = f"{name} is to be Service {service} in {space}, and no pod serves it"
        yield Finding(level=level, what=what, mend=f"kubectl -n {space} get service,pods; or correct its setting")


def _resolved(name: str, host: str, mend: str) -> Finding:
    try:
        socket.getaddrinfo(host, None)
    except OSError as exc:
        what = f"{name} {host} is not known to DNS here ({exc.strerror or exc})"
        return Finding(level=Level.WARNING, what=what, mend=mend)
    return Finding(level=Level.OK, what=f"{name} {host} is known to DNS")
