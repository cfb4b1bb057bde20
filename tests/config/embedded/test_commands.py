"""What ``make demo`` and ``make test`` say and answer."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import demo, prepare, suite
from config.embedded.ending import Ended
from config.embedded.folders import take_lock
from config.embedded.problems import SetupProblem
from config.embedded.programs import ROOT

from .test_supervisor import gone


def test_help_prints_every_target_of_the_makefile() -> None:
    # Inside `make test` a make of ours would say which folder it enters.
    command = ["make", "--no-print-directory", "help"]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {line.split()[1] for line in printed.splitlines()} == targets
    assert {"demo", "demo-reset", "test", "walkthrough", "chaos", "bench-outbox"} <= targets


@pytest.mark.parametrize("port", ["0", "70000", "eight", "-1"])
def test_a_port_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)
    with pytest.raises(SetupProblem, match=f"PORT={port} is not a port number"):
        demo.wanted_port()


def test_reset_deletes_the_data_unless_they_are_in_use(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "demo" / "postgres").mkdir(parents=True)
    with take_lock(folder / "demo"), pytest.raises(SetupProblem, match="already running"):
        demo.reset(folder / "demo")
    assert (folder / "demo" / "postgres").exists()
    demo.reset(folder / "demo")
    assert not (folder / "demo").exists()
    demo.reset(folder / "demo")
    assert "There are no demo data." in capsys.readouterr().out


def test_the_last_line_says_what_was_skipped_and_how_to_get_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.conclude([], {"browser": 12, "mail": 3}, strict=False) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith(
        "15 tests were skipped: 12 without Chromium or Firefox (Debian: apt install chromium firefox-esr)"
    )
    assert "3 without Dovecot (Debian, Ubuntu: apt install dovecot-imapd dovecot-lmtpd)" in last


def test_in_ci_a_skipped_browser_test_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert suite.conclude([], {"browser": 1}, strict=True) == 1
    assert suite.conclude([], {}, strict=True) == 0
    assert suite.conclude(["types"], {}, strict=False) == 1
    assert "FAILED: types" in capsys.readouterr().out


def test_skipped_tests_are_counted_by_what_they_miss(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "@pytest.mark.browser\n@pytest.mark.skip(reason='no Chromium')\ndef test_page(): ...\n"
        "@pytest.mark.mail\ndef test_mail(): pytest.skip('no Dovecot')\n"
        "@pytest.mark.mail\ndef test_mail_that_runs(): ...\n"
        "@pytest.mark.skip(reason='another')\ndef test_other(): ...\n"
    )
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser: b\n    mail: m\n")
    arguments = ["--rootdir", str(tmp_path), "-c", str(tmp_path / "pytest.ini"), "-q", str(tmp_path)]
    arguments += ["-p", "no:django", "-p", "no:cacheprovider"]
    code, skipped = suite.run_pytest({"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}, arguments)
    assert (code, skipped) == (0, {"browser": 1, "mail": 1})


def test_checks_run_side_by_side_and_a_failing_one_hides_no_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    waiting = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    commands = {
        # Ends only once the next one has begun.
        "one": [sys.executable, "-c", f"{waiting}\nprint('one is done')", str(tmp_path / "begun")],
        "two": [
            sys.executable,
            "-c",
            "import pathlib, sys; pathlib.Path(sys.argv[1]).touch(); sys.exit('two is not well')",
            str(tmp_path / "begun"),
        ],
        "three": [sys.executable, "-c", "raise SystemExit(3)"],
    }
    assert suite.run_checks(commands, {"PATH": "/usr/bin:/bin"}, at_once=2) == ["two", "three"]
    said = capfd.readouterr().out
    assert re.search(r"── one ─+\none is done\n   one: ok in \d", said)
    assert re.search(r"── two ─+\ntwo is not well\n   two: FAILED in \d", said)


def test_the_tests_wait_for_every_check_but_the_types(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    waiting = "import pathlib, sys, time\nwhile not pathlib.Path(sys.argv[1]).exists(): time.sleep(0.01)"
    commands = {
        # Ends only once the tests have begun.
        "types": [
            sys.executable,
            "-c",
            f"{waiting}\nsys.exit('types: a str is no int')",
            str(tmp_path / "begun"),
        ],
        "database": [sys.executable, "-c", "raise SystemExit(1)"],
        "lint": [sys.executable, "-c", ""],
    }

    def tests(failed: list[str]) -> bool:
        assert failed == ["database"]
        assert "lint: ok" in capfd.readouterr().out
        (tmp_path / "begun").touch()
        return False

    env = {"PATH": "/usr/bin:/bin"}
    assert suite.run_checks(commands, env, at_once=2, tests=tests) == ["types", "database", "tests"]
    assert "types: a str is no int" in capfd.readouterr().out


@pytest.mark.parametrize("code", [0, 1])
def test_the_list_of_all_tests_is_printed_only_when_it_could_not_be_made(
    code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    commands = {"collection": [sys.executable, "-c", f"print('test_nothing'); raise SystemExit({code})"]}
    assert suite.run_checks(commands, {"PATH": "/usr/bin:/bin"}) == ["collection"] * code
    assert ("test_nothing" in capfd.readouterr().out) is bool(code)


def test_a_check_ends_with_the_one_who_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    started: set[int] = set()

    def ended(checks: object) -> None:
        while len(started) < 1:
            started.update(child.pid for child in tuple(suite.running))
        raise Ended(signal.SIGTERM)

    monkeypatch.setattr(suite, "as_completed", ended)
    with pytest.raises(Ended):
        suite.run_checks({"long": [sys.executable, "-c", "import time; time.sleep(60)"]}, {}, at_once=1)
    assert all(gone(pid, within=10) for pid in started)


def test_a_step_that_does_not_exist_is_refused_with_those_that_do(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        suite.main(["lnit"])
    assert "there is no step lnit; there are lint, format, types" in capsys.readouterr().err


def test_preparing_is_due_again_only_when_something_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    migration = tmp_path / "people" / "migrations" / "0001_initial.py"
    migration.parent.mkdir(parents=True)
    migration.write_text("one")
    state = tmp_path / "prepared.json"
    assert prepare.is_due(state, static=False, demo=False)
    prepare.remember_migrated(state)
    assert not prepare.is_due(state, static=False, demo=False)
    assert prepare.is_due(state, static=False, demo=True)
    migration.write_text("another")
    assert prepare.is_due(state, static=False, demo=False)
    state.write_text("{ half a fi")
    assert prepare.is_due(state, static=False, demo=False)


def test_run_gives_back_the_commands_exit_code_and_stops_the_servers() -> None:
    code = "import os, sys; print(os.environ['DATABASE_URL']); sys.exit(7)"
    servers = ["-m", "config.embedded.run", "--no-processes", "--no-migrate"]
    done = subprocess.run(
        [sys.executable, *servers, "--", sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 7
    socket_folder = Path(done.stdout.strip().split("host=")[1])
    assert not socket_folder.exists()
