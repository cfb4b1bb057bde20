"""What IMAP commands do: one client's login, its selected folder, and what it has been told of that folder."""

from __future__ import annotations

import asyncio
import base64
import binascii
import functools
import hmac
import itertools
import re
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from sandbox.mail.imap_fetch import Fetch
from sandbox.mail.imap_search import Criteria, Subject
from sandbox.mail.imap_syntax import (
    BadCommand,
    Word,
    encoded_folder_name,
    folder_name,
    in_set,
    list_pattern,
    quoted,
    text,
)
from sandbox.mail.store import Folder, FolderExists, MailStore, Message, NoSuchFolder
from sandbox.switches import Switches

if TYPE_CHECKING:
    from sandbox.mail.imap_server import Connection

Arguments = list[Word | bytes | list]
_FLAGS = r"(\Answered \Deleted \Draft \Flagged \Seen)"
_SYSTEM_FLAGS = {flag.lower(): flag for flag in _FLAGS.strip("()").split()}
_BEFORE_LOGIN = ("CAPABILITY", "NOOP", "LOGOUT", "ID", "LOGIN", "AUTHENTICATE", "STARTTLS")
_NEEDS_FOLDER = ("CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "FETCH", "STORE", "COPY", "MOVE", "UID")
_BY_UID = ("SEARCH", "FETCH", "STORE", "COPY", "MOVE", "EXPUNGE")
# RFC 3501 §7.4.1: an EXPUNGE answer must not come while these run, they speak in sequence numbers.
_KEEP_NUMBERS = ("SEARCH", "FETCH", "STORE")
_LOGIN_FAILED = "NO [AUTHENTICATIONFAILED] Invalid user name or password"
_FETCH_BATCH = 64


class Refused(Exception):
    """A command that was understood but cannot be done; the text is the answer's."""


class Session:
    """One client. ``ended`` tells the connection to close."""

    def __init__(
        self, line: Connection, store: MailStore, switches: Switches, passwords: Mapping[str, str]
    ) -> None:
        self._line = line
        self._store = store
        self._switches = switches
        self._passwords = passwords
        self._account = ""
        self._tag = ""
        self._folder: Folder | None = None
        self._read_only = True
        self._uids: list[int] = []  # what the client was told: sequence number n is _uids[n - 1]
        self._news = asyncio.Event()
        self.ended = False

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
        ]
        return " ".join([*words, "STARTTLS"] if self._line.starttls else words)

    def unselect(self) -> None:
        """Forget the selected folder."""
        if self._folder is not None:
            self._folder.watchers.discard(self._told)
        self._folder = None

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
        if not arguments or text(arguments[0]).upper() != "PLAIN":
            return "NO [CANNOT] only PLAIN is supported"
        if len(arguments) > 1:
            encoded = text(arguments[1]).encode()
        else:
            self._line.send("+ ")
            await self._line.flush()
            encoded = await self._line.line()
        if encoded == b"*":
            raise BadCommand("authentication was given up")
        try:
            _, user, password = base64.b64decode(encoded, validate=True).decode().split("\0")
        except (binascii.Error, ValueError):
            raise BadCommand("that is not a PLAIN answer") from None
        return self._log_in(user, password)

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
                flags = [_flag(item) for item in extra]
            else:
                received = _date_time(text(extra))
        # Mail has CRLF line ends; a client that appends bare LF is repaired, as servers do.
        raw = re.sub(rb"\r?\n", b"\r\n", arguments[-1])
        message = self._store.append(self._account, folder.name, raw, flags=flags, received=received)
        return f"OK [APPENDUID {folder.uid_validity} {message.uid}] APPEND completed"

    async def _do_select(self, arguments: Arguments, *, read_only: bool = False) -> str:
        self.unselect()
        folder = self._named(arguments)
        self._folder, self._read_only = folder, read_only
        folder.watchers.add(self._told)
        self._news.clear()
        self._uids = list(folder.messages)
        unseen = next(
            (n for n, uid in enumerate(self._uids, 1) if r"\Seen" not in folder.messages[uid].flags), 0
        )
        self._line.send(f"* FLAGS {_FLAGS}")
        self._line.send(
            f"* OK [PERMANENTFLAGS {'()' if read_only else _FLAGS[:-1] + ' ' + chr(92) + '*)'}] limited"
        )
        self._line.send(f"* {len(self._uids)} EXISTS")
        self._line.send("* 0 RECENT")
        if unseen:
            self._line.send(f"* OK [UNSEEN {unseen}] first unseen")
        self._line.send(f"* OK [UIDVALIDITY {folder.uid_validity}] UIDs valid")
        self._line.send(f"* OK [UIDNEXT {folder.uid_next}] predicted next UID")
        return "OK [READ-ONLY] EXAMINE completed" if read_only else "OK [READ-WRITE] SELECT completed"

    async def _do_examine(self, arguments: Arguments) -> str:
        return await self._do_select(arguments, read_only=True)

    # --- the selected folder -------------------------------------------------------------------------------

    async def _do_check(self, _arguments: Arguments) -> str:
        return "OK CHECK completed"

    async def _do_unselect(self, _arguments: Arguments) -> str:
        self.unselect()
        return "OK UNSELECT completed"

    async def _do_close(self, _arguments: Arguments) -> str:
        if not self._read_only:
            self._store.expunge(self._need_folder("CLOSE"), self._deleted())
        self.unselect()
        return "OK CLOSE completed"

    async def _do_expunge(self, arguments: Arguments, *, by_uid: bool) -> str:
        folder = self._need_folder("EXPUNGE")
        self._need_write()
        chosen = self._deleted()
        if by_uid:
            named = {message.uid for _, message in self._chosen(arguments, by_uid=True)}
            chosen = [uid for uid in chosen if uid in named]
        self._store.expunge(folder, chosen)
        self._tell_changes(expunged=True)
        return "OK EXPUNGE completed"

    async def _do_search(self, arguments: Arguments, *, by_uid: bool) -> str:
        folder = self._need_folder("SEARCH")
        self._tell_changes(expunged=False)
        criteria = Criteria(arguments, numbers=range(1, len(self._uids) + 1), uids=self._uids)
        found = []
        for number, uid in enumerate(self._uids, 1):
            message = folder.messages.get(uid)
            if message is not None and criteria.holds(
                Subject(message, number, functools.partial(self._store.raw, message))
            ):
                found.append(uid if by_uid else number)
        self._line.send(" ".join(["* SEARCH", *map(str, found)]))
        return "OK SEARCH completed"

    async def _do_fetch(self, arguments: Arguments, *, by_uid: bool) -> str:
        if len(arguments) != 2:
            raise BadCommand("FETCH takes a set and items")
        fetch = Fetch(arguments[1], by_uid=by_uid)
        self._tell_changes(expunged=False)
        cut = self._switches.take_imap_cut()
        for count, (number, message) in enumerate(self._chosen(arguments[:1], by_uid=by_uid), 1):
            if fetch.marks_seen and not self._read_only and r"\Seen" not in message.flags:
                self._store.set_flags(message, message.flags | {r"\Seen"})
            answer = fetch.answer(message, functools.partial(self._store.raw, message))
            block = f"* {number} FETCH (".encode() + answer + b")"
            if cut:
                await self._line.cut(block[: self._switches.imap_cut_after])
            self._line.send(block)
            if count % _FETCH_BATCH == 0:
                await self._line.flush()
        return "OK FETCH completed"

    async def _do_store(self, arguments: Arguments, *, by_uid: bool) -> str:
        self._need_write()
        if len(arguments) < 3:
            raise BadCommand("STORE takes a set, FLAGS, +FLAGS or -FLAGS, and flags")
        action, _, silent = text(arguments[1]).upper().partition(".")
        given = arguments[2] if isinstance(arguments[2], list) else arguments[2:]
        flags = {_flag(item) for item in given}
        for number, message in self._chosen(arguments[:1], by_uid=by_uid):
            if action not in ("FLAGS", "+FLAGS", "-FLAGS"):
                raise BadCommand(f"STORE {action} is not known")
            changed = {"FLAGS": flags, "+FLAGS": message.flags | flags, "-FLAGS": message.flags - flags}[
                action
            ]
            self._store.set_flags(message, changed)
            if silent != "SILENT":
                uid = f"UID {message.uid} " if by_uid else ""
                self._line.send(f"* {number} FETCH ({uid}FLAGS ({' '.join(sorted(message.flags))}))")
        return "OK STORE completed"

    async def _do_copy(self, arguments: Arguments, *, by_uid: bool) -> str:
        copied = self._copy(arguments, by_uid=by_uid)
        return f"OK [{copied}] COPY completed" if copied else "OK COPY completed"

    async def _do_move(self, arguments: Arguments, *, by_uid: bool) -> str:
        self._need_write()
        moved = [message.uid for _, message in self._chosen(arguments[:1], by_uid=by_uid)]
        copied = self._copy(arguments, by_uid=by_uid)
        if copied:
            self._line.send(f"* OK [{copied}] copied")
        self._store.expunge(self._need_folder("MOVE"), moved)
        return "OK MOVE completed"

    async def _do_idle(self, _arguments: Arguments) -> str:
        self._line.send("+ idling")
        await self._line.flush()
        done = asyncio.ensure_future(self._line.line())
        try:
            while not done.done() and not self.ended:
                news = asyncio.ensure_future(self._news.wait())
                await asyncio.wait({done, news}, return_when=asyncio.FIRST_COMPLETED)
                news.cancel()
                self._tell_changes(expunged=True)
                await self._line.flush()
            if self.ended:
                return ""
            if (await done).strip().upper() != b"DONE":
                raise BadCommand("IDLE is ended with DONE")
        finally:
            done.cancel()
        return "OK IDLE completed"

    # --- common parts --------------------------------------------------------------------------------------

    def _told(self, news: str) -> None:
        if news in ("rebuilt", "gone") and not self.ended:
            self._line.send("* BYE [UNAVAILABLE] the folder was rebuilt, please connect again")
            self.ended = True
            self._line.hang_up()
        self._news.set()

    def _tell_changes(self, *, expunged: bool) -> None:
        """Bring the client's picture of the folder up to date."""
        if self._folder is None:
            return
        self._news.clear()
        present = self._folder.messages
        if expunged:
            for number in range(len(self._uids), 0, -1):
                if self._uids[number - 1] not in present:
                    del self._uids[number - 1]
                    self._line.send(f"* {number} EXPUNGE")
        known = self._uids[-1] if self._uids else 0
        fresh = list(itertools.takewhile(lambda uid: uid > known, reversed(present)))
        if fresh:
            self._uids.extend(reversed(fresh))
            self._line.send(f"* {len(self._uids)} EXISTS")

    def _chosen(self, arguments: Arguments, *, by_uid: bool) -> list[tuple[int, Message]]:
        """Sequence number and message of everything a set names that is still there."""
        folder = self._need_folder("this")
        if not arguments:
            raise BadCommand("a message set is missing")
        spec = text(arguments[0])
        numbers = {uid: number for number, uid in enumerate(self._uids, 1)}
        if by_uid:
            uids = in_set(spec, self._uids)
        else:
            uids = [self._uids[number - 1] for number in in_set(spec, range(1, len(self._uids) + 1))]
        return [(numbers[uid], folder.messages[uid]) for uid in uids if uid in folder.messages]

    def _copy(self, arguments: Arguments, *, by_uid: bool) -> str:
        if len(arguments) != 2:
            raise BadCommand("a set and a folder are needed")
        try:
            target = self._named(arguments[1:])
        except NoSuchFolder:
            raise Refused("[TRYCREATE] there is no such folder") from None
        chosen = [message for _, message in self._chosen(arguments[:1], by_uid=by_uid)]
        made = [
            self._store.append(
                self._account, target.name, self._store.raw(each), flags=each.flags, received=each.received
            )
            for each in chosen
        ]
        old, new = (",".join(str(each.uid) for each in messages) for messages in (chosen, made))
        return f"COPYUID {target.uid_validity} {old} {new}" if made else ""

    def _named(self, arguments: Arguments) -> Folder:
        if not arguments:
            raise BadCommand("a folder name is missing")
        return self._store.folder(self._account, folder_name(arguments[0]))

    def _need_folder(self, command: str) -> Folder:
        if self._folder is None:
            raise BadCommand(f"{command} needs a selected folder")
        return self._folder

    def _need_write(self) -> None:
        if self._read_only:
            raise Refused("[READ-ONLY] the folder was opened with EXAMINE")

    def _deleted(self) -> list[int]:
        folder = self._need_folder("EXPUNGE")
        return [uid for uid, message in folder.messages.items() if r"\Deleted" in message.flags]


def _flag(item: Word | bytes | list) -> str:
    name = text(item)
    return _SYSTEM_FLAGS.get(name.lower(), name)


def _date_time(word: str) -> float:
    try:
        return datetime.strptime(word.strip(), "%d-%b-%Y %H:%M:%S %z").timestamp()
    except ValueError:
        raise BadCommand(f"{word!r} is not a date") from None
