"""Git's own smart HTTP server (`git http-backend`) on loopback, for the folder it is given.

`locked*` needs a token; `moved-*` is a redirect to what follows.
"""

from __future__ import annotations

import base64
import os
import subprocess
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from tests.contract.connections import CountingServer

NOT_OURS = b"0021ERR upload-pack: not our ref\n"


class GitHandler(BaseHTTPRequestHandler):
    """Runs the CGI program for each request.

    user keptn.
    keptn.
    """

    folder: Path
    refused: set[str]
    requests: list[tuple[str, str]]
    token = "right-token"
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path, _, query = self.path.partition("?")
        if path.startswith("/locked") and self.headers.get("Authorization") != self._login():
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if path.startswith("/moved-"):
            self.send_response(301)
            self.send_header(
                "Location", f"http://keptn:hush@{self.headers['Host']}/{self.path.removeprefix('/moved-')}"
            )
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = self._body()
        self.requests.append((self.command, path))
        if any(f"want {commit}".encode() in body for commit in self.refused):
            self._answer(b"Content-Type: application/x-git-upload-pack-result\r\n\r\n" + NOT_OURS)
            return
        done = subprocess.run(
            ["git", "http-backend"],
            check=False,  # it answers with the error, and exits with 1
            input=body,
            env=self._environment(path, query),
            capture_output=True,
        )
        self._answer(done.stdout)

    do_POST = do_GET  # noqa: N815 - BaseHTTPRequestHandler's name

    def _login(self):
        return "Basic " + base64.b64encode(f"keptn:{self.token}".encode()).decode()

    def _environment(self, path, query):
        return {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }

    def _body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body
        return self.rfile.read(int(self.headers.get("Content-Length", "0")))

    def _answer(self, output):
        head, _, body = output.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        """Tests are quiet."""


def serve(folder):
    return CountingServer(type("Handler", (GitHandler,), {"folder": folder, "refused": set(), "requests": []}))
