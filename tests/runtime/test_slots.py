"""The caps on connections, without any."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from otpblue_trio.runtime.observer import ConnectionRefusal
from otpblue_trio.runtime.slots import ConnectionSlots
from otpblue_trio.testing import with_limits

ONE, OTHER = ip_address("192.0.2.1"), ip_address("198.51.100.7")


def slots(**limits: object) -> ConnectionSlots[str]:
    return ConnectionSlots(with_limits(**limits))


def test_beyond_the_cap_over_all_there_is_no_slot() -> None:
    held = slots(max_connections=2)
    assert [held.take(name) for name in "abc"] == [None, None, ConnectionRefusal.GLOBAL_CAP]
    assert (len(held), list(held)) == (2, ["a", "b"])


def test_a_slot_that_is_given_back_is_taken_again() -> None:
    held = slots(max_connections=1)
    assert held.take("a") is None
    held.give_back("a")
    assert len(held) == 0
    assert held.take("b") is None


def test_beyond_the_cap_of_its_address_a_connection_may_not_stay() -> None:
    held = slots(max_connections_per_address=2)
    for name in "abcd":
        assert held.take(name) is None
    told = [held.count_address(name, ONE) for name in "abc"]
    assert told == [None, None, ConnectionRefusal.ADDRESS_CAP]
    assert held.count_address("d", OTHER) is None


def test_a_slot_given_back_counts_no_more_under_its_address() -> None:
    held = slots(max_connections_per_address=1)
    for name in "ab":
        assert held.take(name) is None
    assert held.count_address("a", ONE) is None
    held.give_back("a")
    assert held.count_address("b", ONE) is None


def test_a_connection_that_was_refused_for_its_address_takes_nothing_from_it() -> None:
    held = slots(max_connections_per_address=1)
    for name in "abc":
        assert held.take(name) is None
    assert held.count_address("a", ONE) is None
    assert held.count_address("b", ONE) is ConnectionRefusal.ADDRESS_CAP
    held.give_back("b")
    assert held.count_address("c", ONE) is ConnectionRefusal.ADDRESS_CAP


def test_a_connection_whose_address_is_not_told_yet_holds_a_slot_all_the_same() -> None:
    held = slots(max_connections=1)
    assert held.take("a") is None
    assert held.take("b") is ConnectionRefusal.GLOBAL_CAP
    held.give_back("a")
    assert len(held) == 0


@pytest.mark.parametrize("address", ["192.0.2.1", "::ffff:192.0.2.1"])
def test_networks_that_are_not_capped_have_no_cap_per_address(address: str) -> None:
    held = slots(max_connections_per_address=1, uncapped_networks=(ip_network("192.0.2.0/24"),))
    for name in "ab":
        assert held.take(name) is None
        assert held.count_address(name, ip_address(address)) is None


def test_addresses_of_one_ipv6_network_of_64_bits_count_as_one() -> None:
    held = slots(max_connections_per_address=1)
    for name in "ab":
        assert held.take(name) is None
    assert held.count_address("a", ip_address("2001:db8::1")) is None
    refusal = held.count_address("b", ip_address("2001:db8::ffff"))
    assert refusal is ConnectionRefusal.ADDRESS_CAP
