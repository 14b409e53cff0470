"""Which certificates an account takes."""

from __future__ import annotations

import pytest

from otpblue_trio.policy import (
    Account,
    ClientCertificate,
    certificate_is_accepted,
    requires_certificate,
)
from otpblue_trio.testing import account

SHOWN = ClientCertificate(frozenset({"acme", "smpp.acme.example"}), "a" * 64)
NAMED = account(client_certificate_names=("smpp.acme.example",))
PINNED = account(client_certificate_fingerprints=("a" * 64,))
EITHER = account(
    client_certificate_names=("smpp.other.example",),
    client_certificate_fingerprints=("b" * 64, "a" * 64),
)
NEITHER = account(
    client_certificate_names=("smpp.other.example", "*.acme.example", "acme.example"),
    client_certificate_fingerprints=("b" * 64,),
)


@pytest.mark.parametrize("shown", [None, SHOWN])
def test_an_account_that_names_no_certificate_needs_none(shown: ClientCertificate | None) -> None:
    assert certificate_is_accepted(shown, account())
    assert not requires_certificate(account())


@pytest.mark.parametrize("wanting", [NAMED, PINNED, EITHER])
def test_a_certificate_that_is_named_or_pinned_is_accepted(wanting: Account) -> None:
    assert certificate_is_accepted(SHOWN, wanting)


@pytest.mark.parametrize("wanting", [NAMED, PINNED, EITHER, NEITHER])
def test_without_a_certificate_nobody_is_accepted_who_needs_one(wanting: Account) -> None:
    assert requires_certificate(wanting)
    assert not certificate_is_accepted(None, wanting)


def test_a_certificate_of_another_name_is_not_accepted() -> None:
    assert not certificate_is_accepted(SHOWN, NEITHER)


def test_a_wildcard_in_a_certificate_stands_for_nothing() -> None:
    shown = ClientCertificate(frozenset({"*.acme.example"}), "c" * 64)
    assert not certificate_is_accepted(shown, NAMED)


def test_a_certificate_without_names_is_accepted_by_its_fingerprint_alone() -> None:
    bare = ClientCertificate(frozenset(), "a" * 64)
    assert certificate_is_accepted(bare, PINNED)
    assert not certificate_is_accepted(bare, NAMED)
