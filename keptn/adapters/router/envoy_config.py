"""Envoy's resources for a set of routes: clusters, listeners, one route configuration per service and stage. Pure.

Per service and stage there is a public listener, and one listener per colour. The public route leads to the colours'
listeners, so a colour's own listener sees all that reaches it: its share of users, its copy of them (mirrored requests
are absent from the log of the listener they were copied from), and tests that come to it directly.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from keptn.adapters.machine.port_book import HOST
from keptn.deployment.strategy import COLOURS
from keptn.events import Scope
from keptn.ports import Endpoint, Route

Resource = dict[str, Any]
Ports = Mapping[str, int]
"""Purpose to port: `public` and each colour."""

_TYPE = "type.googleapis.com/envoy."
_METADATA = "keptn"
_NEW_USER = "x-request-id"
"""What tells a user without a cookie from others, and is his cookie then: Envoy's own random id of his first request.

The cookie that a hash policy can make itself is the same for all of a connection, and with weights it is not even sent.
"""
_ATTRIBUTES = "Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax"
"""A year: longer than any candidate is one. Not Secure: users come over plain HTTP."""
_RETRY = {"retry_on": "connect-failure,refused-stream", "num_retries": 2}
"""What reached no workload may be sent again without harm."""


def resources(found: Sequence[Resource]) -> bytes:
    """A discovery response. Its version is its content's hash: what Envoy confirms is exactly what was written."""
    body = json.dumps(found, sort_keys=True)
    version = hashlib.sha256(body.encode()).hexdigest()[:16]
    return f'{{"version_info": "{version}", "resources": {body}}}\n'.encode()


def version(response: bytes) -> str:
    return str(json.loads(response)["version_info"])


def clusters(routes: Mapping[Scope, Route], ports: Mapping[Scope, Ports]) -> list[Resource]:
    """Two per colour: to its workload, and via its own listener. Without an endpoint it answers 503."""
    return [
        cluster
        for scope, route in routes.items()
        for colour in COLOURS
        for cluster in (
            _cluster(workload_cluster(scope, colour), colour, route.endpoints.get(colour)),
            _cluster(own_cluster(scope, colour), colour, Endpoint(host=HOST, port=ports[scope][colour])),
        )
    ]


def listeners(routes: Mapping[Scope, Route], ports: Mapping[Scope, Ports], *, folder: str) -> list[Resource]:
    """They change only when a service comes or goes. folder: of Envoy's files."""
    found = []
    for scope in routes:
        public = {"rds": {"route_config_name": str(scope), "config_source": _file(f"{folder}/{route_file(scope)}")}}
        found.append(_listener(scope, "", ports[scope]["public"], public, folder=folder))
        for colour in COLOURS:
            everything = _rule(route=_to(cluster=workload_cluster(scope, colour)))
            own = {"route_config": _route_config(f"{scope}/{colour}", everything)}
            found.append(_listener(scope, colour, ports[scope][colour], own, folder=folder))
    return found


def public_route(route: Route) -> Resource:
    """Where users' requests go. validate_clusters: a route to nowhere is refused instead of answering 503."""
    return {
        "@type": _TYPE + "config.route.v3.RouteConfiguration",
        "validate_clusters": True,
        **_route_config(str(route.scope), *_pinned(route), *_by_weights(route)),
    }


def bootstrap(*, folder: str, admin_port: int) -> Resource:
    """What Envoy starts from; all else comes from files that are replaced while it runs."""
    return {
        "node": {"id": "keptn", "cluster": "keptn"},
        "admin": {"address": _address(HOST, admin_port)},
        "stats_flush_on_admin": True,  # nobody else is told them, so nothing is gathered every five seconds
        "dynamic_resources": {
            "cds_config": _file(f"{folder}/cds.json"),
            "lds_config": _file(f"{folder}/lds.json"),
        },
    }


def workload_cluster(scope: Scope, colour: str) -> str:
    return f"workload/{scope}/{colour}"


def own_cluster(scope: Scope, colour: str) -> str:
    return f"own/{scope}/{colour}"


def listener(scope: Scope, colour: str) -> str:
    """Of one colour by itself, or, without one, of all users."""
    return f"{scope}/{colour or 'public'}"


def route_file(scope: Scope) -> str:
    """Named by a hash: a name of a user is no file name."""
    return f"routes/{hashlib.sha256(str(scope).encode()).hexdigest()[:24]}.json"


def _pinned(route: Route) -> list[Resource]:
    """The rule of requests that always reach the candidate; it comes first, for Envoy takes the first that matches."""
    if not (route.candidate and route.pin.header):
        return []
    header = {"name": route.pin.header, "string_match": {"exact": route.pin.value}}
    return [_rule({"headers": [header]}, route=_to(cluster=own_cluster(route.scope, route.candidate)))]


