"""The way to a Dask scheduler, and every reason not to take it."""

import asyncio
import logging
import re
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from ssl import SSLContext, cert_time_to_seconds
from typing import Any

from oablib.base.errors import EnvironmentFault
from oablib.workers import card

CONNECT_SECONDS = 5
FIRST_WORKER_SECONDS = 15
START = (
    "Start a scheduler and workers as `oab certificates DIR` prints, with the same certificates, "
    "or leave OAB_SCHEDULER out to work on this machine alone; see docs/scaling.md."
)
ENCRYPTED = "tls://"
_ADDRESS = re.compile(r"\w+://(\[[0-9a-fA-F:.]+\]|[\w.-]+):[0-9]{1,5}")


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
    security = Security(require_encryption=True)
    try:
        certificates = security.get_connection_args("client")
    except OSError as error:
        raise EnvironmentFault(
            f"The certificates that are set up here cannot be read ({type(error).__name__}); make "
            "new ones with `oab certificates DIR` and set the variables that it prints."
        ) from None
    _fail_if_certificates_are_absent_or_old(address, certificates["ssl_context"])
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
    """Tasks hold rows of children, and anybody that can send a worker a task commands it.

    On this machine too: its other users can reach a port.
    """
    if not _ADDRESS.fullmatch(address):
        raise EnvironmentFault(
            f"{address!r} cannot be the address of a scheduler; expected, as the scheduler prints "
            "it, tls://<host>:<port>."
        )
    if not address.startswith(ENCRYPTED):
        raise EnvironmentFault(
            f"The address of the scheduler {address} is not encrypted; expected tls://<host>:"
            "<port>, on this machine too. `oab certificates DIR` makes certificates and says how "
            "to start scheduler and workers with them."
        )


def _fail_if_certificates_are_absent_or_old(address: str, context: SSLContext | None) -> None:
    if context is None:
        raise EnvironmentFault(
            f"The scheduler {address} asks for certificates and none are set up here; `oab "
            "certificates DIR` makes them and prints the variables that name them."
        )
    ends = [str(authority["notAfter"]) for authority in context.get_ca_certs()]
    if all(cert_time_to_seconds(end) < time.time() for end in ends):
        raise EnvironmentFault(
            f"The certificates that are set up here were valid until {', '.join(ends)}; make new "
            "ones with `oab certificates DIR`, and start scheduler and workers with them."
        )


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
    plain = [worker for worker in threads if not worker.startswith(ENCRYPTED)]
    if plain:
        raise EnvironmentFault(
            f"{len(plain)} of {len(threads)} workers are reached without encryption ({plain[0]}); "
            f"start workers with `dask worker {ENCRYPTED}<host>:<port>`."
        )
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
