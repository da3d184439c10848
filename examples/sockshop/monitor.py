"""A small monitor beside keptn: watches the conversion of one service in Envoy's access log and raises an alert.

    MONITOR_TOKEN=… python monitor.py --log …/access.log --project sockshop --stage prod --service carts \
        --url http://127.0.0.1:8080/functions/receive-problem

Conversion is the share of orders, of those that users tried in the last seconds, that were confirmed. The alert is an
Alertmanager webhook (version 4), posted until it was accepted, and again as resolved when conversion has recovered.
Standard library only.
"""

import argparse
import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

WINDOW_S = 2.0
LEAST_ORDERS = 15
"""Fewer orders in the window say nothing."""
LEAST_CONVERSION = 0.7
LOOK_EVERY_S = 0.25


def main():
    arguments = _arguments()
    orders = deque()
    firing_since = ""
    for lines in _new_lines(arguments.log):
        orders.extend(order for line in lines if (order := _order(line, arguments)))
        _forget(orders, older_than=time.time() - WINDOW_S)
        broken = _is_broken(orders, already=bool(firing_since))
        if broken and not firing_since:
            since = min(at for at, confirmed in orders if not confirmed)
            started = datetime.fromtimestamp(since, UTC).isoformat()
            firing_since = started if _post(arguments, "firing", started, orders) else ""
        elif firing_since and broken is False and _post(arguments, "resolved", firing_since, orders):
            firing_since = ""


def _arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--log", type=Path, required=True)
    for name in ("project", "stage", "service", "url"):
        parser.add_argument(f"--{name}", required=True)
    return parser.parse_args()


def _new_lines(log):
    """Whole lines as they are written, from the file's end on, until who started this is gone.

    A file that does not exist yet is waited for. One that is set aside is read to its end, then its successor from its
    beginning.
    """
    starter, stream, rest = os.getppid(), None, b""
    while os.getppid() == starter:
        time.sleep(LOOK_EVERY_S)
        current = log.exists() and log.stat().st_ino
        if stream is None and current:
            stream = log.open("rb")
            stream.seek(0, os.SEEK_END)
        if stream is None:
            continue
        *lines, rest = (rest + stream.read()).split(b"\n")
        yield lines
        if current and current != os.fstat(stream.fileno()).st_ino and not lines:
            stream.close()
            stream, rest = log.open("rb"), b""


def _order(line, arguments):
    """When it was tried and whether it was confirmed; None for any other request, and for copies of shadow traffic."""
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    wanted = {"project": arguments.project, "stage": arguments.stage, "service": arguments.service}
    wanted |= {"route": "public", "method": "POST", "path": "/orders"}
    if any(entry.get(key) != value for key, value in wanted.items()):
        return None
    return datetime.fromisoformat(entry["time"]).timestamp(), int(entry["status"] or 0) < 400


def _forget(orders, *, older_than):
    while orders and orders[0][0] < older_than:
        orders.popleft()


def _is_broken(orders, *, already):
    """None while there is too little traffic to tell."""
    if len(orders) < LEAST_ORDERS:
        return None
    return _conversion(orders) < (1.0 if already else LEAST_CONVERSION)


def _conversion(orders):
    return sum(confirmed for _, confirmed in orders) / len(orders)


def _post(arguments, status, started, orders):
    request = urllib.request.Request(
        arguments.url,
        data=json.dumps(_alert(arguments, status, started, orders)).encode(),
        headers={"content-type": "application/json", "authorization": f"Bearer {os.environ['MONITOR_TOKEN']}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            print(f"{status}: {answer.status} {answer.read().decode()}", flush=True)
            return True
    except (urllib.error.URLError, OSError) as exc:
        print(f"{status}: {exc}; trying again", file=sys.stderr, flush=True)
        return False


def _alert(arguments, status, started, orders):
    """Source: Alertmanager, webhook_config, version 4."""
    labels = {
        "alertname": "ConversionRateDropped",
        "severity": "critical",
        "project": arguments.project,
        "stage": arguments.stage,
        "service": arguments.service,
    }
    summary = f"{_conversion(orders):.0%} of {len(orders)} orders were confirmed in the last {WINDOW_S:g} s"
    alert = {
        "status": status,
        "labels": labels,
        "annotations": {"summary": summary},
        "startsAt": started,
        "endsAt": datetime.now(UTC).isoformat() if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "",
        "fingerprint": f"conversion-{arguments.project}-{arguments.stage}-{arguments.service}",
    }
    return {
        "version": "4",
        "receiver": "keptn",
        "status": status,
        "groupKey": f'{{}}:{{alertname="{labels["alertname"]}"}}',
        "truncatedAlerts": 0,
        "groupLabels": {"alertname": labels["alertname"]},
        "commonLabels": labels,
        "commonAnnotations": alert["annotations"],
        "externalURL": "",
        "alerts": [alert],
    }


if __name__ == "__main__":
    main()
