"""Debian's Dovecot as a private server on loopback: a real IMAP server to read mail from in tests.

::

    with Dovecot.start(folder, {"alice@demo.example": "secret"}) as mail:
        mail.imap_port; mail.deliver("alice@demo.example", raw)

Maildir storage, IMAP with STARTTLS on offer and over TLS; Sent and Drafts carry their special-use flags once
somebody has made them, as with a mail program's first sent mail. Works as root
(the mail belongs to ``mail``, the login processes to ``dovenull``) and as any other user (everything is theirs).
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Mapping
from mailbox import Maildir
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox import certificate

_PATIENCE = 15.0
_PLACES = ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot", "/opt/homebrew/sbin/dovecot")


_TOKENS = """
introspection_mode = auth
introspection_url = {url}
username_attribute = email
active_attribute = active
active_value = true
"""
_XOAUTH2 = """
auth_mechanisms = plain login xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {directory}/oauth2.conf
}}
"""


class DovecotMissing(Exception):
    """Dovecot is not installed; the text says how to get it."""


class DovecotFailed(Exception):
    """Dovecot did not start; the text holds its own words."""


class Dovecot:
    """A running server; made by ``start``."""

    def __init__(
        self,
        directory: Path,
        process: subprocess.Popen[bytes],
        ports: tuple[int, int],
        owner: pwd.struct_passwd,
        accounts: Mapping[str, str],
    ) -> None:
        self.directory = directory
        self.process = process
        self.accounts = accounts
        self.imap_port, self.imaps_port = ports
        self.certificate = directory / "certificate.pem"
        self._owner = owner

    @classmethod
    def start(
        cls, directory: Path, accounts: Mapping[str, str], *, sent: str = "Sent", tokeninfo_url: str = ""
    ) -> Self:
        """Start over ``directory`` with ``accounts`` (password by address) and wait until it greets.

        ``sent`` is what the folder of sent mail is called here. ``tokeninfo_url``: logins with XOAUTH2 are
        taken too, and that address is asked what a token opens (``sandbox.oauth``).
        Its sockets live there too: the path should be short (107 bytes with a socket's name).
        Raises DovecotMissing, DovecotFailed.
        """
        program = _program()
        directory = Path(directory).resolve()
        owner = pwd.getpwnam("mail") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        for name in ("run", "state", "mail", "home"):
            (directory / name).mkdir(parents=True, exist_ok=True)
        for name in ("mail", "home"):
            os.chown(directory / name, owner.pw_uid, owner.pw_gid)
        certificate.make(directory)
        (directory / "users").write_text(
            "".join(f"{address}:{{PLAIN}}{password}\n" for address, password in accounts.items())
        )
        # Readable by Dovecot's own unprivileged processes; passwords of made-up people only.
        (directory / "users").chmod(0o644)
        ports = _free_ports()
        file = directory / "dovecot.conf"
        configuration = _configuration(directory, ports, owner, sent)
        if tokeninfo_url:
            (directory / "oauth2.conf").write_text(_TOKENS.format(url=tokeninfo_url))
            (directory / "oauth2.conf").chmod(0o644)
            configuration += _XOAUTH2.format(directory=directory)
        file.write_text(configuration)
        log = directory / "dovecot.log"
        process = subprocess.Popen(  # noqa: S603 - the program found above
            [*_dying_with_us(), program, "-F", "-c", str(file)],
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        server = cls(directory, process, ports, owner, accounts)
        try:
            _wait_for_greeting(process, ports[0], log)
        except DovecotFailed:
            server.stop()
            raise
        return server

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop the server and all its processes."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def deliver(self, address: str, raw: bytes, folder: str = "INBOX") -> None:
        """Put a mail into a folder as a delivery agent does: written to ``tmp``, moved to ``new``."""
        root = self.directory / "mail" / address
        place = root if folder == "INBOX" else root / f".{folder.replace('/', '.')}"
        box = Maildir(str(place), create=True)
        written = Path(str(place), "new", box.add(raw))
        for path in (root, place, *(place / each for each in ("cur", "new", "tmp")), written):
            os.chown(path, self._owner.pw_uid, self._owner.pw_gid)


def _program() -> str:
    found = shutil.which("dovecot") or next((place for place in _PLACES if Path(place).exists()), None)
    if found is None:
        raise DovecotMissing("Dovecot is not installed; on Debian: apt-get install dovecot-imapd")
    return found


def _dying_with_us() -> list[str]:
    """A prefix that has the kernel stop the server when this process is killed, where there is such a thing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM"] if setpriv else []


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]


def _wait_for_greeting(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as line:
                if line.recv(64).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.02)
    words = log.read_text(errors="replace")[-2000:] if log.exists() else ""
    raise DovecotFailed(f"Dovecot did not start:\n{words}")


def _configuration(directory: Path, ports: tuple[int, int], owner: pwd.struct_passwd, sent: str) -> str:
    me = pwd.getpwuid(os.geteuid()).pw_name
    root = os.geteuid() == 0
    plain, tls = ports
    # Only root can change to other users or into an empty root directory.
    users = (
        "default_internal_user = dovecot\ndefault_login_user = dovenull\n"
        if root
        else f"default_internal_user = {me}\ndefault_login_user = {me}\n"
        f"default_internal_group = {_group_name()}\n"
    )
    chroot = "" if root else "  chroot =\n"
    return f"""
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
protocols = imap
listen = 127.0.0.1
{users}
ssl = yes
ssl_cert = <{directory}/certificate.pem
ssl_key = <{directory}/certificate.key
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
mail_fsync = never
mail_location = maildir:{directory}/mail/%u
mail_uid = {owner.pw_uid}
mail_gid = {owner.pw_gid}
first_valid_uid = 1
first_valid_gid = 0
mail_max_userip_connections = 200
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {directory}/users
}}
userdb {{
  driver = static
  args = uid={owner.pw_uid} gid={owner.pw_gid} home={directory}/home/%u
}}
service imap-login {{
{chroot}  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
service stats {{
{chroot}}}
service anvil {{
{chroot}  # Otherwise each wrong password makes the next login of this address wait longer.
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox "{sent}" {{
    special_use = \\Sent
  }}
  mailbox Drafts {{
    special_use = \\Drafts
  }}
}}
"""


def _group_name() -> str:
    return grp.getgrgid(os.getegid()).gr_name
