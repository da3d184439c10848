"""The Kubernetes API as kubectl reaches it: by the current context of KUBECONFIG, its certificates, tokens, plugins."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from keptn.adapters.kubernetes.api_server import ApiServer
from keptn.errors import Refused

if TYPE_CHECKING:
    import urllib3


class Kubeconfig(ApiServer):
    """The package `kubernetes` reads the file, and renews what it names."""

    def _url(self) -> str:
        return str(self._client.configuration.host)

    def _connections(self) -> urllib3.PoolManager:
        pool: urllib3.PoolManager = self._client.rest_client.pool_manager
        return pool

    def _credentials(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        self._client.update_params_for_auth(headers, [], ["BearerToken"])
        return headers

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - the library's
        from kubernetes import config
        from kubernetes.client import ApiClient, Configuration

        found = Configuration()
        found.retries = False
        try:
            config.load_kube_config(client_configuration=found)
        except config.ConfigException as exc:
            raise Refused(f"this is no pod of a cluster, and KUBECONFIG names none ({exc}); set KUBECONFIG") from exc
        return ApiClient(found)
