"""Each way in which a data folder can be wrong, over the real server."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from config.embedded import memory, unprivileged
from config.embedded.binaries import find_postgres
from config.embedded.postgres import Postgres
from config.embedded.problems import SetupProblem
from config.embedded.supervisor import Supervisor

from .conftest import only_root


@contextlib.contextmanager
def running(postgres: Postgres, folder: Path) -> Iterator[Supervisor]:
    postgres.prepare()
    supervisor = Supervisor(folder / "logs")
    try:
        supervisor.start(postgres.program())
        supervisor.wait_ready()
        yield supervisor
    finally:
        supervisor.stop_all()


def ask(postgres: Postgres, query: str, database: str = "postgres") -> str:
    connection = psycopg2.connect(host=str(postgres.run), port=5432, user="app", dbname=database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
            assert row is not None
            return str(row[0])
    finally:
        connection.close()


@pytest.fixture
def postgres(folder: Path, run: Path) -> Postgres:
    return Postgres(data=folder / "stack" / "postgres", run=run, durable=False)


def test_a_cluster_is_made_once_and_its_data_survive(postgres: Postgres, folder: Path, run: Path) -> None:
    with running(postgres, folder):
        assert postgres.create_database("kept")
        assert not postgres.create_database("kept")
        assert ask(postgres, "SHOW fsync") == "off"
        assert ask(postgres, "SHOW listen_addresses") == ""
        assert ask(postgres, "SHOW random_page_cost") == "1.1"
        wanted = memory.settings(memory.available())["shared_buffers"]
        same = f"SELECT pg_size_bytes(current_setting('shared_buffers')) = pg_size_bytes('{wanted}')"
        assert ask(postgres, same) == "True"
    durable = Postgres(data=folder / "stack" / "postgres", run=run)
    with running(durable, folder):
        assert ask(durable, "SHOW fsync") == "on"
        assert ask(durable, "SELECT count(*) FROM pg_database WHERE datname = 'kept'") == "1"


def test_variables_of_another_postgres_change_nothing(
    postgres: Postgres, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "PGPORT": "6543",
        "PGDATA": "/nowhere",
        "PGHOST": "db.example",
        "LC_ALL": "xx",
    }.items():
        monkeypatch.setenv(name, value)
    with running(postgres, folder):
        assert ask(postgres, "SHOW port") == "5432"


def test_an_interrupted_initdb_is_done_again(postgres: Postgres, folder: Path) -> None:
    unfinished = folder / "stack" / "postgres.new-123"
    (unfinished / "base").mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with running(postgres, folder):
        assert ask(postgres, "SELECT 1") == "1"
    assert not unfinished.exists()


def test_a_folder_without_a_whole_cluster_is_set_aside_not_deleted(postgres: Postgres, folder: Path) -> None:
    data = folder / "stack" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("18\n")
    (data / "notes.txt").write_text("mine")
    with running(postgres, folder):
        assert ask(postgres, "SELECT 1") == "1"
    (aside,) = data.parent.glob("postgres.incomplete-*")
    assert (aside / "notes.txt").read_text() == "mine"


def test_data_of_another_major_are_refused_naming_both_and_the_way_out(
    postgres: Postgres, folder: Path
) -> None:
    data = folder / "stack" / "postgres"
    (data / "global").mkdir(parents=True)
    (data / "PG_VERSION").write_text("13\n")
    (data / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(SetupProblem) as caught:
        postgres.prepare()
    text = str(caught.value)
    assert "made by PostgreSQL 13" in text
    assert f"are PostgreSQL {postgres.programs.major}" in text
    assert "BECKON_POSTGRES_BIN" in text
    assert "make demo-reset" in text
    assert (data / "PG_VERSION").exists()


def test_a_pid_file_whose_number_is_another_programs_by_now_does_not_stop_the_start(
    postgres: Postgres, folder: Path
) -> None:
    with running(postgres, folder):
        lines = (postgres.data / "postmaster.pid").read_text().splitlines()
    account = postgres.account.popen() if postgres.account else {}
    stranger = subprocess.Popen([shutil.which("sleep") or "sleep", "60"], **account)
    try:
        (postgres.data / "postmaster.pid").write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
        with running(postgres, folder):
            assert ask(postgres, "SELECT 1") == "1"
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_server_left_by_a_killed_run_is_stopped_first(postgres: Postgres, folder: Path, run: Path) -> None:
    postgres.prepare()
    program = postgres.program()
    left = subprocess.Popen(
        [os.fspath(word) for word in program.command],
        env=dict(program.env),
        cwd=program.cwd,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **(postgres.account.popen() if postgres.account else {}),
    )
    while not postgres.answers():
        assert left.poll() is None
    with running(Postgres(data=folder / "stack" / "postgres", run=run, durable=False), folder) as supervisor:
        assert left.wait(10) == 0
        assert supervisor.children["postgres"].pid != left.pid


def test_too_little_room_is_said_before_anything_is_made(postgres: Postgres, folder: Path) -> None:
    with pytest.raises(SetupProblem, match=r"nearly full: \d+ MB are free in .*needs \d+ MB"):
        postgres.prepare(least_free=2**60)
    assert not (folder / "stack" / "postgres").exists()


@only_root
def test_a_disk_that_fills_up_during_the_first_start_is_named(folder: Path) -> None:
    """In a mount namespace of its own, over a file system of 24 MB."""
    code = (
        "import sys; from pathlib import Path\n"
        "from config.embedded.postgres import Postgres\n"
        "from config.embedded.problems import SetupProblem\n"
        f"folder = Path({str(folder)!r})\n"
        "(folder / 'run').mkdir(); (folder / 'run').chmod(0o711)\n"
        "try: Postgres(data=folder / 'small' / 'postgres', run=folder / 'run').prepare(least_free=0)\n"
        "except SetupProblem as problem: print(problem)\n"
        "print([path.name for path in (folder / 'small').iterdir()])\n"
    )
    small = folder / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["unshare", "--mount", "sh", "-c", f'mount -t tmpfs -o size=24m none {small} && exec "$@"', "sh",
         sys.executable, "-c", code],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "permission denied" in mounted.stderr.lower() or "not permitted" in mounted.stderr.lower():
        pytest.skip("this container may not mount")
    said, left = mounted.stdout.splitlines()
    assert said.startswith("The disk became full while PostgreSQL's data were made in")
    assert left == "[]"


@only_root
def test_root_gives_away_the_data_and_socket_folders_and_nothing_else(
    postgres: Postgres, folder: Path, run: Path
) -> None:
    with running(postgres, folder) as supervisor:
        owner = pwd.getpwuid(Path(f"/proc/{supervisor.children['postgres'].pid}").stat().st_uid).pw_name
    assert owner == "nobody"
    given = {path.relative_to(folder) for path in (postgres.data, postgres.run)}
    nobody = pwd.getpwnam("nobody").pw_uid
    others = {path.relative_to(folder) for path in folder.rglob("*") if path.stat().st_uid == nobody}
    outside = {path for path in others if not any(path.is_relative_to(top) for top in given)}
    assert given <= others
    assert outside == set()


@only_root
def test_programs_and_data_in_a_home_closed_to_others_still_run(
    folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The wheel's programs, whatever server the suite itself runs on: Debian's cannot be moved.
    monkeypatch.delenv("BECKON_POSTGRES_BIN", raising=False)
    home = folder / "home"
    home.mkdir(mode=0o700)
    package = find_postgres().bin.parent.parent
    shutil.copytree(package, home / package.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), home / f"{package.name}.libs")
    monkeypatch.setenv("BECKON_POSTGRES_BIN", str(home / package.name / "pginstall" / "bin"))
    monkeypatch.setattr(unprivileged, "SHARED_STATE", folder / "state")
    monkeypatch.setattr("config.embedded.postgres.SHARED_STATE", folder / "state")
    postgres = Postgres(data=home / "stack" / "postgres", run=run, durable=False)
    with running(postgres, folder):
        assert ask(postgres, "SELECT 1") == "1"
    assert home.stat().st_mode & 0o777 == 0o700
    assert (home / "stack" / "postgres").is_symlink()
    again = Postgres(data=home / "stack" / "postgres", run=run, durable=False)
    with running(again, folder):
        assert ask(again, "SELECT 1") == "1"


@only_root
def test_an_account_that_does_not_exist_is_named(
    folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BECKON_POSTGRES_USER", "no-such-account")
    with pytest.raises(SetupProblem, match="no account 'no-such-account'"):
        Postgres(data=folder / "postgres", run=run)


def test_debians_postgres_runs_the_same_way(folder: Path, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    debian = Path("/usr/lib/postgresql/15/bin")
    if not debian.exists():
        pytest.skip("Debian's PostgreSQL 15 is not installed")
    monkeypatch.setenv("BECKON_POSTGRES_BIN", str(debian))
    postgres = Postgres(data=folder / "stack" / "postgres", run=run, durable=False)
    with running(postgres, folder):
        assert ask(postgres, "SHOW server_version").startswith("15.")
        assert ask(postgres, "SHOW server_encoding") == "UTF8"
