# SPDX-License-Identifier: Apache-2.0
"""A process that publishes versions of one dataset, one release each, and says so: to be killed, or to have company."""

from __future__ import annotations

import sys
from pathlib import Path

from seedbed.catalog.releasing.publisher import open_publisher
from tests import publishers
from tests.tuf_client import NOW


def main(folder: str, keys: str, dataset: str, count: str) -> None:
    """Publish until the dataset has ``count`` versions; the catalogue is opened anew for each."""
    known = 0
    while known < int(count):
        with open_publisher(Path(folder), Path(keys), wait_s=15, now=lambda: NOW) as publisher:
            known = len(publisher.versions(dataset))
            print("at work", flush=True)  # noqa: T201  # the test waits for it
            if known < int(count):
                publisher.release(publishers.change(publisher, dataset, f"v{known + 1}"))
                known += 1


if __name__ == "__main__":
    main(*sys.argv[1:])
