# SPDX-License-Identifier: Apache-2.0
"""The child process of ``examine``: first it takes limits upon itself, then it opens the stranger's file.

One JSON object comes in (paths and limits), one goes out (what was found, or the error). It can write no file, and
what it cannot do within its limits ends it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from seedbed.catalog.table.limits import ExamineLimits
from seedbed.errors import CatalogError, SeedbedError


def main() -> int:
    """Judge what standard input names; the exit code is 0 when an answer was given, good or bad."""
    asked = json.load(sys.stdin)
    limits = ExamineLimits(**asked["limits"])
    _limit(limits)
    json.dump(_answer(asked, limits), sys.stdout)
    sys.stdout.flush()
    return 0


def _answer(asked: dict[str, Any], limits: ExamineLimits) -> dict[str, Any]:
    try:
        from seedbed.catalog.table.inspection import inspect  # noqa: PLC0415  # only after the limits

        paths = [Path(asked[key]) if asked[key] else None for key in ("catalog", "files", "previous")]
        return {"examined": asdict(inspect(paths[0] or Path(), paths[1], paths[2], limits))}
    except CatalogError as error:
        return {"error": error.message, "rule": error.data.get("rule", "C25"), "hint": error.hint}
    except SeedbedError as error:
        return {"error": error.message, "rule": "C16", "hint": error.hint}
    except MemoryError:
        return {"error": "reading it takes more memory than a catalogue may", "rule": "C19", "hint": ""}
    except Exception as error:  # noqa: BLE001  # whatever a hostile file makes a library do is the file's fault
        return {"error": f"it cannot be read: {type(error).__name__}: {error!s:.300}", "rule": "C16", "hint": ""}


def _limit(limits: ExamineLimits) -> None:
    """Memory, time, no files written, no core dumps; systems without these limits still have the parent's clock."""
    try:
        import resource  # noqa: PLC0415  # not on every system
    except ImportError:
        return
    wanted = {
        resource.RLIMIT_AS: limits.memory_bytes,
        resource.RLIMIT_CPU: limits.cpu_s,
        resource.RLIMIT_FSIZE: 0,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 128,
    }
    for what, most in wanted.items():
        _, hard = resource.getrlimit(what)
        allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (allowed, allowed))


if __name__ == "__main__":
    sys.exit(main())
