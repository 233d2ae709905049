# SPDX-License-Identifier: Apache-2.0
"""Paired measurements: whole processes in rotation A B C A B C …, compared round by round.

Absolute times of a shared machine mean little; the ratio of two programs that ran seconds apart
means much. So every round runs each contender once, ratios are formed inside the round, and the
median over the rounds is reported. Programs are measured as a person runs them: as whole
processes, with the page cache warm.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import resource
    from collections.abc import Callable, Mapping, Sequence

QUIET_WAIT_S = 20.0
"""Longest wait for a quiet machine before a run; a busy machine is recorded, not waited out."""

QUIET_LOAD = 0.3
"""Foreign load, in cores, below which a run counts as quiet."""


METHOD = """Method: whole processes in rotation (A B C A B C …), start-up and exit included, page cache warm, a bounded
wait for a quiet machine before each run, and a run that others disturbed (more than 0.3 core) repeated up to three
times.
Medians; the last two columns are medians of the ratios inside each round. GB are 10^9 bytes.
"""

TRIES = 4
"""How often a disturbed run is repeated at most."""

POLL_S = 0.005
"""How often a running process is looked at; costs well under a hundredth of a core."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One program in the comparison."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment."""
    before: Callable[[], object] | None = None
    """Runs unmeasured before each round: removes outputs, starts a server."""
    after: Callable[[], object] | None = None
    """Runs unmeasured after each round: checks the output, stops a server."""
    timeout_s: float = 600.0
    allowed_codes: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True)
class Run:
    """What one process cost."""

    wall_s: float
    cpu_s: float
    """User and system time of the process and of the children it waited for."""
    rss_bytes: int
    """Peak resident memory of the largest process among them."""
    foreign_cores: float
    """Load of everything else on the machine while it ran."""


def rotate(contenders: Sequence[Contender], *, rounds: int, warm: Sequence[Path] = ()) -> dict[str, list[Run]]:
    """Run every contender once per round.

    Args:
        contenders: In the order of rotation.
        rounds: How many rounds; 3 to 7 are usual.
        warm: Files read before each run, so that the page cache is equally warm for all.

    Returns:
        Runs by contender's name, one per round, in order.
    """
    runs: dict[str, list[Run]] = {contender.name: [] for contender in contenders}
    for round_number in range(rounds):
        for contender in contenders:
            for path in warm:
                read_once(path)
            run = quiet_run(contender)
            runs[contender.name].append(run)
            line = f"{round_number + 1}/{rounds} {contender.name}: {run.wall_s:.2f} s wall"
            print(f"{line}, {run.cpu_s:.2f} s CPU, {run.rss_bytes / 1e6:.0f} MB", file=sys.stderr)
    return runs


def quiet_run(contender: Contender) -> Run:
    """The quietest of a few tries: a try that others disturbed is repeated, whoever's it is."""
    tries: list[Run] = []
    while len(tries) < TRIES and not (tries and tries[-1].foreign_cores < QUIET_LOAD):
        wait_until_quiet()
        if contender.before:
            contender.before()
        tries.append(measure(contender))
        if contender.after:
            contender.after()
    return min(tries, key=lambda run: run.foreign_cores)


def measure(contender: Contender) -> Run:
    """Run one process to its end.

    Raises:
        SystemExit: It failed; its last words are shown.
    """
    with tempfile.TemporaryFile() as errors:
        busy_before, start_s = _busy_core_s(), time.perf_counter()
        process = subprocess.Popen(
            contender.command,
            env={**os.environ, **contender.env},
            stdout=subprocess.DEVNULL,
            stderr=errors,
        )
        status, usage, rss_bytes = _watch(process, start_s + contender.timeout_s)
        wall_s = time.perf_counter() - start_s
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in contender.allowed_codes:
            errors.seek(0)
            words = errors.read()[-2000:].decode(errors="replace")
            sys.exit(f"{contender.name} ended with {process.returncode}: {words}")
    cpu_s = usage.ru_utime + usage.ru_stime
    foreign_cores = max(0.0, (_busy_core_s() - busy_before - cpu_s) / wall_s)
    return Run(wall_s, cpu_s, rss_bytes, foreign_cores)


