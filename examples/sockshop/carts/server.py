"""carts, a service of the sockshop: HTTP around `shop.py`, which differs by version. Standard library only.

GET /health, GET /carts/<id>, POST /orders {"cart": id}. Every answer names its version in X-Carts-Version. On SIGTERM
it answers what it has begun and ends.
"""

import json
import os
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import shop

GRACE_S = 5.0


class Carts(ThreadingHTTPServer):
    daemon_threads = True  # idle keep-alive connections must not keep the process alive
    request_queue_size = 128

    def __init__(self, port):
        super().__init__(("127.0.0.1", port), Handler)
        self.under_way = 0
        self.changed = threading.Condition()

    def enter(self, step):
        with self.changed:
            self.under_way += step
            self.changed.notify_all()

    def finish(self):
        with self.changed:
            self.changed.wait_for(lambda: not self.under_way, GRACE_S)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one packet per answer

    def do_GET(self):
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
        try:
            try:
                status, body = handle()
            except Exception as exc:
                status, body = 500, {"error": str(exc)}
                print(f"{self.command} {self.path}: {exc}", flush=True)
            self.send(status, json.dumps(body).encode())
        finally:
            self.server.enter(-1)

    def send(self, status, body):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.send_header("x-carts-version", shop.VERSION)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, *_):
        pass


def main():
    server = Carts(int(os.environ["PORT"]))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"carts {shop.VERSION} listens on {server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.05)
    server.finish()


if __name__ == "__main__":
    main()
