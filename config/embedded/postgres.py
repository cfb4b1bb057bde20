"""One PostgreSQL server over a data folder of ours, reachable through a private socket only."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import psycopg2

from config.embedded import memory
from config.embedded.binaries import find_postgres
from config.embedded.problems import SetupProblem
from config.embedded.supervisor import Program
from config.embedded.unprivileged import SHARED_STATE, closed_parent, postgres_account, relay_programs

USER = "app"
PORT = 5432
#: A new cluster takes 40 MB and a WAL segment 16 MB; below this the first import would already fail.
LEAST_FREE_BYTES = 300 * 1024 * 1024
#: For test runs: a crash of the machine may lose the data, a crash of the server does not.
NOT_DURABLE = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


class Postgres:
    """The server's folders and commands. Call ``prepare`` before ``program``; the caller holds the stack's lock.

    ``durable=False`` is for data that are thrown away afterwards.
    """

    def __init__(self, *, data: Path, run: Path, durable: bool = True) -> None:
        self.programs = find_postgres()
        self.account = postgres_account()
        self.data = data
        self.run = run / "pg"
        self.durable = durable
        self._relay = run / "programs"

    def url(self, database: str) -> str:
        """``DATABASE_URL`` of a database here; the port is spelled out so that PGPORT changes nothing."""
        return f"postgres://{USER}@:{PORT}/{database}?host={self.run}"

    def prepare(self, *, least_free: int = LEAST_FREE_BYTES) -> None:
        """Everything up to the start: folders, room, version, a cluster, nothing left of a killed run.

        Raises SetupProblem with what stands in the way.
        """
        self.run.mkdir(exist_ok=True)
        if self.account:
            self.account.give(self.run)
            self._open_a_way()
        self._check_room(least_free)
        self._set_incomplete_aside()
        if (self.data / "PG_VERSION").exists():
            self._check_major()
            self._end_leftover_server()
        else:
            self._initdb()

    def program(self) -> Program:
        """How the server is started. SIGINT is its fast stop; SIGTERM would wait for every client."""
        # fmt: off
        command: list[str | os.PathLike[str]] = [
            self.programs.bin / "postgres", "-D", self.data, "-k", self.run, "-p", str(PORT),
            "-c", "listen_addresses=", "-c", "logging_collector=off", "-c", "max_connections=200",
            "-c", "timezone=UTC", "-c", "log_timezone=UTC",
        ]
        # fmt: on
        for name, value in memory.settings(memory.available(), fits=memory.can_share).items():
            command += ["-c", f"{name}={value}"]
        return Program(
            name="postgres",
            command=command if self.durable else [*command, *NOT_DURABLE],
            env=_clean_environment(),
            ready=self.answers,
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            account=self.account,
            cwd=self.data,
        )

    def answers(self) -> bool:
        """True once a connection is accepted."""
        try:
            psycopg2.connect(host=str(self.run), port=PORT, user=USER, dbname="postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def create_database(self, name: str) -> bool:
        """Make the database unless it exists; True when it was made."""
        connection = psycopg2.connect(host=str(self.run), port=PORT, user=USER, dbname="postgres")
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
                if cursor.fetchone():
                    return False
                cursor.execute(f'CREATE DATABASE "{name}"')
                return True
        finally:
            connection.close()

    def dump(self, database: str, target: Path) -> None:
        """Write the database into a file as SQL."""
        self._client("pg_dump", "--file", target, "--dbname", self.url(database))

    def load(self, database: str, source: Path) -> None:
        """Fill an empty database from what ``dump`` wrote, whole or not at all."""
        quiet = ("--no-psqlrc", "--quiet", "--output", os.devnull, "--set", "ON_ERROR_STOP=1")
        self._client("psql", *quiet, "--single-transaction", "--file", source, "--dbname", self.url(database))

    def _client(self, program: str, *arguments: str | os.PathLike[str]) -> None:
        done = subprocess.run(
            [self.programs.bin / program, *arguments],
            env=_clean_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SetupProblem(f"{program} said:\n{done.stderr.strip()[-1500:]}")

    def _open_a_way(self) -> None:
        """Under root: make sure that the server's account reaches the programs and the data.

        A closed folder above them (root's home is one) is never opened; the programs are copied into the run
        folder, and the data get a place under ``/var/lib/beckon`` with a link to it where they were expected.
        """
        assert self.account is not None
        if closed_parent(self.programs.bin / "postgres", self.account):
            copied = relay_programs(self.programs.bin, self._relay)
            self.programs = type(self.programs)(copied, self.programs.major)
        self.data.parent.mkdir(parents=True, exist_ok=True)
        if self.data.is_symlink() or not closed_parent(self.data, self.account):
            self.data = self.data.resolve()
            return
        if self.data.exists():
            raise SetupProblem(
                f"{self.data} cannot be reached by the account {self.account.name!r} that PostgreSQL runs under, "
                f"because {closed_parent(self.data, self.account)} is closed to it. Start as the ordinary user "
                "who made it, or move the checkout."
            )
        place = SHARED_STATE / self.run.parent.name
        place.mkdir(parents=True, exist_ok=True)
        self.data.symlink_to(place / "postgres")
        self.data = place / "postgres"

    def _check_room(self, least: int) -> None:
        self.data.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.data.parent).free
        if free < least:
            raise SetupProblem(
                f"The disk is nearly full: {free // 2**20} MB are free in {self.data.parent}, "
                f"and PostgreSQL needs {least // 2**20} MB to start."
            )

    def _set_incomplete_aside(self) -> None:
        """A folder without a whole cluster is never deleted: it is renamed, and a new cluster is made."""
        for unfinished in self.data.parent.glob(f"{self.data.name}.new-*"):
            shutil.rmtree(unfinished)  # only ever made by _initdb below, and never renamed to its final name
        if not self.data.exists():
            return
        if (self.data / "PG_VERSION").exists() and (self.data / "global" / "pg_control").exists():
            return
        if not any(self.data.iterdir()):
            self.data.rmdir()
            return
        aside = self.data.with_name(f"{self.data.name}.incomplete-{time.strftime('%Y%m%d-%H%M%S')}")
        self.data.rename(aside)

    def _check_major(self) -> None:
        made_by = (self.data / "PG_VERSION").read_text().strip()
        if made_by != str(self.programs.major):
            raise SetupProblem(
                f"The data in {self.data} were made by PostgreSQL {made_by}, but the programs in "
                f"{self.programs.bin} are PostgreSQL {self.programs.major}. Name the bin folder of a PostgreSQL "
                f"{made_by} in BECKON_POSTGRES_BIN to use them, or start anew with `make demo-reset` "
                "(this deletes the demo's data)."
            )

    def _initdb(self) -> None:
        """Make a cluster beside the final folder and rename it when it is whole."""
        fresh = self.data.with_name(f"{self.data.name}.new-{os.getpid()}")
        fresh.mkdir(mode=0o700)
        if self.account:
            self.account.give(fresh)
        command: list[str | os.PathLike[str]] = [
            self.programs.bin / "initdb",
            "-D",
            fresh,
            "-U",
            USER,
            "--auth=trust",
            "-E",
            "UTF8",
        ]
        if self.programs.major >= 17:
            command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        else:
            command += ["--locale=C.UTF-8"]
        if not self.durable:
            command += ["-N"]
        result = subprocess.run(
            command,
            env=_clean_environment(),
            cwd=fresh,
            capture_output=True,
            text=True,
            check=False,
            **(self.account.popen() if self.account else {}),
        )
        if result.returncode:
            shutil.rmtree(fresh, ignore_errors=True)
            said = (result.stderr.strip() or result.stdout.strip())[-1500:]
            if "No space left on device" in said:
                raise SetupProblem(
                    f"The disk became full while PostgreSQL's data were made in {self.data.parent}."
                )
            raise SetupProblem(
                f"PostgreSQL's data could not be made in {self.data.parent}. initdb said:\n{said}"
            )
        fresh.rename(self.data)

    def _end_leftover_server(self) -> None:
        """Deal with ``postmaster.pid``: nobody else may serve these data, the stack's lock is ours.

        A server that a killed run left is asked to stop. When the number belongs to another program by now, the
        file is removed, because PostgreSQL would refuse to start; when it belongs to nobody, PostgreSQL removes
        it itself after checking its shared memory.
        """
        pid_file = self.data / "postmaster.pid"
        pid = _number_in(pid_file)
        if pid is None or not _is_alive(pid):
            return
        if not _serves(pid, self.data):
            pid_file.unlink(missing_ok=True)
            return
        deadline = time.monotonic() + 20
        os.kill(pid, signal.SIGINT)
        while _is_alive(pid) and pid_file.exists():
            if time.monotonic() > deadline:
                raise SetupProblem(
                    f"A PostgreSQL server (process {pid}) still uses {self.data} and does not stop."
                )
            time.sleep(0.05)


def remove_data(data: Path) -> None:
    """Delete the cluster in this folder, or behind this link (see ``Postgres._open_a_way``)."""
    place = data.resolve()
    if SHARED_STATE in place.parents:
        shutil.rmtree(place.parent, ignore_errors=True)
    if data.is_symlink():
        data.unlink()
    elif data.exists():
        shutil.rmtree(data)


def _clean_environment() -> dict[str, str]:
    """Ours without libpq's and PostgreSQL's variables (PGPORT, PGDATA …), messages in English."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LANG"))}
    return kept | {"LC_ALL": "C"}


def _number_in(pid_file: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError, IndexError):
        return int(pid_file.read_text().splitlines()[0])
    return None


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _serves(pid: int, data: Path) -> bool:
    """Whether this process is a PostgreSQL server started over these data."""
    try:
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").replace("\0", " ")
    except OSError:  # no /proc: macOS
        arguments = subprocess.run(
            ["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False
        ).stdout
    return "postgres" in arguments and f"-D {data} " in f"{arguments} "