def _by_weights(route: Route) -> list[Resource]:
    """The rules of everybody else. Who does not bring the cookie is given one, unless there is nothing to choose."""
    if not route.weights:
        body = f"no version of {route.scope.service} is live in {route.scope.stage}\n"
        return [_rule(direct_response={"status": 503, "body": {"inline_string": body}})]
    mirror = [{"cluster": own_cluster(route.scope, route.mirror)}] if route.mirror else []
    action = _to(weighted_clusters={"clusters": _shares(route)}, request_mirror_policies=mirror)
    if not (name := route.pin.cookie) or len(route.weights) == 1:
        return [_rule(route=action)]
    action["weighted_clusters"]["use_hash_policy"] = True
    action["hash_policy"] = [{"cookie": {"name": name}, "terminal": True}, {"header": {"header_name": _NEW_USER}}]
    brought = {"name": name, "string_match": {"safe_regex": {"regex": ".+"}}}
    given = {"key": "set-cookie", "value": f"{name.replace('%', '%%')}=%REQUEST_HEADER({_NEW_USER})%; {_ATTRIBUTES}"}
    return [
        _rule({"cookies": [brought]}, route=action),
        _rule(route=action, response_headers_to_add=[{"header": given}]),
    ]


def _shares(route: Route) -> list[Resource]:
    """The candidate's always first: a hash below its weight is below every greater one, so no user flips back."""
    candidate_first = sorted(route.weights.items(), key=lambda share: share[0] != route.candidate)
    return [{"name": own_cluster(route.scope, colour), "weight": percent} for colour, percent in candidate_first]


def _to(**where: object) -> Resource:
    return {"timeout": "0s", "retry_policy": _RETRY, **where}


def _rule(match: Resource | None = None, **action: object) -> Resource:
    return {"match": {"prefix": "/", **(match or {})}, **action}


def _route_config(name: str, *rules: Resource) -> Resource:
    return {"name": name, "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": rules}]}


def _cluster(name: str, colour: str, endpoint: Endpoint | None) -> Resource:
    lb_endpoint = {"endpoint": {"address": _address(endpoint.host, endpoint.port)}} if endpoint else None
    return {
        "@type": _TYPE + "config.cluster.v3.Cluster",
        "name": name,
        "type": "STATIC",
        "connect_timeout": "2s",
        "metadata": {"filter_metadata": {_METADATA: {"colour": colour}}},
        "load_assignment": {
            "cluster_name": name,
            "endpoints": [{"lb_endpoints": [lb_endpoint]}] if lb_endpoint else [],
        },
    }


def _listener(scope: Scope, colour: str, port: int, routes: Resource, *, folder: str) -> Resource:
    connections = {
        "@type": _TYPE + "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": listener(scope, colour),
        "access_log": [_access_log(scope, colour, folder=folder)],
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "server_header_transformation": "PASS_THROUGH",
        "use_remote_address": not colour,
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": _TYPE + "extensions.filters.http.router.v3.Router"},
            }
        ],
        **routes,
    }
    return {
        "@type": _TYPE + "config.listener.v3.Listener",
        "name": listener(scope, colour),
        "address": _address(HOST, port),
        "filter_chains": [{"filters": [{"name": "http", "typed_config": connections}]}],
    }


def _access_log(scope: Scope, colour: str, *, folder: str) -> Resource:
    """One line per request. duration_us: from its first byte in to the answer's last byte out, microseconds."""
    line = {
        "time": "%START_TIME(%Y-%m-%dT%H:%M:%S.%6fZ)%",
        "project": scope.project.replace("%", "%%"),
        "stage": scope.stage.replace("%", "%%"),
        "service": scope.service.replace("%", "%%"),
        "colour": colour,
        "route": "own" if colour else "public",
        "method": "%REQUEST_HEADER(:METHOD)%",
        "path": "%PATH(NQ)%",
        "status": "%RESPONSE_CODE%",
        "duration_us": "%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%",
        "upstream_us": "%COMMON_DURATION(US_TX_BEG:US_RX_BEG:us)%",
        "flags": "%RESPONSE_FLAGS%",
        "served_by": colour or f"%METADATA(CLUSTER:{_METADATA}:colour)%",
    }
    return {
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": _TYPE + "extensions.access_loggers.file.v3.FileAccessLog",
            "path": f"{folder}/access.log",
            "log_format": {"json_format": line},
        },
    }


def _file(path: str) -> Resource:
    return {"path_config_source": {"path": path}}


def _address(host: str, port: int) -> Resource:
    return {"socket_address": {"address": host, "port_value": port}}
