#!/usr/bin/env python3
"""In front of fake-gcs-server, which takes writes in Google's JSON API alone: turns PUT and
DELETE of the XML API, which the client sends, into the same request of the other. Conditions
are handed on and judged by the server; what it answers comes back as the XML API has it.

usage: gcs_front.py PORT SERVER_PORT
"""

import http.client
import http.server
import json
import socketserver
import sys
import urllib.parse
import uuid

SERVER = ("127.0.0.1", int(sys.argv[2]))


class Front(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def ask(self, method, path, body=None, headers=()):
        connection = http.client.HTTPConnection(*SERVER, timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def answer(self, status, headers, body):
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def condition(self, first):
        wanted = self.headers.get("x-goog-if-generation-match")
        return f"{first}ifGenerationMatch={wanted}" if wanted is not None else ""

    def place(self):
        path = urllib.parse.urlsplit(self.path).path
        bucket, _, name = urllib.parse.unquote(path).lstrip("/").partition("/")
        return bucket, urllib.parse.quote(name, safe="")

    def do_PUT(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        bucket, name = self.place()
        # Of its kinds of upload this one obeys conditions.
        path = f"/upload/storage/v1/b/{bucket}/o?uploadType=multipart{self.condition('&')}"
        mark = uuid.uuid4().hex.encode()
        about = json.dumps({"name": urllib.parse.unquote(name)}).encode()
        kind = b"Content-Type: application/octet-stream\r\n\r\n"
        parts = [b"Content-Type: application/json\r\n\r\n" + about, kind + body]
        sent = b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + mark + b"--\r\n"
        headers = {"Content-Type": f"multipart/related; boundary={mark.decode()}"}
        status, _, said = self.ask("POST", path, sent, headers)
        if status != 200:
            return self.answer(status, [], said)
        stored = json.loads(said)
        self.answer(200, [("ETag", f'"{stored["etag"].strip(chr(34))}"'), ("x-goog-generation", str(stored["generation"]))], b"")

    def do_DELETE(self):
        bucket, name = self.place()
        status, _, said = self.ask("DELETE", f"/storage/v1/b/{bucket}/o/{name}{self.condition('?')}")
        self.answer(204 if status == 200 else status, [], b"" if status == 200 else said)

    def do_GET(self):
        headers = [(name, value) for name, value in self.headers.items() if name.lower() != "host"]
        self.answer(*self.ask(self.command, self.path, None, headers))

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 64


Server(("127.0.0.1", int(sys.argv[1])), Front).serve_forever()
