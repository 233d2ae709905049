# SPDX-License-Identifier: Apache-2.0
"""A step of the build, for those who ask: with SEEDBED_COMPILE=1 a wheel holds the compiled form of the tracker too.

Where that fails, for want of a C compiler or of headers, the wheel is the plain one, and says why.
"""

from __future__ import annotations

import importlib.util
import os
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ASKED = "SEEDBED_COMPILE"


class CompiledTracker(BuildHookInterface):  # type: ignore[type-arg]
    """Adds modules to a wheel; nothing to a source archive or an editable install."""

    _scratch: tempfile.TemporaryDirectory[str] | None = None

    def dependencies(self) -> list[str]:
        """What the step needs besides."""
        return ["cython>=3.1", "setuptools"] if os.environ.get(ASKED) == "1" and self.target_name == "wheel" else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile into a folder of its own."""
        if os.environ.get(ASKED) != "1" or version == "editable":
            return
        self._scratch = tempfile.TemporaryDirectory()
        try:
            modules = _compiling().compile_into(Path(self._scratch.name))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # whatever is missing: the plain form does all
            self.app.display_warning(f"the tracker stays in its plain form: {error}")
            return
        build_data["pure_python"], build_data["infer_tag"] = False, True
        for module in modules:
            build_data["force_include"][str(module)] = f"seedbed/tracker/{module.name}"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002
        """Remove the folder."""
        if self._scratch:
            self._scratch.cleanup()


def _compiling() -> Any:
    """``compiling.py`` beside this file."""
    spec = importlib.util.spec_from_file_location("compiling", Path(__file__).with_name("compiling.py"))
    if spec is None or spec.loader is None:
        raise FileNotFoundError("packaging/compiling.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
