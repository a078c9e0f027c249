"""The weather service: one address, and a bearer key.

Prints its URL on the first line of stdout and serves until it is stopped, or, with
--until-stdin-closes, until its parent has gone.
"""

import argparse
import hmac
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Dict, Optional
from urllib.parse import parse_qs, urlsplit

DEFAULT_PORT = 8765
DEFAULT_KEY = "first=demo-key-not-a-secret"
SCHEME = "Bearer "


class Handler(BaseHTTPRequestHandler):
    """Answers GET /forecast?city=NAME."""

    keys: Dict[str, str] = {}

    def do_GET(self) -> None:
        key_name = self.key_name()
        if key_name is None:
            self.answer(401, {"error": "an Authorization: Bearer header with a valid key is needed"})
            return
        address = urlsplit(self.path)
        if address.path != "/forecast":
            self.answer(404, {"error": "there is only /forecast"})
            return
        city = parse_qs(address.query).get("city", ["Lisbon"])[0]
        forecast = {"city": city, "summary": "sunny", "celsius": 21, "key": key_name}
        self.answer(200, forecast)

    def key_name(self) -> Optional[str]:
        """The name of the key that the request carries; every key is compared, in constant time."""
        header = self.headers.get("Authorization", "")
        if not header.startswith(SCHEME):
            return None
        given = header[len(SCHEME) :].encode()
        matching = [
            name for name, key in self.keys.items() if hmac.compare_digest(key.encode(), given)
        ]
        return matching[0] if matching else None

    def answer(self, status: int, content: Dict[str, object]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Requests are not logged: a header would be one slip away."""


def main() -> None:
    parser = argparse.ArgumentParser(description="The weather service of the example.")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT, help="0 takes a free one")
    parser.add_argument("--key", action="append", metavar="NAME=KEY", help="a key to accept")
    parser.add_argument("--until-stdin-closes", action="store_true", help="stop with the parent")
    arguments = parser.parse_args()

    for pair in arguments.key or [DEFAULT_KEY]:
        name, _, key = pair.partition("=")
        if not key:
            parser.error(f"--key {name}: expected NAME=KEY")
        Handler.keys[name] = key
    server = ThreadingHTTPServer(("127.0.0.1", arguments.port), Handler)
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    if arguments.until_stdin_closes:
        threading.Thread(target=stop_when_stdin_closes, daemon=True).start()
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


def stop_when_stdin_closes() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
