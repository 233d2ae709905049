# SPDX-License-Identifier: Apache-2.0
"""Messages of the distributed hash table: any datagram is an answer or nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import bencode, krpc

KEY, SIGNATURE = b"k" * 32, b"s" * 64


def reply(**body: bencode.Value) -> bytes:
    """An answer with this body."""
    fields = {name.encode(): value for name, value in body.items()}
    return bencode.encode({b"t": b"tt", b"y": b"r", b"r": {b"id": b"i" * 20, **fields}})


@given(st.binary(max_size=300))
def test_any_datagram_is_read_or_is_nothing(data: bytes) -> None:
    """Nobody can make the reader fail."""
    assert krpc.read_reply(data) is None or krpc.read_reply(data)


def test_nodes_are_read_six_bytes_after_their_id() -> None:
    """BEP 5, *compact node info*; a rest of other length is left, and so are ports of 0."""
    row = b"n" * 20 + bytes([127, 0, 0, 1]) + (6881).to_bytes(2)

    found = krpc.read_reply(reply(nodes=row + row[:-2] + b"\0\0" + b"short"))

    assert found is not None
    assert found.nodes == (krpc.Node(b"n" * 20, "127.0.0.1", 6881),)


def test_an_item_comes_with_its_key_signature_and_number() -> None:
    """Without one of them it is none."""
    whole = krpc.read_reply(reply(k=KEY, sig=SIGNATURE, seq=3, v={b"ih": b"x" * 20}), salt=b"catalog")
    lacking = krpc.read_reply(reply(k=KEY, seq=3, v=b"x"))
    long = krpc.read_reply(reply(k=KEY, sig=SIGNATURE, seq=3, v=b"x" * 1001))

    assert whole is not None
    assert whole.item == krpc.MutableItem(KEY, 3, krpc.pointer_value(b"x" * 20), b"catalog", SIGNATURE)
    assert lacking is not None
    assert lacking.item is None
    assert long is not None
    assert long.item is None


def test_what_is_signed_is_as_the_standard_shows_it() -> None:
    """BEP 44, test vector 2."""
    public = bytes.fromhex("77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548")
    item = krpc.MutableItem(public, 1, b"12:Hello World!", b"foobar")

    assert item.signed == b"4:salt6:foobar3:seqi1e1:v12:Hello World!"
    assert item.target.hex() == "411eba73b6f087ca51a3795d9c8c938d365e32c1"


@given(st.binary(max_size=64))
def test_a_pointer_is_read_only_where_it_is_one(value: bytes) -> None:
    """Other values point nowhere."""
    assert krpc.pointed_at(krpc.pointer_value(b"p" * 20)) == b"p" * 20
    assert krpc.pointed_at(bencode.encode({b"ih": value})) in {None, value}
    assert krpc.pointed_at(value) is None or value.startswith(b"d2:ih")


def test_a_swarm_is_read() -> None:
    """Addresses of six bytes, and filters of 256 (BEP 5, 33); whatever else stands there is left."""
    row = bytes([127, 0, 0, 1, 0x1A, 0xE1])

    found = krpc.read_reply(reply(values=[row, row[:4] + b"\0\0", b"short", 7], BFsd=b"f" * 256, BFpe=b"short"))

    assert found is not None
    assert (found.peers, found.seed_filter, found.peer_filter) == ((row,), b"f" * 256, b"")
