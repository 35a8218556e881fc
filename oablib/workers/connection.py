"""The way to a Dask scheduler, and every reason not to take it."""

import asyncio
import logging
import os
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from oablib.base.errors import EnvironmentFault
from oablib.workers import card

CONNECT_SECONDS = 5
FIRST_WORKER_SECONDS = 15
PLAIN = "OAB_SCHEDULER_PLAIN"
"""Set to 1 where the network itself is closed and encrypted: tcp:// is then taken everywhere."""
PROTOCOLS = ("", "tcp", "ws", *(ENCRYPTED := ("tls", "wss")))
START = (
    "Start one with `dask scheduler --host 127.0.0.1 --port 8786` and workers with `dask worker "
    "<address> --nthreads 1`, or leave OAB_SCHEDULER out to work on this machine alone; see "
    "docs/scaling.md."
)
_LOCATION = re.compile(r"(\[[0-9a-fA-F:.]+\]|[\w.-]+):[0-9]{1,5}")


def connected(address: str, wanted: Mapping[str, str]) -> Any:
    """A client of a scheduler whose workers all have the card `wanted`.

    Raises EnvironmentFault as cluster.executor says.
    """
    _fail_if_address_is_open(address)
    client = _client(address)
    try:
        _fail_if_scheduler_lacks_oablib(client, address)
        _fail_if_worker_is_absent(client, address)
        _fail_if_workers_differ(client, wanted)
    except BaseException:
        client.close(timeout=CONNECT_SECONDS)
        raise
    return client


def _client(address: str) -> Any:
    try:
        from distributed import Client, Security
    except ImportError:
        raise EnvironmentFault(
            f"The scheduler {address} needs the package distributed, which is not installed; "
            "install the extra `cluster`: pip install 'oablib[cluster]'."
        ) from None
    # What goes wrong is said once, by the errors that this module raises.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    security = Security()
    certificates = security.get_connection_args("client")
    _fail_if_certificates_are_absent(address, certificates)
    _fail_if_nothing_answers(address, certificates)
    options = {"timeout": CONNECT_SECONDS, "set_as_default": False, "asynchronous": False}
    return Client(address, security=security, name="oab", **options)


def _fail_if_nothing_answers(address: str, certificates: Mapping[str, Any]) -> None:
    """Ask before there is a client, which would wait for longer when something else listens."""
    from distributed import rpc

    async def identity() -> Any:
        async with rpc(address, connection_args=dict(certificates)) as scheduler:
            return await asyncio.wait_for(scheduler.identity(), CONNECT_SECONDS)

    # In a thread, for the caller may be a notebook, whose own loop runs.
    with ThreadPoolExecutor(1) as thread:
        try:
            answer = thread.submit(asyncio.run, identity()).result()["type"]
        # What else than OSError comes depends on what listens there instead.
        except Exception as error:
            answer = type(error).__name__
    if answer != "Scheduler":
        raise EnvironmentFault(
            f"No Dask scheduler answered at {address} within {CONNECT_SECONDS} seconds "
            f"({answer}). {START}"
        )


def _fail_if_address_is_open(address: str) -> None:
    """Tasks hold rows of children, and anybody that can send a worker a task commands it."""
    protocol, _, location = address.rpartition("://")
    if protocol not in PROTOCOLS or not _LOCATION.fullmatch(location):
        raise EnvironmentFault(
            f"{address!r} cannot be the address of a scheduler; expected, as the scheduler prints "
            "it, tls://<host>:<port> or tcp://127.0.0.1:<port>."
        )
    if protocol not in ENCRYPTED and not _is_here(location) and os.environ.get(PLAIN) != "1":
        raise EnvironmentFault(
            f"The scheduler {address} is on another machine and its address is not encrypted; "
            "expected tls://... Set up certificates (docs/scaling.md), or set "
            f"{PLAIN}=1 where the network itself is closed and encrypted."
        )


def _fail_if_certificates_are_absent(address: str, certificates: Mapping[str, Any]) -> None:
    if address.startswith(ENCRYPTED) and not certificates.get("ssl_context"):
        raise EnvironmentFault(
            f"The scheduler {address} asks for certificates and none are set up here; name them "
            "in DASK_DISTRIBUTED__COMM__TLS__CA_FILE, ..._TLS__CLIENT__CERT and "
            "..._TLS__CLIENT__KEY (docs/scaling.md)."
        )


def _is_here(location: str) -> bool:
    """Whether host:port is on this machine, as far as its name tells."""
    host = urlsplit(f"//{location}").hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _fail_if_scheduler_lacks_oablib(client: Any, address: str) -> None:
    """It hands on the names of functions, for which it has to know them."""
    try:
        client.run_on_scheduler(card.actual, ["oablib"])
    except Exception as error:
        raise EnvironmentFault(
            f"The scheduler {address} cannot use oablib ({type(error).__name__}); start it in an "
            "environment where oablib is installed, as workers are."
        ) from None


def _fail_if_worker_is_absent(client: Any, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=FIRST_WORKER_SECONDS)
    except TimeoutError:
        raise EnvironmentFault(
            f"The scheduler {address} answers but has had no worker for {FIRST_WORKER_SECONDS} "
            f"seconds; start one with `dask worker {address} --nthreads 1`."
        ) from None


def _fail_if_workers_differ(client: Any, wanted: Mapping[str, str]) -> None:
    """Ask every worker at once; one that cannot import oablib answers with an error."""
    threads = client.nthreads()
    several = [worker for worker, count in threads.items() if count > 1]
    if several:
        raise EnvironmentFault(
            f"{len(several)} of {len(threads)} workers run several tasks at a time in one process "
            f"({several[0]}: {threads[several[0]]} threads), which the libraries used here do not "
            "allow; start workers with `--nthreads 1`, and more of them with `--nworkers`."
        )
    for worker, actual in client.run(card.actual, list(wanted), on_error="return").items():
        if isinstance(actual, BaseException):
            raise EnvironmentFault(
                f"Worker {worker} cannot use oablib ({type(actual).__name__}); install there what "
                f"is installed here: oablib {wanted['oablib']}."
            )
        card.fail_if_it_differs(wanted, actual, where=f"Worker {worker}")
