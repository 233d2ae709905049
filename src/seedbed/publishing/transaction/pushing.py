# SPDX-License-Identifier: Apache-2.0
"""A dataset's files go to all its homes at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from seedbed.mirrors.push import push
from seedbed.mirrors.wrappers import Patience, Wrapped
from seedbed.publishing.transaction.contents import contents

if TYPE_CHECKING:
    from seedbed.creating.dataset import Dataset
    from seedbed.publishing.transaction.contents import Digests
    from seedbed.publishing.transaction.homes import Guest, Homes
    from seedbed.publishing.transaction.tools import Tools


def push_data(homes: Homes, dataset: Dataset, digests: Digests, tools: Tools, stop: threading.Event) -> None:
    """Push what is not pushed yet; homes that fail are left behind.

    Args:
        homes: Where to.
        dataset: The files.
        digests: Their hashes, as they become known.
        tools: For progress.
        stop: Ends all; set here too when the person interrupts.

    Raises:
        SeedbedError: too few homes are left.
    """
    due = [one for one in homes.on_board if one.deposit.takes_data and not one.home.is_pushed]
    with ThreadPoolExecutor(max(len(due), 1), thread_name_prefix="home") as pool:
        jobs = {id(one): pool.submit(_push_to, one, dataset, digests, tools, stop) for one in due}
        try:
            homes.each("pushing", "is_pushed", lambda one: jobs[id(one)].result() if id(one) in jobs else None)
        except BaseException:
            stop.set()
            raise


def _push_to(guest: Guest, dataset: Dataset, digests: Digests, tools: Tools, stop: threading.Event) -> None:
    name, total, lock, sent = guest.depository.name, dataset.size_bytes, threading.Lock(), [0]

    def told(_key: str, sent_bytes: int) -> None:
        with lock:
            sent[0] += sent_bytes
            tools.sent(name, sent[0], total)

    mirror = Wrapped(guest.deposit.mirror, Patience(sleep=stop.wait))
    push(mirror, contents(dataset, guest.deposit, digests), told=told, stop=stop)
