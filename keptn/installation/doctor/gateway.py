"""The Gateway that leads users to services."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from keptn.adapters.router import gateway_listeners
from keptn.installation.doctor.finding import DOCS, Finding, Level, Patient


def gateway(patient: Patient) -> Iterator[Finding]:
    if patient.settings.router != "gateway_api":
        return
    if "gateway.networking.k8s.io" not in patient.groups:
        what = "there is no Gateway API, so users are led to no service"
        yield Finding(level=Level.MISSING, what=what, mend=f"install it and what serves it ({DOCS})")
        return
    space, name, *section = patient.settings.gateway.split("/")
    found = patient.kubectl.one("-n", space, "get", "gateways.gateway.networking.k8s.io", name)
    if found is None:
        what = f"there is no Gateway {name} in {space}"
        yield Finding(level=Level.MISSING, what=what, mend="make it, or --set KEPTN_GATEWAY=namespace/name")
        return
    listeners = [one for one in found["spec"].get("listeners", ()) if not section or one["name"] == section[0]]
    if section and not listeners:
        what = f"the Gateway {space}/{name} has no listener {section[0]}"
        yield Finding(level=Level.MISSING, what=what, mend="make it, or --set KEPTN_GATEWAY=namespace/name/listener")
        return
    for why in filter(None, (gateway_listeners.shut(one["name"], found) for one in listeners)):
        level = Level.MISSING if section else Level.WARNING
        yield Finding(level=level, what=f"the Gateway {space}/{name}: {why}", mend=f"{DOCS}, TLS of users' hosts")
    all_spaces = [one for one in listeners if _from(one) in ("All", "Selector")]
    conditions = {one["type"]: one for one in found.get("status", {}).get("conditions", ())}
    accepted = conditions.get("Accepted", {})
    if not all_spaces:
        what = f"no listener of the Gateway {space}/{name} takes routes of other namespaces"
        yield Finding(level=Level.MISSING, what=what, mend="allowedRoutes: {namespaces: {from: All}} on its listener")
    elif accepted.get("status") != "True":
        what = f"no controller has accepted the Gateway {space}/{name} ({accepted.get('message') or 'it says nothing'})"
        yield Finding(level=Level.MISSING, what=what, mend=f"kubectl -n {space} describe gateway {name}")
    else:
        yield Finding(level=Level.OK, what=f"the Gateway {space}/{name} takes routes of other namespaces")


def _from(listener: Mapping[str, object]) -> str:
    allowed = listener.get("allowedRoutes")
    spaces = allowed.get("namespaces") if isinstance(allowed, dict) else None
    return str(spaces.get("from", "Same")) if isinstance(spaces, dict) else "Same"
