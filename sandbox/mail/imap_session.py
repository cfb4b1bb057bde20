"""IMAP commands outside a folder: login, folders by name, APPEND; and where every command goes."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.mail.imap_folder import FolderCommands, flag_name
from sandbox.mail.imap_syntax import BadCommand, encoded_folder_name, folder_name, list_pattern, quoted, text
from sandbox.mail.imap_view import Arguments, Refused
from sandbox.mail.store import FolderExists, MailStore, NoSuchFolder
from sandbox.mail.xoauth2 import REFUSED, bearer_of
from sandbox.switches import Switches

if TYPE_CHECKING:
    from sandbox.mail.imap_server import Connection

_BEFORE_LOGIN = ("CAPABILITY", "NOOP", "LOGOUT", "ID", "LOGIN", "AUTHENTICATE", "STARTTLS")
_NEEDS_FOLDER = ("CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID")
_BY_UID = ("SEARCH", "FETCH", "STORE", "COPY", "MOVE", "EXPUNGE")
# RFC 3501 §7.4.1: an EXPUNGE answer must not come while these run, they speak in sequence numbers.
_KEEP_NUMBERS = ("SEARCH", "FETCH", "STORE")
_LOGIN_FAILED = "NO [AUTHENTICATIONFAILED] Invalid user name or password"


class Session(FolderCommands):
    """One client: knows passwords, lets in, lists and makes folders, and sends each command to its place."""

    def __init__(
        self,
        line: Connection,
        store: MailStore,
        switches: Switches,
        passwords: Mapping[str, str],
        opens: Callable[[str], str],
    ) -> None:
        super().__init__(line, store, switches)
        self._passwords = passwords
        self._opens = opens
        self._tag = ""

    def capabilities(self) -> str:
        """What the server offers in its present state."""
        words = [
            "IMAP4rev1",
            "LITERAL+",
            "SASL-IR",
            "ID",
            "IDLE",
            "UIDPLUS",
            "MOVE",
            "UNSELECT",
            "AUTH=PLAIN",
            "AUTH=XOAUTH2",
        ]
        return " ".join([*words, "STARTTLS"] if self._line.starttls else words)

    async def handle(self, tag: str, command: str, arguments: Arguments) -> None:
        """Answer one command."""
        self._tag = tag
        if command == "UID":
            self._need_folder("UID")
            if not arguments or text(arguments[0]).upper() not in _BY_UID:
                raise BadCommand("UID is followed by SEARCH, FETCH, STORE, COPY, MOVE or EXPUNGE")
            command, arguments, by_uid = text(arguments[0]).upper(), arguments[1:], True
        else:
            by_uid = False
        handler = getattr(self, f"_do_{command.lower()}", None)
        if handler is None:
            raise BadCommand(f"command {command} is not known here")
        if not self._account and command not in _BEFORE_LOGIN:
            raise BadCommand(f"{command} needs a login")
        if command in _NEEDS_FOLDER:
            self._need_folder(command)
        try:
            done = await (handler(arguments, by_uid=by_uid) if command in _BY_UID else handler(arguments))
        except Refused as problem:
            done = f"NO {problem}"
        except NoSuchFolder as problem:
            done = f"NO [NONEXISTENT] there is no folder called {problem}"
        if not self.ended:
            self._tell_changes(expunged=by_uid or command not in _KEEP_NUMBERS)
        if done:
            self._line.send(f"{tag} {done}")

    # --- any state -----------------------------------------------------------------------------------------

    async def _do_capability(self, _arguments: Arguments) -> str:
        self._line.send(f"* CAPABILITY {self.capabilities()}")
        return "OK CAPABILITY completed"

    async def _do_noop(self, _arguments: Arguments) -> str:
        return "OK NOOP completed"

    async def _do_id(self, _arguments: Arguments) -> str:
        self._line.send('* ID ("name" "Beckon sandbox")')
        return "OK ID completed"

    async def _do_logout(self, _arguments: Arguments) -> str:
        self._line.send("* BYE see you")
        self.ended = True
        return "OK LOGOUT completed"

    # --- login ---------------------------------------------------------------------------------------------

    async def _do_starttls(self, _arguments: Arguments) -> str:
        context = self._line.starttls
        if context is None:
            raise BadCommand("STARTTLS is not available")
        self._line.send(f"{self._tag} OK begin TLS now")
        await self._line.flush()
        await self._line.start_tls(context)
        return ""

    async def _do_login(self, arguments: Arguments) -> str:
        if len(arguments) != 2:
            raise BadCommand("LOGIN takes a user name and a password")
        return self._log_in(text(arguments[0]), text(arguments[1]))

    async def _do_authenticate(self, arguments: Arguments) -> str:
        mechanism = text(arguments[0]).upper() if arguments else ""
        if mechanism not in {"PLAIN", "XOAUTH2"}:
            return "NO [CANNOT] only PLAIN and XOAUTH2 are supported"
        if len(arguments) > 1:
            encoded = text(arguments[1]).encode()
        else:
            self._line.send("+ ")
            await self._line.flush()
            encoded = await self._line.line()
        if encoded == b"*":
            raise BadCommand("authentication was given up")
        if mechanism == "XOAUTH2":
            return await self._log_in_with_token(encoded)
        try:
            _, user, password = base64.b64decode(encoded, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            raise BadCommand("that is not a PLAIN answer") from None
        return self._log_in(user, password)

    async def _log_in_with_token(self, encoded: bytes) -> str:
        """A refusal is a challenge with the reason first; the client answers it with an empty line."""
        user, token = bearer_of(encoded)
        if user and self._opens(token) == user and not self._switches.imap_refuse_logins:
            self._account = user
            return f"OK [CAPABILITY {self.capabilities()}] logged in"
        self._line.send(f"+ {base64.b64encode(REFUSED.encode()).decode()}")
        await self._line.flush()
        await self._line.line()
        if self._switches.imap_refuse_logins:
            return "NO [UNAVAILABLE] logins are refused at the moment"
        return _LOGIN_FAILED

    def _log_in(self, user: str, password: str) -> str:
        account = user.strip().lower()
        known = self._passwords.get(account, "")
        if self._account:
            raise BadCommand("already logged in")
        if self._switches.imap_refuse_logins:
            return "NO [UNAVAILABLE] logins are refused at the moment"
        if not known or not hmac.compare_digest(known.encode(), password.encode()):
            return _LOGIN_FAILED
        self._account = account
        return f"OK [CAPABILITY {self.capabilities()}] logged in"

    # --- folders -------------------------------------------------------------------------------------------

    async def _do_namespace(self, _arguments: Arguments) -> str:
        self._line.send('* NAMESPACE (("" "/")) NIL NIL')
        return "OK NAMESPACE completed"

    async def _do_list(self, arguments: Arguments, *, word: str = "LIST") -> str:
        if len(arguments) < 2:
            raise BadCommand(f"{word} takes a reference and a pattern")
        wanted = folder_name(arguments[0]) + folder_name(arguments[1])
        if not wanted:
            self._line.send(f'* {word} (\\Noselect) "/" ""')
        pattern = list_pattern(wanted)
        for name in self._store.folders(self._account):
            if wanted and pattern.fullmatch(name):
                self._line.send(f'* {word} (\\HasNoChildren) "/" {quoted(encoded_folder_name(name))}')
        return f"OK {word} completed"

    async def _do_lsub(self, arguments: Arguments) -> str:
        return await self._do_list(arguments, word="LSUB")

    async def _do_subscribe(self, arguments: Arguments) -> str:
        self._named(arguments)
        return "OK SUBSCRIBE completed"

    async def _do_unsubscribe(self, _arguments: Arguments) -> str:
        raise Refused("every folder is subscribed here")

    async def _do_create(self, arguments: Arguments) -> str:
        name = folder_name(arguments[0]) if arguments else ""
        if not name.strip("/"):
            raise BadCommand("CREATE takes a folder name")
        try:
            self._store.create_folder(self._account, name.rstrip("/"))
        except FolderExists:
            raise Refused("[ALREADYEXISTS] there is such a folder already") from None
        return "OK CREATE completed"

    async def _do_delete(self, arguments: Arguments) -> str:
        folder = self._named(arguments)
        if folder.name == "INBOX":
            raise Refused("[CANNOT] INBOX stays")
        self._store.delete_folder(self._account, folder.name)
        return "OK DELETE completed"

    async def _do_status(self, arguments: Arguments) -> str:
        folder = self._named(arguments)
        if len(arguments) < 2 or not isinstance(arguments[1], list):
            raise BadCommand("STATUS takes a folder and a list of items")
        unseen = sum(r"\Seen" not in message.flags for message in folder.messages.values())
        known = {
            "MESSAGES": len(folder.messages),
            "RECENT": 0,
            "UIDNEXT": folder.uid_next,
            "UIDVALIDITY": folder.uid_validity,
            "UNSEEN": unseen,
        }
        asked = [text(item).upper() for item in arguments[1]]
        if unknown := set(asked) - set(known):
            raise BadCommand(f"STATUS {', '.join(sorted(unknown))} is not supported by the sandbox")
        values = " ".join(f"{name} {known[name]}" for name in asked)
        self._line.send(f"* STATUS {quoted(encoded_folder_name(folder.name))} ({values})")
        return "OK STATUS completed"

    async def _do_append(self, arguments: Arguments) -> str:
        if len(arguments) < 2 or not isinstance(arguments[-1], bytes):
            raise BadCommand("APPEND takes a folder, optional flags and date, and a literal")
        try:
            folder = self._named(arguments)
        except NoSuchFolder:
            raise Refused("[TRYCREATE] there is no such folder") from None
        flags: list[str] = []
        received = None
        for extra in arguments[1:-1]:
            if isinstance(extra, list):
                flags = [flag_name(item) for item in extra]
            else:
                received = _date_time(text(extra))
        # Mail has CRLF line ends; a client that appends bare LF is repaired, as servers do.
        raw = re.sub(rb"\r?\n", b"\r\n", arguments[-1])
        message = self._store.append(self._account, folder.name, raw, flags=flags, received=received)
        return f"OK [APPENDUID {folder.uid_validity} {message.uid}] APPEND completed"


def _date_time(word: str) -> float:
    try:
        return datetime.strptime(word.strip(), "%d-%b-%Y %H:%M:%S %z").timestamp()
    except ValueError:
        raise BadCommand(f"{word!r} is not a date") from None
