"""Mailboxes: accounts, folders and messages with UIDs, in memory with SQLite behind them.

One thread (the event loop) reads and writes. A message is in the database before anybody is told of it, so
a restart finds everything; SQLite's own fsync is off, because losing power is not what the sandbox is for.
"""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

DEFAULT_FOLDERS = ("INBOX", "Sent", "Drafts", "Trash", "Archive")
HIGHEST_VALIDITY = 2**32 - 1

_SCHEMA = """
CREATE TABLE IF NOT EXISTS folder (
    id INTEGER PRIMARY KEY, account TEXT NOT NULL, name TEXT NOT NULL,
    uid_validity INTEGER NOT NULL, uid_next INTEGER NOT NULL, UNIQUE (account, name));
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, folder_id INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    uid INTEGER NOT NULL, flags TEXT NOT NULL, received REAL NOT NULL, raw BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS message_of_folder ON message (folder_id, uid);
"""


class NoSuchAccount(Exception):
    """The address is no account here."""


class NoSuchFolder(Exception):
    """The account has no folder of that name."""


class FolderExists(Exception):
    """The account already has a folder of that name."""


@dataclass(slots=True)
class Message:
    """One message in one folder; its bytes are in the database under ``row``."""

    uid: int
    row: int
    size: int
    flags: frozenset[str]
    received: float


@dataclass(eq=False)
class Folder:
    """One folder; ``messages`` is in order of UID. ``watchers`` are told "changed", "rebuilt" or "gone"."""

    row: int
    name: str
    uid_validity: int
    uid_next: int
    messages: dict[int, Message] = field(default_factory=dict)
    watchers: set[Callable[[str], None]] = field(default_factory=set)

    def tell(self, news: str) -> None:
        """Tell everyone who has the folder selected."""
        for watcher in list(self.watchers):
            watcher(news)


class MailStore:
    """All accounts of one mail world."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.executescript(_SCHEMA)
        self._accounts: dict[str, dict[str, Folder]] = {}
        self._load()

    def _load(self) -> None:
        by_row: dict[int, Folder] = {}
        for row, account, name, validity, uid_next in self._db.execute(
            "SELECT id, account, name, uid_validity, uid_next FROM folder ORDER BY id"
        ):
            folder = Folder(row, name, validity, uid_next)
            by_row[row] = folder
            self._accounts.setdefault(account, {})[name] = folder
        for row, folder_row, uid, flags, received, size in self._db.execute(
            "SELECT id, folder_id, uid, flags, received, length(raw) FROM message ORDER BY folder_id, uid"
        ):
            by_row[folder_row].messages[uid] = Message(uid, row, size, frozenset(flags.split()), received)

    def close(self) -> None:
        """Close the database; the store is not used afterwards."""
        self._db.close()

    def ensure_account(self, address: str) -> None:
        """Make the account with its usual folders unless it is there."""
        if address not in self._accounts:
            self._accounts[address] = {}
            for name in DEFAULT_FOLDERS:
                self.create_folder(address, name)

    def has_account(self, address: str) -> bool:
        """Whether mail for ``address`` stays here."""
        return address in self._accounts

    def folders(self, address: str) -> dict[str, Folder]:
        """Folders by name, in the order they were made."""
        try:
            return self._accounts[address]
        except KeyError:
            raise NoSuchAccount(address) from None

    def accounts(self) -> list[str]:
        """Every account that ever had a mailbox here."""
        return list(self._accounts)

    def folder(self, address: str, name: str) -> Folder:
        """One folder; INBOX in any case of letters (RFC 3501 §5.1)."""
        wanted = "INBOX" if name.upper() == "INBOX" else name
        try:
            return self.folders(address)[wanted]
        except KeyError:
            raise NoSuchFolder(name) from None

    def create_folder(self, address: str, name: str) -> Folder:
        """Make a folder; FolderExists if it is there."""
        folders = self.folders(address)
        if name in folders or (name.upper() == "INBOX" and "INBOX" in folders):
            raise FolderExists(name)
        validity = self._next_validity()
        row = self._db.execute(
            "INSERT INTO folder (account, name, uid_validity, uid_next) VALUES (?, ?, ?, 1)",
            (address, name, validity),
        ).lastrowid
        assert row is not None
        folders[name] = Folder(row, name, validity, 1)
        return folders[name]

    def delete_folder(self, address: str, name: str) -> None:
        """Delete a folder with its messages; sessions that have it selected are told it is gone."""
        folder = self.folder(address, name)
        self._db.execute("DELETE FROM folder WHERE id = ?", (folder.row,))
        del self.folders(address)[folder.name]
        folder.tell("gone")

    def append(
        self, address: str, name: str, raw: bytes, *, flags: Iterable[str] = (), received: float | None = None
    ) -> Message:
        """Store one message under the next UID and tell who is looking. ``received``: epoch seconds, default now."""
        folder = self.folder(address, name)
        uid = folder.uid_next
        kept = frozenset(flags)
        moment = time.time() if received is None else received
        with self._transaction():
            row = self._db.execute(
                "INSERT INTO message (folder_id, uid, flags, received, raw) VALUES (?, ?, ?, ?, ?)",
                (folder.row, uid, " ".join(sorted(kept)), moment, raw),
            ).lastrowid
            self._db.execute("UPDATE folder SET uid_next = ? WHERE id = ?", (uid + 1, folder.row))
        assert row is not None
        folder.uid_next = uid + 1
        message = Message(uid, row, len(raw), kept, moment)
        folder.messages[uid] = message
        folder.tell("changed")
        return message

    def raw(self, message: Message) -> bytes:
        """The bytes of one message; empty if another session expunged it meanwhile."""
        found = self._db.execute("SELECT raw FROM message WHERE id = ?", (message.row,)).fetchone()
        return found[0] if found else b""

    def set_flags(self, message: Message, flags: Iterable[str]) -> None:
        """Replace the flags of one message."""
        message.flags = frozenset(flags)
        self._db.execute(
            "UPDATE message SET flags = ? WHERE id = ?", (" ".join(sorted(message.flags)), message.row)
        )

    def expunge(self, folder: Folder, uids: Iterable[int]) -> None:
        """Remove messages for good; their UIDs are never used again."""
        gone = [folder.messages.pop(uid).row for uid in list(uids) if uid in folder.messages]
        self._db.executemany("DELETE FROM message WHERE id = ?", [(row,) for row in gone])
        folder.tell("changed")

    def change_uid_validity(self, address: str, name: str) -> int:
        """Rebuild a folder as a restored server does: new UIDVALIDITY, UIDs from 1 again, same messages.

        Sessions that have it selected are told "rebuilt", which ends them: they could not be told otherwise.
        """
        folder = self.folder(address, name)
        folder.uid_validity = self._next_validity()
        with self._transaction():
            messages = list(folder.messages.values())
            for number, message in enumerate(messages, 1):
                message.uid = number
            self._db.executemany(
                "UPDATE message SET uid = ? WHERE id = ?", [(each.uid, each.row) for each in messages]
            )
            folder.messages = {each.uid: each for each in messages}
            folder.uid_next = len(messages) + 1
            self._db.execute(
                "UPDATE folder SET uid_validity = ?, uid_next = ? WHERE id = ?",
                (folder.uid_validity, folder.uid_next, folder.row),
            )
        folder.tell("rebuilt")
        return folder.uid_validity

    def _next_validity(self) -> int:
        (highest,) = self._db.execute("SELECT coalesce(max(uid_validity), 0) FROM folder").fetchone()
        return min(max(int(time.time()), int(highest) + 1), HIGHEST_VALIDITY)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
