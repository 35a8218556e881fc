"""Certificates of a session, and who cannot reach a cluster that uses them."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cluster_tasks as tasks
import pytest

from oablib.base.errors import EnvironmentFault, InputError
from oablib.workers import certificates, cluster, connection

pytest.importorskip("distributed", reason="needs the extra `cluster`")
pytest.importorskip("cryptography", reason="needs the extra `cluster`")


def test_only_their_owner_can_read_them(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    certificates.make(folder, days=1)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()} == dict.fromkeys(
        ["authority.pem", *(f"{role}.{kind}" for role in certificates.ROLES
                            for kind in ("key", "pem"))], 0o600,
    )  # fmt: skip


def test_openssl_finds_that_each_is_good_for_its_end_alone(tmp_path: Path) -> None:
    certificates.make(tmp_path / "made", days=1)

    def accepted(role: str, purpose: str) -> bool:
        words = ["openssl", "verify", "-purpose", purpose]
        words += ["-CAfile", "authority.pem", f"{role}.pem"]
        return not subprocess.run(words, cwd=tmp_path / "made", capture_output=True).returncode

    for role in certificates.ROLES:
        assert accepted(role, "sslclient")
        assert accepted(role, "sslserver") == (role != "client")


def test_a_new_session_takes_the_place_of_the_last_and_of_nothing_else(tmp_path: Path) -> None:
    made = certificates.make(tmp_path / "made", days=1)
    before = (made.folder / "client.key").read_bytes()
    certificates.make(tmp_path / "made", days=1)
    assert (made.folder / "client.key").read_bytes() != before
    (made.folder / "thesis.docx").touch()
    with pytest.raises(InputError, match=r"other files \(1\)"):
        certificates.make(made.folder, days=1)


def test_old_ones_are_told_apart_from_a_scheduler_that_does_not_answer(tmp_path: Path) -> None:
    with tasks.certified(tmp_path / "certificates"):
        past = datetime.now(tz=UTC) - timedelta(days=9)
        signed = certificates._signed(past, past + timedelta(days=1))
        for name, content in signed.items():
            (tmp_path / "certificates" / name).write_bytes(content)
        with pytest.raises(EnvironmentFault, match="were valid until"):
            connection.connected("tls://127.0.0.1:9", {})


def test_absent_ones_and_unreadable_ones_are_told(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFault, match="none are set up"):
        connection.connected("tls://127.0.0.1:9", {})
    with tasks.certified(tmp_path / "certificates"):
        (tmp_path / "certificates" / "client.key").write_text("damaged")
        with pytest.raises(EnvironmentFault, match="cannot be read"):
            connection.connected("tls://127.0.0.1:9", {})


def test_without_cryptography_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(EnvironmentFault, match="extra `cluster`") as refused:
        certificates.make(tmp_path / "made", days=1)
    assert refused.value.exit_code == 5
    assert not (tmp_path / "made").exists()


def test_others_on_this_machine_reach_neither_scheduler_nor_worker(tmp_path: Path) -> None:
    """Without a certificate, or with those of another session, no port answers."""
    from distributed import Security, rpc

    with tasks.started(tmp_path, workers=1) as here:
        with cluster.executor(here.address) as executor:
            assert executor.submit(tasks.square, 3).result() == 9
            worker = next(iter(executor._client.nthreads()))
        other = certificates.make(tmp_path / "other", days=1).folder
        names = {"tls_ca_file": other / "authority.pem", "tls_client_cert": other / "client.pem"}
        names["tls_client_key"] = other / "client.key"
        stranger = Security(require_encryption=True, **{k: str(v) for k, v in names.items()})
        ours = Security(require_encryption=True).get_connection_args("client")
        for address in (here.address, worker):
            assert asyncio.run(_answers(rpc, address, ours))
            for arguments, at in (
                ({}, address.replace("tls", "tcp")),
                (stranger.get_connection_args("client"), address),
            ):
                assert not asyncio.run(_answers(rpc, at, arguments))


async def _answers(rpc: type, address: str, arguments: dict) -> bool:
    try:
        async with rpc(address, connection_args=arguments, timeout=2) as one:
            return bool(await asyncio.wait_for(one.identity(), 2))
    except (OSError, TimeoutError):
        return False
