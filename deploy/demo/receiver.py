"""A partner's webhook endpoint, as small as one can be: it verifies, and keeps what it was told."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class Receiver:
    """Listens on a free port of the loopback address until closed."""

    def __init__(self) -> None:
        self.secret = ""
        self.told: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                self.send_response(204 if receiver.take(body, dict(self.headers)) else 400)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """The demo prints what matters itself."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/nopsa"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def take(self, body: bytes, headers: dict[str, str]) -> bool:
        """Keeps a message whose signature fits; whether it does."""
        names = {name.lower(): value for name, value in headers.items()}
        try:
            self.told.append(Webhook(self.secret).verify(body, names))
        except WebhookVerificationError:
            return False
        return True

    def first_about(self, referral_id: str, patience_seconds: float) -> dict[str, Any] | None:
        """The first message about a referral, once it has come; None if it does not in time."""
        deadline = time.monotonic() + patience_seconds
        while time.monotonic() < deadline:
            for message in self.told:
                if message["data"].get("id") == referral_id:
                    return message
            time.sleep(0.1)
        return None

    def close(self) -> None:
        """Stops listening."""
        self._server.shutdown()
        self._server.server_close()
