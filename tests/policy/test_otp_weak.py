"""What the shape of a short message says about its only number, and what it must not say."""

from __future__ import annotations

import pytest

from otpblue_trio.policy.otp import CodeFinder, CodeFound


def code_in(text: str) -> str | None:
    result = CodeFinder().find(text)
    return result.code if isinstance(result, CodeFound) else None


@pytest.mark.parametrize("text", ["Orvane 330914", "330914 Orvane", "Orvane - 0744"])
def test_name_and_number_and_nothing_else_is_a_code(text: str) -> None:
    assert code_in(text) is not None


@pytest.mark.parametrize("text", ["Orvane 2026", "Room 482910", "taxi 48210", "Orvane 4829"])
def test_year_label_or_short_number_beside_one_word_is_no_code(text: str) -> None:
    assert code_in(text) is None


def test_winning_number_is_no_code() -> None:
    assert code_in("Winning number: 482910") is None


def test_number_after_the_sender_in_brackets_is_a_code() -> None:
    assert code_in("【Orvane】662819，用于支付¥59.90。") == "662819"


@pytest.mark.parametrize("text", ["7714 starts your scooter.", "Die Nummer 4161 öffnet Ihr Fach."])
def test_number_that_opens_something_of_the_readers_is_a_code(text: str) -> None:
    assert code_in(text) is not None


def test_weak_signs_count_for_nothing_in_a_long_message() -> None:
    assert code_in("7714 starts your scooter." + " Ride safe and wear a helmet." * 6) is None


def test_weak_signs_count_for_nothing_in_a_notice() -> None:
    assert code_in("Your request was received. 7714 starts your scooter.") is None


# Names on the left that are not names.


@pytest.mark.parametrize(
    "text",
    [
        "Confirm your mobile number: 608396",
        "Potwierdź adres e-mail: 364587",
        "Telefonunuzu doğrulamak için 925381 girin",
        "Verifica tu teléfono con 771930",
        "अपना फ़ोन 662018 से सत्यापित करें",
        "Подпишите договор кодом 7330.",
    ],
)
def test_what_a_code_confirms_does_not_name_the_code(text: str) -> None:
    assert code_in(text) is not None


def test_index_of_a_code_is_not_the_code() -> None:
    assert code_in("Code 1: 105445") == "105445"


def test_year_a_code_is_for_is_not_the_code() -> None:
    assert code_in("157569 is your code for 2026 registration") == "157569"


# Groups.


@pytest.mark.parametrize(
    "text", ["Code 690.007", "Login code: 482_910", "PIN: 297·449", "Your code is 95.92.35"]
)
def test_rare_separator_is_read_behind_a_noun_for_a_code(text: str) -> None:
    assert code_in(text) is not None


@pytest.mark.parametrize(
    "text", ["Sold 690.007 today, code or not", "Log 482_910 saved", "Code: 10.12.2026"]
)
def test_rare_separator_without_the_noun_or_in_a_date_is_no_code(text: str) -> None:
    assert code_in(text) is None


def test_number_written_twice_is_one_code() -> None:
    assert code_in("482193 482193") == "482193"
    assert code_in("482193 482194") is None
