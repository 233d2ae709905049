# SPDX-License-Identifier: Apache-2.0
"""Two machines with a line between them that loses, crawls or changes: network namespaces of this one."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

has_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("ip", "tc", "iptables"))),
    reason="lines that lose packets are made by root, with ip, tc and iptables",
)


@dataclass(frozen=True, slots=True)
class Machine:
    """One end of a line."""

    name: str
    address: str
    """For URLs and peers; of IPv6 with its brackets."""

    @property
    def at(self) -> tuple[str, ...]:
        """What a command begins with, to run there."""
        return ("ip", "netns", "exec", self.name)

    def run(self, command: str) -> None:
        """Change something there."""
        subprocess.run([*self.at, *command.split()], check=True, capture_output=True)

    def loses(self, percent: int) -> None:
        """So much of what arrives is lost."""
        lose = f"INPUT -i line -m statistic --mode random --probability {percent / 100} -j DROP"
        self.run(f"iptables -A {lose}")

    def crawls(self, bytes_per_s: int) -> None:
        """It sends no faster than that, in all."""
        self.run(f"tc qdisc add dev line root tbf rate {bytes_per_s * 8}bit burst 3kb latency 2s")

    def runs_again(self) -> None:
        """As fast as it can."""
        self.run("tc qdisc del dev line root")


@contextlib.contextmanager
def line(first: str = "10.77.0.1/24", second: str = "10.77.0.2/24") -> Iterator[tuple[Machine, Machine]]:
    """Two machines that see each other and nobody else."""
    machines = [_machine(end, one) for end, one in (("a", first), ("b", second))]
    with contextlib.ExitStack() as stack:
        for machine in machines:
            subprocess.run(["ip", "netns", "add", machine.name], check=True)
            stack.callback(subprocess.run, ["ip", "netns", "del", machine.name], check=False)
        names = [machine.name for machine in machines]
        pair = f"ip link add line netns {names[0]} type veth peer name line netns {names[1]}"
        subprocess.run(pair.split(), check=True)
        for machine, address in zip(machines, (first, second), strict=True):
            machine.run("ip link set dev line gso_max_segs 1")  # packets of their usual size, so that one can be lost
            for command in (f"ip addr add {address} dev line nodad", "ip link set lo up", "ip link set line up"):
                machine.run(command if ":" in address else command.removesuffix(" nodad"))
        yield machines[0], machines[1]


def _machine(end: str, address: str) -> Machine:
    host = address.partition("/")[0]
    return Machine(f"seedbed-{os.getpid()}-{end}", f"[{host}]" if ":" in host else host)
