"""IMAP commands about the messages of the selected folder."""

from __future__ import annotations

import asyncio
import functools
from typing import TYPE_CHECKING

from sandbox.mail.imap_fetch import Fetch
from sandbox.mail.imap_search import Criteria, Subject
from sandbox.mail.imap_syntax import BadCommand, Word, text
from sandbox.mail.imap_view import Arguments, Refused, View
from sandbox.mail.store import MailStore, NoSuchFolder
from sandbox.switches import Switches

if TYPE_CHECKING:
    from sandbox.mail.imap_server import Connection

SYSTEM_FLAGS = r"(\Answered \Deleted \Draft \Flagged \Seen)"
_FLAG_NAMES = {flag.lower(): flag for flag in SYSTEM_FLAGS.strip("()").split()}
_FETCH_BATCH = 64


class FolderCommands(View):
    """SELECT and everything that needs it; each command gives the end of its tagged answer."""

    def __init__(self, line: Connection, store: MailStore, switches: Switches) -> None:
        super().__init__(line, store)
        self._switches = switches

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
        self._line.send(f"* FLAGS {SYSTEM_FLAGS}")
        self._line.send(
            f"* OK [PERMANENTFLAGS {'()' if read_only else SYSTEM_FLAGS[:-1] + ' ' + chr(92) + '*)'}] limited"
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
        flags = {flag_name(item) for item in given}
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


def flag_name(item: Word | bytes | list) -> str:
    name = text(item)
    return _FLAG_NAMES.get(name.lower(), name)
