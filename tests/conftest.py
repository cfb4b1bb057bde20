"""What every test stands on: real services on loopback, and nothing beyond it."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import socket
from collections.abc import Generator, Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from django.conf import settings as django_settings
from django.core.management.color import Style
from django.core.management.commands import flush
from django.db.backends.postgresql.creation import DatabaseCreation
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck, settings

from config import assets
from tests.browser import chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

# How long an example takes says something about the machine, nothing about the rule.
settings.register_profile("rules", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rules")


class SocketOffLoopback(AssertionError):
    """A test tried to reach another machine."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests first, then those with a browser, then the rest.

    So no worker ends with one of them while the others have nothing left.
    """
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    browser = {item.path for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: (item.path not in slow, item.path not in browser))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Spare the garbage collector what stays to the end: Django, the suite's modules and its tests.

    It walked them again every few tests, which was a sixth of their work.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(10_000, 20, 20)
        gc.enable()


@pytest.fixture(autouse=True, scope="session")
def only_loopback() -> Iterator[None]:
    """Sockets to anywhere but this machine fail at once."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def checked(line: socket.socket, address: object) -> None:
        if line.family in {socket.AF_INET, socket.AF_INET6} and isinstance(address, tuple):
            host = str(address[0]).split("%")[0]
            if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
                raise SocketOffLoopback(f"a test tried to connect to {host}")

    def guarded_connect(line: socket.socket, address: object) -> None:
        checked(line, address)
        connect(line, address)

    def guarded_connect_ex(line: socket.socket, address: object) -> int:
        checked(line, address)
        return connect_ex(line, address)

    socket.socket.connect, socket.socket.connect_ex = guarded_connect, guarded_connect_ex
    yield
    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex


@pytest.fixture(autouse=True, scope="session")
def stored_files_go() -> Iterator[None]:
    """What tests stored is removed with them."""
    yield
    shutil.rmtree(django_settings.MEDIA_ROOT, ignore_errors=True)


#: Written by migrating, the same for every test: Django would only write them again.
OF_THE_SCHEMA = {"django_content_type", "auth_permission"}
#: Rows go where there are any, without triggers and foreign keys (which needs a superuser).
_EMPTY = """
DO $$
DECLARE name text; filled boolean;
BEGIN
    FOR attempt IN 1..5 LOOP
        BEGIN
            SET LOCAL session_replication_role = replica;
            FOREACH name IN ARRAY ARRAY[{tables}] LOOP
                EXECUTE format('SELECT EXISTS (SELECT FROM %I)', name) INTO filled;
                IF filled THEN EXECUTE format('DELETE FROM %I', name); END IF;
            END LOOP;
            EXIT;
        EXCEPTION
            WHEN insufficient_privilege THEN
                TRUNCATE {truncated};
                EXIT;
            WHEN deadlock_detected THEN
                -- A page that was open to the end of a browser test asks its last question.
                PERFORM pg_sleep(0.2);
        END;
    END LOOP;
END $$
"""


@pytest.fixture(autouse=True, scope="session")
def dropped_whoever_looks_on() -> Iterator[None]:
    """The test database goes at the end, also while a page that was open is still answered."""
    drop = DatabaseCreation._destroy_test_db

    def ended_first(creation: DatabaseCreation, name: str, verbosity: int) -> None:
        with creation._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )
        drop(creation, name, verbosity)

    DatabaseCreation._destroy_test_db = ended_first
    yield
    DatabaseCreation._destroy_test_db = drop


@pytest.fixture(autouse=True, scope="session")
def emptied_by_deleting() -> Iterator[None]:
    """After a test with real commits only the tables that hold something are emptied.

    Django truncates all of them, which makes every file of every index anew: ten times the work of most such tests.
    Then it looks whether a row of ``OF_THE_SCHEMA`` is missing, model by model, as after a migration; they stay here.
    """
    truncate, look = DatabaseOperations.sql_flush, flush.emit_post_migrate_signal

    def sql_flush(
        operations: DatabaseOperations,
        style: Style,
        tables: Sequence[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        if reset_sequences or not tables:
            return truncate(
                operations, style, tables, reset_sequences=reset_sequences, allow_cascade=allow_cascade
            )
        chosen = [table for table in tables if table not in OF_THE_SCHEMA]
        names = ", ".join(f"'{table}'" for table in chosen)
        truncated = ", ".join(operations.quote_name(table) for table in chosen)
        return [_EMPTY.format(tables=names, truncated=truncated)]

    DatabaseOperations.sql_flush, flush.emit_post_migrate_signal = sql_flush, lambda *_, **__: None
    yield
    DatabaseOperations.sql_flush, flush.emit_post_migrate_signal = truncate, look


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What starts browsers; one in a process, as its loop allows no second."""
    from playwright.sync_api import expect, sync_playwright  # noqa: PLC0415 - only where there are browser tests

    # Playwright's loop runs in this thread; Django then takes the test's own queries for asynchronous ones.
    os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    expect.set_options(timeout=chromium.PATIENCE)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """One Chromium for the session."""
    path = chromium.required()
    driver: Playwright = request.getfixturevalue("playwright")
    assets.build()
    chrome = driver.chromium.launch(executable_path=path, args=chromium.FLAGS)
    yield chrome
    chrome.close()
