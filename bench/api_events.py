"""``make bench-api``: events a second, from the change to a local receiver, by one worker.

News of 5,000 subjects is written as the product writes it, published in batches and delivered by one visit after the
other in one process to a receiver in another that answers at once. Then the same with two receivers, one of which takes
a connection and never answers: how much longer the other waits for its events.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.report import Figure, show
from config.embedded.stack import Stack


def main() -> int:
    """Run the bench, or with ``--receiver`` be the program that is told."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=5_000)
    parser.add_argument("--receiver", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.receiver:
        asyncio.run(_receive())
        return 0
    with Stack(workers=(), beat=False, web=False, durable=False) as stack:
        stack.use_django()
        logging.getLogger().setLevel(logging.WARNING)
        with _receiver() as url:
            return show(_measure(wanted.events, url))


async def _receive() -> None:
    """Answers every request with 204; prints its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    int(line.partition(b":")[2])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length:")
                )
                await reader.readexactly(length)
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def _receiver() -> Iterator[str]:
    with subprocess.Popen(
        [sys.executable, "-m", "bench.api_events", "--receiver"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}/"
        finally:
            process.terminate()


def _measure(count: int, url: str) -> list[Figure]:
    from accounts.models import Organisation, Role, User  # noqa: PLC0415 - models are there once Django is loaded
    from publishing import endpoints  # noqa: PLC0415

    organisation = Organisation.objects.create(name="Bench")
    actor = User.objects.create_user(
        "bench@bench.example", "x", name="Bench", organisation=organisation, role=Role.ADMIN
    )
    endpoints.create(actor=actor, url=url, description="", types=())
    written, published, delivered, cpu = _run(organisation.pk, count)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes the line and never answers
        port = silent.getsockname()[1]
        endpoints.create(actor=actor, url=f"http://127.0.0.1:{port}/", description="", types=())
        *_, beside, _ = _run(organisation.pk, count)
    return [
        Figure("events_delivered_per_second", count / delivered, floor=500.0, unit="1/s"),
        Figure("events_cpu_ms_each", 1_000 * cpu / count, unit="ms"),
        Figure("events_beside_a_dead_receiver_share", delivered / beside, floor=0.8),
        Figure("events_published_per_second", count / published, unit="1/s"),
        Figure("events_written_per_second", count / written, unit="1/s"),
    ]


def _run(organisation_id: int, count: int) -> tuple[float, float, float, float]:
    """Seconds to write, to publish and to deliver to the first endpoint, and the deliverer's processor seconds.

    Delivered is when the last of them was taken: a visit goes on for as long as a call to somebody else is under way.
    """
    from django.db import transaction  # noqa: PLC0415
    from django.db.models import Max  # noqa: PLC0415
    from django.utils import timezone  # noqa: PLC0415

    from foundation import events  # noqa: PLC0415
    from publishing import sending  # noqa: PLC0415
    from publishing.models import Endpoint, WebhookDelivery  # noqa: PLC0415

    first = Endpoint.objects.for_organisation(organisation_id).order_by("pk")[0]
    owed = WebhookDelivery.objects.for_organisation(organisation_id).filter(endpoint=first)
    open_ones = owed.filter(status__in=["waiting", "sending"])
    begun = time.perf_counter()
    for pk in range(count):
        with transaction.atomic():
            events.emit(
                "candidate.updated",
                organisation_id=organisation_id,
                subject=f"candidate:{pk}",
                candidate_id=pk,
            )
    written = time.perf_counter()
    while events.deliver_batches():
        pass
    published, cpu, since = time.perf_counter(), time.process_time(), timezone.now()
    while open_ones.exists():
        sending.visit()
    delivered = (owed.aggregate(at=Max("tried_at"))["at"] - since).total_seconds()
    return written - begun, published - written, delivered, time.process_time() - cpu


if __name__ == "__main__":
    sys.exit(main())
