# SPDX-License-Identifier: Apache-2.0
"""Makes the compiled form of the tracker: ``python packaging/compiling.py FOLDER [-O0]``.

The same Python files, with the ``.pxd`` files beside them for types, become C and then modules of the interpreter, in a
copy of the package: ``FOLDER/seedbed``. Nothing is written beside the sources, where it would go out of date unseen.
Needs Cython, setuptools and a C compiler.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "src"
COMPILED = (
    *("peers.py", "swarm.py", "udp_wire.py", "tracker.py", "udp_known.pyx", "udp_fast.pyx", "udp_batch.pyx"),
    *("addresses.py", "lines.py", "proxies.py", "tcp_batch.pyx", "tcp_door.py", "http_wire.py", "http_door.py"),
    *("ws_wire.py", "ws_frames.py", "ws_swarm.py", "ws_tracker.py", "ws_door.py"),
)
"""In ``seedbed/tracker``: what runs for each datagram, for each connection, for each message of a browser."""
DIRECTIVES = {
    "annotation_typing": False,  # hints are for people and mypy; types of C stand in the .pxd files
    "cdivision": True,  # nothing negative is divided
    "language_level": 3,
}


def compile_into(folder: Path, level: str = "-O2") -> list[Path]:
    """Copy the package and compile a part of it.

    Args:
        folder: Where ``seedbed`` is put; made if it is not there.
        level: Of the C compiler's optimisation; ``-O0`` is soon done, for tests.

    Returns:
        The compiled modules.
    """
    from Cython.Build import cythonize
    from setuptools import Distribution, Extension

    shutil.copytree(SOURCES / "seedbed", folder / "seedbed", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    place = folder / "seedbed" / "tracker"
    extensions = [
        Extension(f"seedbed.tracker.{Path(name).stem}", [str(place / name)], extra_compile_args=[level])
        for name in COMPILED
    ]
    made = cythonize(extensions, compiler_directives=DIRECTIVES, include_path=[str(folder)], quiet=True)
    command = Distribution({"ext_modules": made}).get_command_obj("build_ext")
    command.build_lib, command.build_temp = str(folder), str(folder / "build")
    command.parallel = os.cpu_count()
    command.ensure_finalized()
    command.run()
    return sorted(place.glob("*.so"))


if __name__ == "__main__":
    for module in compile_into(Path(sys.argv[1]), *sys.argv[2:3]):
        print(module)
