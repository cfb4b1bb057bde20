"""A real Dovecot for tests, as the user who runs them, and a line to it that can be cut or held."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import imap_tools

PASSWORD = "right"
_BINARY = shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
WANTED = _BINARY is not None or os.environ.get("CI") == "true"
MISSING = "needs dovecot (apt-get install dovecot-imapd)"

_CONFIG = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_failure_delay = 0
mail_fsync = never
default_internal_user = {internal}
default_internal_group = {group}
default_login_user = {login}
mail_location = maildir:{dir}/mail/%u
first_valid_uid = 1
mail_uid = {uid}
mail_gid = {gid}
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}/home/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Verschicktes {{
    special_use = \\Sent
    auto = no
  }}
  mailbox Drafts {{
    special_use = \\Drafts
    auto = no
  }}
}}
"""


@dataclass
class Dovecot:
    """One running server; every user name is an empty mailbox with :data:`PASSWORD`."""

    port: int
    directory: Path

    @contextmanager
    def box(self, user: str) -> Iterator[imap_tools.BaseMailBox]:
        """The user's own mail program."""
        box = imap_tools.MailBoxUnencrypted("127.0.0.1", self.port).login(user, PASSWORD)
        try:
            yield box
        finally:
            box.logout()

    def put(self, user: str, raw: bytes, *, folder: str = "INBOX", at: datetime) -> None:
        """A mail that arrives in a folder at a moment; the folder is made if it is not there."""
        with self.box(user) as box:
            if folder != "INBOX" and not box.folder.exists(folder):
                box.folder.create(folder)
            box.append(raw, folder, dt=at)


@contextmanager
def dovecot(directory: Path) -> Iterator[Dovecot]:
    """Start it in ``directory``, stop it at the end."""
    assert _BINARY is not None, MISSING
    for name in ("run", "state", "mail", "home"):
        (directory / name).mkdir(mode=0o777)
        (directory / name).chmod(0o777)
    for parent in (directory, *directory.parents):
        if parent.owner() == pwd.getpwuid(os.getuid()).pw_name and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    root = os.getuid() == 0
    me = pwd.getpwuid(os.getuid())
    mail = pwd.getpwnam("mail") if root else me
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = directory / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            dir=directory,
            port=port,
            password=PASSWORD,
            internal="dovecot" if root else me.pw_name,
            group="dovecot" if root else me.pw_gid,
            login="dovenull" if root else me.pw_name,
            uid=mail.pw_uid,
            gid=mail.pw_gid,
        )
    )
    process = subprocess.Popen(
        [_BINARY, "-F", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(port, process, directory / "dovecot.log")
        yield Dovecot(port, directory)
    finally:
        process.terminate()
        process.wait(10)


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 15
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as line:
            if line.recv(4):
                return
        time.sleep(0.05)
    raise RuntimeError(f"dovecot did not start: {log.read_text() if log.exists() else ''}")


@dataclass
class Line:
    """A relay to a server; ``cut_after`` bytes from the server the line is cut, ``hold`` lets nothing through."""

    server: int
    cut_after: int | None = None
    hold: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    #: What the clients said, all together.
    said: bytearray = field(default_factory=bytearray)
    #: Set when this much came from the server.
    port: int = 0

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            upstream = socket.create_connection(("127.0.0.1", self.server))
            threading.Thread(target=self._up, args=(client, upstream), daemon=True).start()
            threading.Thread(target=self._down, args=(upstream, client), daemon=True).start()

    def _up(self, client: socket.socket, upstream: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65_536):
                self.said += data
                upstream.sendall(data)
        _close(client, upstream)

    def _down(self, upstream: socket.socket, client: socket.socket) -> None:
        passed = 0
        with suppress(OSError):
            while data := upstream.recv(4096):
                while self.hold.is_set():
                    time.sleep(0.01)
                passed += len(data)
                if self.cut_after is not None and passed > self.cut_after:
                    client.sendall(data[: max(0, len(data) - (passed - self.cut_after))])
                    break
                client.sendall(data)
        _close(client, upstream)


def _close(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()


@contextmanager
def line_to(server: int) -> Iterator[Line]:
    """A relay on a port of its own."""
    line = Line(server)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line.port = listener.getsockname()[1]
        thread = threading.Thread(target=line._serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield line
        finally:
            line.hold.clear()
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)
