"""Real processes for the demo, the walkthrough, the benches and tests, started and stopped the same way.

::

    with Stack(sandbox=True) as stack:          # a private folder, removed afterwards
        stack.url                               # "http://127.0.0.1:43211"
        stack.env                               # DATABASE_URL, REDIS_URL, SECRET_KEY … of its processes
        stack.sandbox["smtp"]                   # what sandbox.json says
        stack.kill("worker-mail")               # SIGKILL, for crash tests
        stack.start_worker("worker-mail")       # and back again
        stack.use_django()                      # this very process joins: ORM on the same database

``workers=()``, ``beat=False``, ``web=False`` leave those out; with all of them out it is just the two servers
and, unless ``migrate=False``, a migrated database.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from config.demo import LOGINS
from config.embedded import prepare, programs, setting_values
from config.embedded.folders import make_folder, remove_folder, take_lock, write_holder
from config.embedded.ports import free_port
from config.embedded.postgres import LEAST_FREE_BYTES, Postgres
from config.embedded.problems import SetupProblem
from config.embedded.programs import HOST, ROOT, WORKERS, Worker
from config.embedded.rundir import run_dir
from config.embedded.supervisor import Supervisor
from config.embedded.valkey import Valkey

DATABASE = "beckon"
#: Names a dump of a database with every migration; stacks of one test run begin with it and migrate nothing.
MIGRATED = "BECKON_MIGRATED_DUMP"
#: Django's checks are a third of what a worker does until it answers; of a passing stack nobody reads what they say.
_UNCHECKED = {"CELERY_SKIP_CHECKS": "true"}


class Stack:
    """A context manager around the processes; see the module's text.

    ``folder``: where data live; None makes a private one that is removed at the end. ``settings``: environment
    variables that win over the stack's own. ``port``: of the web process; 0 picks a free one, a taken one is a
    SetupProblem. ``durable``: False for data that are thrown away; None decides by ``folder``. ``sandbox``:
    True, or arguments for ``python -m sandbox``. ``demo``: load the demo organisation once. ``notice`` is told
    what happens, line by line. Must be entered in the main thread.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        settings: Mapping[str, str] | None = None,
        workers: Sequence[Worker] = WORKERS,
        beat: bool = True,
        web: bool = True,
        sandbox: bool | Sequence[str] = False,
        demo: bool = False,
        migrate: bool = True,
        port: int = 0,
        durable: bool | None = None,
        least_free: int = LEAST_FREE_BYTES,
        notice: Callable[[str], object] = str,
    ) -> None:
        self._given_folder = folder
        self._settings = dict(settings or {})
        self._workers = {worker.name: worker for worker in workers}
        self._beat, self._web, self._demo, self._migrate = beat, web, demo, migrate
        self._sandbox_wanted = sandbox is not False
        self._sandbox_arguments = () if isinstance(sandbox, bool) else tuple(sandbox)
        self._durable = folder is not None if durable is None else durable
        self._least_free = least_free
        self._notice = notice
        self.port = port
        #: What ``sandbox.json`` says: addresses and logins of the stand-in servers.
        self.sandbox: dict[str, Any] = {}
        #: The environment variables that make any process of ours join this stack.
        self.env: dict[str, str] = {}

    # ── life ────────────────────────────────────────────────────────────────
    def __enter__(self) -> Self:
        self.folder = make_folder(self._given_folder)
        self._lock = take_lock(self.folder)
        self.run: Path | None = None
        self.supervisor = Supervisor(self.folder / "logs")
        try:
            self._start()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def _start(self) -> None:
        if self._web:
            self.port = free_port(self.port)
        self.run = run_dir(self.folder)
        self._start_servers()
        self.env = self._environment()
        if self._sandbox_wanted:
            self._start_sandbox()
        if self._migrate:
            self._prepare()
        if self._web:
            self._notice("web")
            self.supervisor.start(programs.web(self._child_env(), port=self.port))
            # Pages first: on two cores, four processes that load Django at once delay each other.
            self.supervisor.wait_ready("web")
        for name in self._workers:
            self._notice(name)
            self.start_worker(name, wait=False)
        if self._beat:
            self._notice("beat")
            self.supervisor.start(programs.beat(self._child_env(), schedule=self.folder / "beat-schedule"))
        self.supervisor.wait_ready()
        self._write_state()

    def _start_servers(self) -> None:
        assert self.run is not None
        self.postgres = Postgres(data=self.folder / "postgres", run=self.run, durable=self._durable)
        self.valkey = Valkey(run=self.run)
        self._notice("postgres")
        self.postgres.prepare(least_free=self._least_free)
        self.supervisor.start(self.postgres.program())
        self._notice("valkey")
        self.supervisor.start(self.valkey.program())
        self.supervisor.wait_ready()
        made = self.postgres.create_database(DATABASE)
        if made and self._migrate and not self._durable and os.environ.get(MIGRATED):
            self.postgres.load(DATABASE, Path(os.environ[MIGRATED]))
            prepare.remember_migrated(self._prepared)

    def _start_sandbox(self) -> None:
        """Start it with an account for each demo login, on the ports of its last run (mailboxes store them)."""
        folder = self.folder / "sandbox"
        folder.mkdir(exist_ok=True)
        remembered = folder / "ports.json"
        ports = json.loads(remembered.read_text()) if remembered.exists() else {}
        arguments = [f"--account={login.email}:{login.password}" for login in LOGINS]
        arguments += [f"--{name}-port={port}" for name, port in sorted(ports.items())]
        self._notice("sandbox")
        self.supervisor.start(
            programs.sandbox(
                self._child_env(), folder=folder, arguments=(*arguments, *self._sandbox_arguments)
            )
        )
        self.supervisor.wait_ready("sandbox")
        self.sandbox = json.loads((folder / "sandbox.json").read_text())
        remembered.write_text(json.dumps(self.sandbox["ports"]))
        self.env = self._environment()

    def _prepare(self) -> None:
        """Migrations, static files and the demo's data, in one process, and only when something changed."""
        if not prepare.is_due(self._prepared, static=self._web, demo=self._demo):
            return
        log = self.folder / "logs" / "prepare.log"
        command = [sys.executable, "-m", "config.embedded.prepare", "--state", os.fspath(self._prepared)]
        command += ["--demo"] if self._demo else []
        command += ["--static"] if self._web else []
        self._notice("migrate")
        with log.open("wb") as output:
            done = subprocess.run(
                command,
                env=self._child_env(),
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                check=False,
            )
        self.supervisor.check()
        if done.returncode:
            lines = log.read_text(errors="replace").splitlines()[-15:]
            raise SetupProblem(
                f"The database could not be prepared. Last lines of {log}:\n" + "\n".join(lines)
            )

    def _close(self) -> None:
        self.supervisor.stop_all(lambda name: self._notice(f"stop {name}"))
        if self.run is not None:
            shutil.rmtree(self.run, ignore_errors=True)
        if self._given_folder is None:
            remove_folder(self.folder)
        self._lock.close()

    # ── what a user of the stack calls ──────────────────────────────────────
    @property
    def url(self) -> str:
        """The web process's address."""
        return f"http://{HOST}:{self.port}"

    @property
    def worker_names(self) -> tuple[str, ...]:
        return tuple(self._workers)

    def check(self) -> None:
        """Raises ChildDied when one of the processes ended by itself."""
        self.supervisor.check()

    def pid(self, name: str) -> int:
        """Process number of a running program (``postgres``, ``valkey``, ``web``, ``beat``, a worker's name)."""
        return self.supervisor.children[name].pid

    def kill(self, name: str) -> None:
        """SIGKILL one program, as a crash does."""
        self.supervisor.kill(name)

    def start_worker(self, name: str, *, wait: bool = True) -> None:
        """Start a worker of this stack again after ``kill``; waits until it answers unless told otherwise."""
        node = f"{name}@{self.folder.name}"
        self.supervisor.start(
            programs.worker(self._child_env(), self._workers[name], broker=self.broker_url, node=node)
        )
        if wait:
            self.supervisor.wait_ready(name)

    def manage(self, *arguments: str, timeout: float | None = None) -> subprocess.CompletedProcess[str]:
        """Run ``manage.py`` over this stack; output is captured, the exit code is the caller's to judge."""
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            env=self._child_env(),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    def use_django(self) -> None:
        """Let this process join the stack: its environment is set and Django is loaded over it."""
        for name in [name for name in os.environ if name.startswith("PG")]:
            del os.environ[name]
        os.environ.update(self.env)
        import django  # noqa: PLC0415 - settings are read on import, which must come after the environment

        django.setup()

    @property
    def database_url(self) -> str:
        return self.postgres.url(DATABASE)

    @property
    def redis_url(self) -> str:
        return self.valkey.url

    @property
    def broker_url(self) -> str:
        """The same Redis in Celery's spelling."""
        return f"redis+socket://{self.valkey.socket}?virtual_host=0"

    # ── inside ──────────────────────────────────────────────────────────────
    @property
    def _prepared(self) -> Path:
        """What was done to this database, and from what; kept beside the data."""
        return self.folder / "prepared.json"

    def _environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "MEDIA_ROOT": str(self.folder / "media"),
            **setting_values.for_url(self.url),
            **setting_values.SPEED,
            **setting_values.for_sandbox(self.sandbox),
            **setting_values.secrets_of(self.folder / "env"),
            **({} if self._durable else _UNCHECKED),
            "BECKON_STACK": str(self.folder),
            **self._settings,
        }

    def _child_env(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        return kept | self.env

    def _write_state(self) -> None:
        """Tell a second start where this one answers."""
        write_holder(self._lock, {"pid": os.getpid(), "url": self.url if self.port else ""})
