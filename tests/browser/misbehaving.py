"""A Beckon behind a bad line: it answers saves and token calls as the real one does, but for the mishaps it is told."""

from __future__ import annotations

import contextlib
import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

JSON, PROBLEM = "application/json", "application/problem+json"
RIGHTS = ["candidate:edit", "project:edit", "campaign:edit", "candidate:export"]


class Call(NamedTuple):
    """One request as it arrived."""

    path: str
    key: str
    body: bytes
    token: str


class MisbehavingBeckon:
    """``mishaps["saves"]`` and ``mishaps["refresh"]``: what happens to the next calls, in order, before all is well:

    ``lost``        the line is cut before anything is done
    ``cut after``   it is done, and the line is cut before the answer
    ``hang``, ``hang after``  nothing comes until :meth:`let_go`; done before in the second case
    ``500``, ``429``, ``portal``, ``elsewhere``  a failure, a wait of 7 s, somebody else's 200, a redirect
    ``duplicate``, ``refuse``  409 and 422, nothing is done
    """

    def __init__(self) -> None:
        self.mishaps: dict[str, deque[str]] = defaultdict(deque)
        self.calls: list[Call] = []
        self.done: list[Any] = []
        self.answers: dict[str, tuple[bytes, dict[str, Any]]] = {}
        self.made = 0
        self.access = self.refresh = self.before = ""
        self.unused = self.expired = self.revoked = False
        #: What other addresses answer: path without its query → body, or (status, body).
        self.replies: dict[str, Any] = {}
        self._lock = threading.RLock()
        self._held = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.up()

    @property
    def origin(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def up(self) -> None:
        """Listen, at the same port as before."""
        server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
        server.daemon_threads = True
        self.port = server.server_port
        self._server = server
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def down(self) -> None:
        """Nobody listens any more."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def let_go(self) -> None:
        """End all that hangs."""
        self._held.set()
        self._held = threading.Event()

    def tokens(self) -> dict[str, Any]:
        """New ones, as a pairing gives them."""
        with self._lock:
            self.made += 1
            self.access, self.refresh = f"bkx_{self.made}", f"refresh_{self.made}"
            self.unused, self.expired = True, False
            return {
                "access_token": self.access, "access_expires_in": 3600, "refresh_token": self.refresh,
                "browser_id": 1, "user": {"id": 7, "name": "Alice"},
                "organisation": {"id": 3, "name": "Voltra Search"}, "rights": RIGHTS,
            }  # fmt: skip

    def keys(self) -> list[str]:
        """The Idempotency-Key of each save that arrived."""
        return [call.key for call in self.calls if call.path.endswith("/saves/")]

    def count(self, end: str) -> int:
        """How many calls went to the address that ends so."""
        return sum(call.path.endswith(end) for call in self.calls)

    # ── what it does ─────────────────────────────────────────────────────────

    def answer(self, call: Call) -> tuple[int, Any]:
        """Status and body, as the real one's."""
        with self._lock:
            if call.path == "/api/v1/pairing/refresh/":
                return self._refreshed(json.loads(call.body)["refresh_token"])
            if call.path == "/api/v1/pairing/":
                if call.body and json.loads(call.body)["code"] != "GOODX-CODEX":
                    return 422, {"code": "pairing_code_refused", "detail": "This code is not good any more."}
                self.revoked = False
                return 201, self.tokens()
            refusal = self._unauthorised(call.token)
            if refusal:
                return refusal
            if call.path.endswith("/saves/"):
                return self._saved(call)
            reply = self.replies.get(call.path.partition("?")[0], {"ok": True})
            return reply if isinstance(reply, tuple) else (200, reply)

    def _unauthorised(self, token: str) -> tuple[int, dict[str, Any]] | None:
        if self.revoked:
            return 401, {"code": "pairing_ended", "detail": "No longer connected."}
        if token != self.access or self.expired:
            return 401, {"code": "token_expired", "detail": "Refresh it."}
        self.unused = False
        return None

    def _refreshed(self, token: str) -> tuple[int, dict[str, Any]]:
        if token == self.refresh or (token == self.before and self.unused):
            self.before = token
            return 200, self.tokens()
        self.revoked = True
        return 401, {"code": "pairing_ended", "detail": "No longer connected."}

    def _saved(self, call: Call) -> tuple[int, dict[str, Any]]:
        if call.key in self.answers:
            body, told = self.answers[call.key]
            return (201, told) if body == call.body else (422, {"code": "idempotency_key_reused"})
        self.done.append(json.loads(call.body))
        number = len(self.done)
        told = {
            "created": True, "done": [], "refused": [],
            "person": {"id": number, "name": f"Person {number}", "url": f"{self.origin}/people/{number}/"},
        } | self.replies.get("saved", {})  # fmt: skip
        self.answers[call.key] = (call.body, told)
        return 201, told

    def _handler(beckon) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            # A line for each request (HTTP/1.0): on one used before, the browser itself sends a lost request again.
            def do_POST(self) -> None:
                held = beckon._held
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                call = Call(self.path, self.headers.get("Idempotency-Key") or "", body, token)
                beckon.calls.append(call)
                kind = (
                    "saves" if self.path.endswith("/saves/") else "refresh" if "refresh" in self.path else ""
                )
                queue = beckon.mishaps[kind]
                mishap = queue.popleft() if queue else ""
                if mishap.startswith("hang") and not mishap.endswith("after"):
                    held.wait(20)
                if mishap in {"lost", "hang"}:
                    self.close_connection = True
                elif mishap in {"cut after", "hang after"}:
                    beckon.answer(call)
                    if mishap == "hang after":
                        held.wait(20)
                    self.close_connection = True
                elif mishap == "500":
                    self.tell(500, {"code": "server_error"})
                elif mishap == "429":
                    self.tell(429, {"code": "throttled"}, {"Retry-After": "7"})
                elif mishap == "portal":
                    self.tell(200, {"log": "in"}, kind="text/html")
                elif mishap == "elsewhere":
                    self.tell(307, {}, {"Location": f"{beckon.origin}/stolen/"})
                elif mishap == "refuse":
                    wrong = {"last_name": "Too long.", "tags": "Too many."}
                    self.tell(422, {"code": "invalid", "detail": "Some of it is not right.", "errors": wrong})
                elif mishap == "duplicate":
                    people = [{"candidate_id": 5, "reasons": ["email"], "certain": True}]
                    self.tell(
                        409,
                        {
                            "code": "possible_duplicate",
                            "detail": "Ida Hansen is known.",
                            "duplicates": people,
                        },
                    )
                else:
                    self.tell(*beckon.answer(call))

            def do_GET(self) -> None:
                self.do_POST()

            def do_PUT(self) -> None:
                self.do_POST()

            def do_DELETE(self) -> None:
                self.do_POST()

            def tell(
                self, status: int, body: Any, headers: dict[str, str] | None = None, kind: str = ""
            ) -> None:
                content = json.dumps(body).encode()
                with contextlib.suppress(OSError):  # the browser may be gone
                    self.send_response(status)
                    self.send_header("Content-Type", kind or (JSON if status < 400 else PROBLEM))
                    self.send_header("Content-Length", str(len(content)))
                    for name, value in (headers or {}).items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *words: Any) -> None:
                """Tests say what happened."""

        return Handler


@contextlib.contextmanager
def misbehaving_beckon() -> Iterator[MisbehavingBeckon]:
    """One that is gone afterwards."""
    beckon = MisbehavingBeckon()
    try:
        yield beckon
    finally:
        beckon.let_go()
        beckon.down()
