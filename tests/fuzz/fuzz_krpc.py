# SPDX-License-Identifier: Apache-2.0
"""Coverage-guided fuzzing of datagrams from the distributed hash table. Run: make fuzz."""

from __future__ import annotations

import sys

import atheris

with atheris.instrument_imports():
    from seedbed.core import krpc


def one_input(data: bytes) -> None:
    """One try of the fuzzer: an answer keeps its bounds, or is none."""
    reply = krpc.read_reply(data, salt=b"catalog")
    if reply is None:
        return
    if not all(len(node.id) == krpc.ID_LENGTH and 0 < node.port < 65_536 for node in reply.nodes):
        raise AssertionError("a node that cannot be")
    if reply.item and len(reply.item.value) > krpc.MAX_VALUE_BYTES:
        raise AssertionError("a value over its limit")
    if reply.item:
        krpc.pointed_at(reply.item.value)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
