# SPDX-License-Identifier: Apache-2.0
"""What the person says who publishes: on the command line, and in a metadata file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seedbed.publishing import metadata_file
from seedbed.publishing.reading import read
from seedbed.publishing.said import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from seedbed.catalog.findings import Finding

COMMAND_LINE = "the command line"


def own_sources(said: Mapping[str, Any], file: Path | None) -> tuple[list[Source], list[Finding]]:
    """The person's words, the most trusted first, and what is wrong with them.

    Args:
        said: Field -> value of the options that were given.
        file: The metadata file, if one was given.

    Raises:
        NotFoundError: the file is not there.
        MetadataError: the file cannot be read.
    """
    words, findings = read(said)
    sources = [Source(COMMAND_LINE, words)]
    if file:
        filed, faults = read(metadata_file.load(file), where=file.name)
        sources.append(Source(file.name, filed))
        findings += faults
    return sources, findings
