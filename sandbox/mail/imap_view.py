"""What an IMAP client has been told: its account, the folder it selected, and which message has which number."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

from sandbox.mail.imap_syntax import BadCommand, Word, folder_name, in_set, text
from sandbox.mail.store import Folder, MailStore, Message

if TYPE_CHECKING:
    from sandbox.mail.imap_server import Connection

Arguments = list[Word | bytes | list]


class Refused(Exception):
    """A command that was understood but cannot be done; the text is the answer's."""


class View:
    """One client's picture. ``ended`` tells the connection to close."""

    def __init__(self, line: Connection, store: MailStore) -> None:
        self._line = line
        self._store = store
        self._account = ""
        self._folder: Folder | None = None
        self._read_only = True
        self._uids: list[int] = []  # what the client was told: sequence number n is _uids[n - 1]
        self._news = asyncio.Event()
        self.ended = False

    def unselect(self) -> None:
        """Forget the selected folder."""
        if self._folder is not None:
            self._folder.watchers.discard(self._told)
        self._folder = None

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