def _watch(process: subprocess.Popen[bytes], deadline_s: float) -> tuple[int, resource.struct_rusage, int]:
    """Wait for a process; returns its status, what it used, and its peak resident memory.

    ``ru_maxrss`` would be no less than our own memory, which a child has for a moment before it becomes another
    program; so the peak is read from ``/proc`` while the process runs.
    """
    rss_bytes = 0
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            return status, usage, rss_bytes
        rss_bytes = max(rss_bytes, _peak_rss_bytes(process.pid))
        if time.perf_counter() > deadline_s:
            process.kill()
        time.sleep(POLL_S)


def _peak_rss_bytes(pid: int) -> int:
    """``VmHWM`` of a process and its children; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    own = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")), 0) * 1024
    return max([own, *(_peak_rss_bytes(int(child)) for child in children)])


def read_once(path: Path) -> None:
    """Bring a file, or all files of a folder, into the page cache."""
    files = [path] if path.is_file() else [p for p in path.rglob("*") if p.is_file()]
    buffer = bytearray(1 << 20)
    for name in files:
        with name.open("rb", buffering=0) as file:
            while file.readinto(buffer):
                pass


def wait_until_quiet(limit_s: float = QUIET_WAIT_S) -> None:
    """Wait, but not for ever, until others use less than a third of a core."""
    deadline_s = time.monotonic() + limit_s
    while time.monotonic() < deadline_s:
        before = _busy_core_s()
        time.sleep(0.25)
        if (_busy_core_s() - before) / 0.25 < QUIET_LOAD:
            return


def median(runs: Sequence[Run], what: str) -> float:
    """Median of one column: ``wall_s``, ``cpu_s``, ``rss_bytes`` or ``foreign_cores``."""
    return float(statistics.median(getattr(run, what) for run in runs))


def ratio(ours: Sequence[Run], theirs: Sequence[Run], what: str = "wall_s") -> float:
    """How many times less of ``what`` we took: the median of the ratios inside each round."""
    pairs = zip(ours, theirs, strict=True)
    return float(statistics.median(getattr(b, what) / max(getattr(a, what), 1e-9) for a, b in pairs))


def table(runs: Mapping[str, Sequence[Run]], *, ours: str, size_bytes: int = 0) -> str:
    """A Markdown table of medians, each program's ratio to ours last.

    Args:
        runs: From `rotate`.
        ours: The name the others are compared with.
        size_bytes: Bytes of work, for the rate column; 0 leaves the rate out.
    """
    rows = [
        "| program | wall s | GB/s | CPU s | RSS MB | foreign cores | wall / ours | CPU / ours |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, own in runs.items():
        wall_s = median(own, "wall_s")
        rate = f"{size_bytes / wall_s / 1e9:.2f}" if size_bytes else "-"
        cells = (
            f"{wall_s:.2f}",
            rate,
            f"{median(own, 'cpu_s'):.2f}",
            f"{median(own, 'rss_bytes') / 1e6:.0f}",
            f"{median(own, 'foreign_cores'):.2f}",
            f"{ratio(runs[ours], own):.2f}",
            f"{ratio(runs[ours], own, 'cpu_s'):.2f}",
        )
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(rows)


def machine() -> str:
    """One line on the machine and date, for the head of a results file."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return (
        f"{time.strftime('%Y-%m-%d')}, {os.cpu_count()} x {model}, {memory_bytes / 2**30:.0f} GiB, "
        f"Linux {platform.release().split('-')[0]}, Python {platform.python_version()}"
    )


def version(*command: str) -> str:
    """First line that a program prints about its version; ``-`` when it is not installed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except OSError:
        return "-"
    return next(iter((done.stdout + done.stderr).strip().splitlines()), "-")


def _busy_core_s() -> float:
    """Seconds that all cores together were busy since boot (``/proc/stat``)."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    idle = int(fields[3]) + int(fields[4])
    return (sum(map(int, fields[:8])) - idle) / os.sysconf("SC_CLK_TCK")
