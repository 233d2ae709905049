# SPDX-License-Identifier: Apache-2.0
"""The compiled form of the tracker is the same tracker: the plain form's tests pass with it, and it answers alike."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from seedbed.tracker.access import Everything
from seedbed.tracker.swarm import Limits, Swarms
from seedbed.tracker.tracker import Tracker
from seedbed.tracker.udp_wire import ConnectionIds
from tests.datagrams import PROTOCOL, talk

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler"),
]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which ``seedbed`` is the compiled form."""
    folder = tmp_path_factory.mktemp("compiled")
    command = [sys.executable, str(ROOT / "packaging" / "compiling.py"), str(folder), "-O0"]
    subprocess.run(command, check=True, capture_output=True)
    return {**os.environ, "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"}


def run(environment: dict[str, str], *command: str) -> str:
    """What a program of Python prints."""
    done = subprocess.run(
        [sys.executable, *command], env=environment, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_it_is_compiled(compiled: dict[str, str]) -> None:
    """The tests below would pass with the plain form too."""
    program = "import seedbed.tracker.swarm as s, seedbed.tracker.udp_door as d; print(d.FORM, s.__file__)"

    form, file = run(compiled, "-c", program).split()

    assert (form, Path(file).suffix) == ("compiled", ".so")


def test_the_tests_of_the_plain_form_pass(compiled: dict[str, str]) -> None:
    """Of all that is compiled, and of what stands on it; among them table K."""
    names = "peers swarm udp_wire http_wire lines proxies http_door http_bodies ws_wire ws_frames ws_tracker ws_door"
    names += " udp_keys"
    tests = [f"tests/unit/tracker/test_{name}.py" for name in names.split()]
    told = run(compiled, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *tests)

    assert " passed" in told
    assert "failed" not in told


PROGRAM = """
import json, random
from seedbed.tracker import access, swarm, tracker, udp_fast, udp_wire
from tests.datagrams import talk
swarms = swarm.Swarms(swarm.Limits(crowded={crowded}, max_of_network=9), random.Random(3).randrange)
one = tracker.Tracker(swarms, access.Everything(), udp_wire.ConnectionIds(b"key"))
fast = udp_fast.Fast(one)
print(json.dumps([talk(one, {count}, {answer}), fast.passed]))
"""


@pytest.mark.parametrize("crowded", [50, 100_000], ids=["small", "large"])
@pytest.mark.parametrize("answer", ["one.datagram", "fast.datagram"])
def test_both_forms_answer_alike(compiled: dict[str, str], crowded: int, answer: str) -> None:
    """A long talk of many clients, good and bad ones: byte for byte; by functions, and by the way without objects.

    Small swarms are crowded from fifty peers on; large ones have some hundred peers, and a table to find them.
    """
    count = 40_000
    swarms = Swarms(Limits(crowded=crowded, max_of_network=9), random.Random(3).randrange)
    plain = talk(Tracker(swarms, Everything(), ConnectionIds(b"key")), count)
    found, passed = json.loads(run(compiled, "-c", PROGRAM.format(crowded=crowded, count=count, answer=answer)))

    assert found == plain
    assert len(set(plain)) > 1000
    assert "fast" not in answer or count // 10 < count - passed  # many went the short way
    assert crowded == 50 or max(len(swarm.v4) for _, swarm in swarms.each()) > 200


@pytest.mark.parametrize("target", ["fuzz_tracker_udp", "fuzz_tracker_http"])
def test_fuzzed(compiled: dict[str, str], target: str) -> None:
    """No input ends it; the fuzzer sees no coverage in compiled code, and tries all the more inputs."""
    pytest.importorskip("atheris")
    # libFuzzer takes the test runner's peak of memory, which a child inherits, for its own.
    run(compiled, f"tests/fuzz/{target}.py", "-runs=100000", "-max_total_time=5", "-rss_limit_mb=0")


@contextlib.contextmanager
def tracking(environment: dict[str, str], folder: Path, host: str = "127.0.0.1") -> Iterator[tuple[str, socket.socket]]:
    """``seedbed tracker`` on UDP alone; its form, and a client's socket."""
    where = f"[{host}]:0" if ":" in host else f"{host}:0"
    command = [sys.executable, "-m", "seedbed", "tracker", "--open", "--lan", "--json", "--udp", where,
               "--record", str(folder / "tracker.sqlite")]  # fmt: skip
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with (
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process,
        socket.socket(family, socket.SOCK_DGRAM) as client,
    ):
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        client.connect((host, int(ready["urls"][0].rpartition(":")[2].partition("/")[0])))
        client.settimeout(10)
        try:
            yield ready["form"], client
        finally:
            process.terminate()
            assert process.wait(15) == 0


def connected(client: socket.socket) -> bytes:
    """A connection id."""
    client.send(struct.pack(">QII", PROTOCOL, 0, 7))
    answer = client.recv(2048)
    assert (len(answer), answer[:8]) == (16, struct.pack(">II", 0, 7))
    return answer[8:]


def announce(connection: bytes, number: int) -> bytes:
    """Of the peer with that port."""
    head = struct.pack(">8sII20s20s", connection, 1, number, b"h" * 20, b"-XX0001-abcdefghijkl")
    return head + struct.pack(">QQQIIIiH", 5, 1, 6, 0, 0, 1234, 0, 2000 + number)


@pytest.fixture(params=["plain", "compiled"])
def form(request: pytest.FixtureRequest, compiled: dict[str, str]) -> tuple[str, dict[str, str]]:
    """A form, and the environment in which it runs."""
    return request.param, compiled if request.param == "compiled" else {**os.environ, "PYTHONPATH": str(ROOT)}


def test_k17_a_million_random_datagrams_on_the_wires(form: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    """No answer and no end, whatever comes; forged ids among them. Who is honest is served after it.

    Most of them go to the compiled form; the plain one has a million of its own in ``test_udp_wire``.
    """
    chance = random.Random(17)
    noise = memoryview(chance.randbytes(1 << 20))
    forged = [announce(chance.randbytes(8), number) for number in range(100)]
    with tracking(form[1], tmp_path) as (name, client):
        assert name == form[0]
        for number in range(900_000 if form[0] == "compiled" else 100_000):
            start = number * 997 % (len(noise) - 200)
            client.send(noise[start : start + number % 150] if number % 4 else forged[number // 4 % 100])
        client.settimeout(0.5)
        with pytest.raises(TimeoutError):
            client.recv(2048)
        client.settimeout(10)
        client.send(announce(connected(client), 5))
        assert client.recv(2048)[:20] == struct.pack(">IIIII", 1, 5, 1800, 1, 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_many_at_once_are_all_answered(form: tuple[str, dict[str, str]], tmp_path: Path, host: str) -> None:
    """More than one batch, over each version of IP, each answer to its question, whatever stands between them."""
    with tracking(form[1], tmp_path, host) as (_, client):
        connection = connected(client)
        for number in range(150):
            client.send(announce(connection, number))
            client.send(b"noise")
        answers = sorted(struct.unpack_from(">II", client.recv(2048)) for _ in range(150))

    assert answers == [(1, number) for number in range(150)]
