# SPDX-License-Identifier: Apache-2.0
"""Leases and what registries tell: read back as they were written, and every fault of them is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seedbed.core import bencode
from seedbed.errors import FormatError, InputError
from seedbed.health.leases import lease as leases
from seedbed.health.leases import signed
from seedbed.health.leases.lease import Lease
from seedbed.health.leases.report import Answer, Report, classes
from seedbed.node.trusting.identity import Identity

if TYPE_CHECKING:
    from seedbed.core.bencode import Value

US = Identity.new()
GOOD: dict[bytes, Any] = {
    b"c": 10**12, b"f": b"", b"h": (5).to_bytes(8) + (9).to_bytes(8), b"n": 3, b"o": b"Us", b"cc": b"IS", b"p": 6881,
    b"t": 2_000_000_000, b"u": 900,
}  # fmt: skip


def keys(*numbers: int) -> signed.Keys:
    """Of units."""
    return np.array(numbers, np.uint64)


def lease(**changes: Any) -> Lease:
    """One that is good."""
    values: dict[str, Any] = {
        "node": US.public, "serial": 3, "until_s": 2_000_000_000, "held": keys(5, 2**64 - 1), "fetching": keys(7),
        "capacity_bytes": 10**12, "uptime": 0.9, "port": 6881, "operator": "Us", "country": "IS",
    }  # fmt: skip
    return Lease(**(values | changes))


def sealed(body: dict[bytes, Value]) -> bytes:
    """A lease that says this, rightly signed."""
    return signed.seal("lease", body, US)


def test_a_lease_is_read_back() -> None:
    """Every field of it, and who signed it."""
    found = Lease.unsealed(lease().sealed(US))
    assert (found.held.tolist(), found.fetching.tolist()) == ([5, 2**64 - 1], [7])
    assert (found.node, found.serial, found.until_s) == (US.public, 3, 2_000_000_000)
    assert (found.capacity_bytes, found.uptime, found.port) == (10**12, 0.9, 6881)
    assert (found.operator, found.country) == ("Us", "IS")


def test_operator_and_country_may_be_left_out() -> None:
    """They are nobody's business but the keeper's."""
    found = Lease.unsealed(lease(operator="", country="").sealed(US))
    assert (found.operator, found.country) == ("", "")


def test_a_newer_program_may_say_more() -> None:
    """What is not known is passed over."""
    assert Lease.unsealed(sealed({**GOOD, b"zz": b"news"})).port == 6881


def test_a_million_units() -> None:
    """As many as a lease may name, and not one more."""
    most = lease(held=np.arange(leases.MAX_UNITS, dtype=np.uint64), fetching=keys())
    assert len(Lease.unsealed(most.sealed(US)).held) == leases.MAX_UNITS
    with pytest.raises(InputError, match="at most"):
        lease(held=most.held, fetching=keys(2**63)).sealed(US)
    body = {**GOOD, b"h": signed.packed(most.held), b"f": signed.packed(keys(2**63))}
    with pytest.raises(FormatError, match="expected"):
        Lease.unsealed(sealed(body))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({b"h": b"1234567"}, "8 bytes"),
        ({b"h": (9).to_bytes(8) + (5).to_bytes(8)}, "ascending"),
        ({b"h": (5).to_bytes(8) * 2}, "ascending"),
        ({b"f": (5).to_bytes(8)}, "at once"),
        ({b"h": 5}, "bytes"),
        ({b"n": -1}, "number"),
        ({b"n": 2**60}, "number"),
        ({b"n": b"3"}, "number"),
        ({b"t": -1}, "number"),
        ({b"c": 10**18 + 1}, "number"),
        ({b"u": 1001}, "number"),
        ({b"p": 25}, "number"),
        ({b"p": 65_536}, "number"),
        ({b"o": b"x" * 101}, "bytes"),
        ({b"o": b"a\nb"}, "printable"),
        ({b"o": b" us"}, "name"),
        ({b"o": b"\xff"}, "UTF-8"),
        ({b"cc": b"is"}, "capital"),
        ({b"cc": b"I"}, "capital"),
        ({b"cc": b"ISL"}, "bytes"),
    ],
)
def test_what_a_lease_may_not_say(changes: dict[bytes, Any], told: str) -> None:
    """Each of it alone, rightly signed."""
    with pytest.raises(FormatError, match=told):
        Lease.unsealed(sealed({**GOOD, **changes}))


@pytest.mark.parametrize("name", [b"c", b"f", b"h", b"n", b"p", b"t", b"u"])
def test_what_a_lease_must_say(name: bytes) -> None:
    """Whatever is left out is not made up."""
    with pytest.raises(FormatError, match="expected"):
        Lease.unsealed(sealed({key: value for key, value in GOOD.items() if key != name}))


def test_a_lease_of_another_version() -> None:
    """It may mean something else by the same words."""
    inner = bencode.encode({**GOOD, b"v": 2})
    data: dict[bytes, Value] = {b"b": inner, b"k": US.public, b"s": US.sign(b"seedbed lease\0" + inner)}
    with pytest.raises(FormatError, match="version 1, got 2"):
        Lease.unsealed(bencode.encode(data))


def test_a_bit_that_fell_over() -> None:
    """Anywhere in a lease: it is no lease."""
    good = lease().sealed(US)
    for at in range(len(good)):
        bad = bytearray(good)
        bad[at] ^= 1
        with pytest.raises(FormatError):
            Lease.unsealed(bytes(bad))


def test_a_lease_in_anothers_name() -> None:
    """Signed by us, with the key of somebody else."""
    outer = bencode.decode(lease().sealed(US))
    assert isinstance(outer, dict)
    with pytest.raises(FormatError, match="signature is wrong"):
        Lease.unsealed(bencode.encode({**outer, b"k": Identity.new().public}))


def test_a_signature_under_another_kind() -> None:
    """What a registry signed about health is no lease."""
    with pytest.raises(FormatError, match="signature is wrong"):
        Lease.unsealed(signed.seal("health", GOOD, US))


@pytest.mark.parametrize("data", [b"", b"de", b"i1e", b"le", b"d1:b0:1:k0:1:s0:e", b"d1:bde1:k0:1:s0:e", b"x" * 1000])
def test_what_is_no_lease(data: bytes) -> None:
    """Not even nearly."""
    with pytest.raises(FormatError):
        Lease.unsealed(data)


@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    """Refused in words; never another exception."""
    with pytest.raises(FormatError):
        Lease.unsealed(data)


_values = st.recursive(
    st.integers(-(2**63), 2**63 - 1) | st.binary(max_size=40), lambda inner: st.lists(inner, max_size=3), max_leaves=5
)


@given(st.dictionaries(st.sampled_from(list(GOOD)), _values, max_size=9))
def test_any_body_with_a_good_signature(body: dict[bytes, Any]) -> None:
    """A liar signs whatever it likes: what is read of it is within its bounds."""
    try:
        found = Lease.unsealed(sealed({**GOOD, **body}))
    except FormatError:
        return
    assert 0 <= found.uptime <= 1
    assert leases.MIN_PORT <= found.port <= leases.MAX_PORT
    assert (np.diff(found.held.astype(object)) > 0).all()


@given(st.sets(st.integers(0, 2**64 - 1), max_size=30), st.sets(st.integers(0, 2**64 - 1), max_size=30))
def test_any_lease_is_read_back(held: set[int], fetched: set[int]) -> None:
    """Whatever the units are."""
    fetched -= held
    found = Lease.unsealed(lease(held=keys(*sorted(held)), fetching=keys(*sorted(fetched))).sealed(US))
    assert (set(found.held.tolist()), set(found.fetching.tolist())) == (held, fetched)


def report(**changes: Any) -> Report:
    """What a registry tells."""
    counts = np.array([3, 70_000], np.uint32)
    values: dict[str, Any] = dict.fromkeys(("holders", "proved", "independent", "fetching", "countries"), counts)
    values |= {"at_s": 20, "since_s": 10, "nodes": 4, "proved_nodes": 2, "units": keys(5, 9)}
    values |= {"sizes_bytes": keys(2**40), "online_bytes": keys(2**41)}
    return Report(**(values | changes))


def test_a_report_is_read_back() -> None:
    """Counts that do not fit are as many as fit."""
    registry, found = Report.unsealed(report().sealed(US))
    assert registry == US.public
    assert found.units.tolist() == [5, 9]
    assert found.proved.tolist() == [3, 65_535]
    assert (found.at_s, found.since_s, found.nodes, found.proved_nodes) == (20, 10, 4, 2)
    assert (found.sizes_bytes.tolist(), found.online_bytes.tolist()) == ([2**40], [2**41])


def test_rows_of_units() -> None:
    """Those that nobody has a lease of stand nowhere."""
    assert report().rows_of(keys(9, 4, 5, 10)).tolist() == [1, -1, 0, -1]
    nothing = np.empty(0, np.uint16)
    empty = dict.fromkeys(("holders", "proved", "independent", "fetching", "countries"), nothing)
    assert report(units=keys(), **empty).rows_of(keys(1)).tolist() == [-1]


@pytest.mark.parametrize(
    "changes", [{"proved": np.array([1])}, {"online_bytes": keys()}, {"online_bytes": keys(2**63)}]
)
def test_a_report_that_does_not_fit_together(changes: dict[str, Any]) -> None:
    """A registry may be anybody: nothing of it is used."""
    with pytest.raises(FormatError):
        Report.unsealed(report(**changes).sealed(US))


@given(st.binary(max_size=200))
def test_any_bytes_are_no_report(data: bytes) -> None:
    """Refused in words."""
    with pytest.raises(FormatError):
        Report.unsealed(data)
    with pytest.raises(FormatError):
        Answer.unsealed(data, 1)


def test_an_answer_is_read_back() -> None:
    """To a lease of two units; to one of three it is none."""
    data = Answer(20, 7, is_proved=True, proved=np.array([4, 0]), independent=np.array([2, 0])).sealed(US)
    found = Answer.unsealed(data, 2)
    assert (found.serial, found.is_proved) == (7, True)
    assert (found.proved.tolist(), found.independent.tolist()) == ([4, 0], [2, 0])
    with pytest.raises(FormatError, match="expected 3 numbers"):
        Answer.unsealed(data, 3)


def test_classes_of_nodes() -> None:
    """Nobody's own number is told; what is told is never more than the node gives."""
    sizes, online = classes([(10**12, 0.5), (10**12 + 5, 1.0), (700, 1.0), (0, 1.0)])
    assert sizes.tolist() == [512, 824_633_720_832]
    assert online.tolist() == [700, 1_500_000_000_005]


@given(st.integers(1, 10**18))
def test_a_class_is_near_its_nodes(capacity_bytes: int) -> None:
    """At most a third below."""
    ((size,), _) = classes([(capacity_bytes, 1.0)])
    assert 0.66 * capacity_bytes <= int(size) <= capacity_bytes
