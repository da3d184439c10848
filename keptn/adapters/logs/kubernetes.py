"""What functions wrote, from their pods: of Knative Services, and of the Jobs of a JobSink.

A function at zero has no pod and so no log here; the cluster's log store has it, if there is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from keptn.adapters.kubernetes.objects import POD, Objects, own_namespace
from keptn.adapters.kubernetes.pod_logs import of_pods
from keptn.errors import Unknown
from keptn.names import is_name

_SERVICE, _JOB = "serving.knative.dev/service", "keptn.sh/function"
"""Labels of a function's pods: Knative's (Serving, pkg/apis/serving/register.go), and ours of a JobSink's pods, which
get none from Eventing.
"""


class KubernetesLogs:
    """namespace: where the functions are."""

    def __init__(self, objects: Objects, *, namespace: str) -> None:
        self._objects, self._namespace = objects, namespace

    @classmethod
    def open(cls) -> KubernetesLogs:
        return cls(Objects(), namespace=own_namespace())

    def lines(self, function: str, *, limit: int = 100) -> Iterator[str]:
        """The last lines of its pods. Raises Unknown: it has none now."""
        for label, container in ((_SERVICE, "user-container"), (_JOB, function)) if is_name(function) else ():
            if pods := self._objects.list(POD, self._namespace, labels={label: function}):
                return iter(of_pods(self._objects, pods, container=container, lines=limit))
        raise Unknown(
            f"function {function!r} has no pod in namespace {self._namespace} now, and without pods there is no log "
            "here; what it wrote before is in the cluster's log store, if it has one"
        )
