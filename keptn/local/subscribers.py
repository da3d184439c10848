"""Where the Broker's and the clock's events go: functions, JobSinks, and anything that has a URL."""

from __future__ import annotations

from keptn.local import envelope, exchange
from keptn.local.delivery_spec import Destination
from keptn.local.envelope import Envelope
from keptn.local.exchange import Answer, Call
from keptn.local.host import Host
from keptn.local.jobs import Jobs

URL_TIMEOUT_S = 300.0


class LocalSubscribers:
    """Delivers in binary mode, asking for a reply."""

    def __init__(self, host: Host, jobs: Jobs) -> None:
        self._host, self._jobs = host, jobs
        self._http = exchange.client()

    async def deliver(self, destination: Destination, event: Envelope, *, timeout_s: float | None) -> Answer:
        """Raises KeptnError when there is no answer."""
        if destination.kind == "JobSink":
            self._jobs.start(destination.name, event)
            return Answer(status=202)
        headers, body = envelope.binary(event)
        call = Call(path=destination.path, headers={**headers, "prefer": "reply"}, body=body)
        if destination.kind == "Service":
            return await self._host.call(destination.name, call, timeout_s=timeout_s)
        limit_s = timeout_s or URL_TIMEOUT_S
        return await exchange.send(
            self._http, destination.url, Call(path="", headers=call.headers, body=body), timeout_s=limit_s
        )

    async def stop(self) -> None:
        await self._http.aclose()
