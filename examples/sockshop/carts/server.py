"""carts, a service of the sockshop: HTTP around `shop.py`, which differs by version. Standard library only.

GET /health, GET /carts/<id>, POST /orders {"cart": id}, GET /metrics. Every answer names its version in
X-Carts-Version. On SIGTERM it answers what it has begun and ends.
"""

import json
import os
import signal
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import shop

GRACE_S = 5.0
BUCKETS_MS = (40, 50, 55, 60, 70, 85, 100, 110, 125, 150, 200, 300, 500, 1000)


class Carts(ThreadingHTTPServer):
    daemon_threads = True  # idle keep-alive connections must not keep the process alive
    request_queue_size = 128

    def __init__(self, host, port):
        super().__init__((host, port), Handler)
        self.metrics = Metrics()
        self.under_way = 0
        self.changed = threading.Condition()

    def enter(self, step):
        with self.changed:
            self.under_way += step
            self.changed.notify_all()

    def finish(self):
        with self.changed:
            self.changed.wait_for(lambda: not self.under_way, GRACE_S)


class Metrics:
    """Requests of users, as Prometheus reads them (text format 0.0.4), in the names of prometheus-service."""

    def __init__(self):
        self.lock, self.requests, self.taken_ms, self.sum_ms = threading.Lock(), Counter(), Counter(), 0.0
        for path, status in (("/carts", 200), ("/orders", 201), ("/orders", 500)):
            self.requests[path, status] = 0  # a counter that begins above zero has no increase

    def count(self, path, status, took_ms):
        with self.lock:
            self.requests[path, status] += 1
            self.sum_ms += took_ms
            for limit in (*BUCKETS_MS, "+Inf"):
                self.taken_ms[limit] += limit == "+Inf" or took_ms <= limit

    def text(self):
        name, lines = "http_response_time_milliseconds", ["# TYPE http_requests_total counter"]
        with self.lock:
            for (path, status), count in self.requests.items():
                lines.append(f'http_requests_total{{path="{path}",status="{status}"}} {count}')
            lines.append(f"# TYPE {name} histogram")
            lines += [f'{name}_bucket{{le="{limit}"}} {self.taken_ms[limit]}' for limit in (*BUCKETS_MS, "+Inf")]
            lines += [f"{name}_sum {self.sum_ms}", f"{name}_count {self.taken_ms['+Inf']}"]
        return "\n".join(lines) + "\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet per answer

    def do_GET(self):
        if self.path == "/metrics":
            self.send(200, self.server.metrics.text().encode(), kind="text/plain; version=0.0.4")
        else:
            self.answer_with(self.get)

    def do_POST(self):
        self.answer_with(self.post)

    def get(self):
        if self.path == "/health":
            return 200, {"status": "ok"}
        if self.path.startswith("/carts/"):
            return 200, shop.cart(self.path.removeprefix("/carts/"), os.environ.get("CURRENCY", "EUR"))
        return 404, {"error": f"there is nothing at {self.path}"}

    def post(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path != "/orders":
            return 404, {"error": f"there is nothing at {self.path}"}
        try:
            cart = json.loads(body or b"{}").get("cart")
        except (ValueError, AttributeError):
            return 400, {"error": "an order is a JSON object"}
        if not cart:
            return 400, {"error": "an order needs a cart"}
        return 201, shop.order(cart)

    def answer_with(self, handle):
        self.server.enter(1)
        begin = time.monotonic()
        try:
            try:
                status, body = handle()
            except Exception as exc:
                status, body = 500, {"error": str(exc)}
                print(f"{self.command} {self.path}: {exc}", flush=True)
            self.send(status, json.dumps(body).encode())
            if (path := "/" + self.path.split("/")[1]) in ("/carts", "/orders"):
                self.server.metrics.count(path, status, (time.monotonic() - begin) * 1000)
        finally:
            self.server.enter(-1)

    def send(self, status, body, kind="application/json"):
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("x-carts-version", shop.VERSION)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


def main():
    server = Carts(os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"]))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"carts {shop.VERSION} listens on {server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.05)
    server.finish()


if __name__ == "__main__":
    main()
