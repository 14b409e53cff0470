"""One rule a test, and the bounds on the work for hostile texts."""

from __future__ import annotations

import importlib
import re
import sys
from typing import TYPE_CHECKING, Any

import pytest

from otpblue_trio.policy import otp_decide, otp_message, otp_normalise, otp_tokens
from otpblue_trio.policy.otp import CodeFinder, CodeFound
from otpblue_trio.policy.otp_decide import read
from otpblue_trio.policy.otp_numbers import CANDIDATE

if TYPE_CHECKING:
    from types import ModuleType


def code_in(text: str) -> str | None:
    result = CodeFinder().find(text)
    return result.code if isinstance(result, CodeFound) else None


def kinds_in(text: str) -> list[str]:
    return [number.kind for number in read(otp_normalise.shape_of(text)[0]).numbers]


# Fixed forms.


def test_domain_line_decides_against_everything_else() -> None:
    assert code_in("Your code is 111222\n\n@bank.example #482910") == "482910"
    assert code_in("@bank.example #482910 @frame.example") == "482910"


@pytest.mark.parametrize(
    "text", ["482910", " 482 910 ", "482-910", "0624-9244", "4 8 2 9", '"4829"']
)
def test_digits_alone_are_a_code(text: str) -> None:
    assert code_in(text) is not None


@pytest.mark.parametrize(
    "text",
    ["020 7946 0675", "+14155550134", "(415) 555-0134", "06 12 34 56 78", "12/08/2026", "10:45",
     "12-08-2026", "1,250.00", "482910, 771203"],
)  # fmt: skip
def test_lone_phone_date_time_or_amount_is_no_code(text: str) -> None:
    assert code_in(text) is None


# What is masked.


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("$1,250.00", "amount"),
        ("EUR 5000", "amount"),
        ("7 900,45 р.", "amount"),
        ("Rp2.259.600", "amount"),
        ("4500 TL", "amount"),
        ("7,900円", "amount"),
        ("₹8000", "amount"),
        ("₦8000", "amount"),
        ("GH₵ 8000", "amount"),
        ("Rs.8000", "amount"),
        ("S/. 8000", "amount"),
        ("8000/-", "amount"),
        ("8000 F CFA", "amount"),
        ("8000 ден", "amount"),
        ("18:08", "time"),
        ("22/11/2025", "date"),
        ("10.06.2025", "date"),
        ("2026-03-14", "date"),
        ("12 03 2026", "date"),
        ("in 2026", "year"),
        ("+44 20 7946 0018", "phone"),
        ("0161 496 053", "phone"),
        ("*4715", "card tail"),
        ("...4715", "card tail"),
        ("XX9834", "card tail"),
        ("192.168.10.4", "address"),
        ("3600 seconds", "duration"),
        ("4000 points", "count"),
        ("15%", "count"),
        ("*123#", "dial string"),
        ("2020-2026", "years"),
        ("3D", "word"),
        ("12345678901", "long"),
        ("482", "short"),
        ("AB12CD34", "letters"),
        ("FOX-2026", "letters"),
        ("4829-AB", "letters"),
        ("4829M", "letters"),
        ("4829nd", "letters"),
        ("482910min", "letters"),
        ("1440min", "duration"),
        ("4829kr", "amount"),
    ],
)
def test_number_that_is_no_code_is_known_by_its_form(text: str, kind: str) -> None:
    assert set(kinds_in(f"so {text} ok")) - {""} == {kind}


@pytest.mark.parametrize(
    "text", ["482910", "482 910", "48-29-10", "G-482910", "OTP-482910", "1234 567", "123 456 789"]
)
def test_number_that_may_be_a_code_is_a_candidate(text: str) -> None:
    assert kinds_in(f"so {text} ok") == [CANDIDATE]


@pytest.mark.parametrize(
    "text",
    [
        "https://a.example/482910",
        "www.a.example?c=482910",
        "a.example/482910",
        "me482910@a.example",
    ],
)
def test_digits_in_a_link_are_not_read(text: str) -> None:
    assert code_in(f"Your code is at {text}") is None


def test_sentence_without_a_space_is_no_link() -> None:
    assert code_in("Your code is 482910.Do not share") == "482910"


def test_retriever_hash_is_not_read() -> None:
    assert code_in("<#> Your code: 4829\nFA+9qCX9VSu") == "4829"
    assert code_in("Your code: 4829\nFA+98291037") == "4829"


def test_group_of_more_than_ten_digits_gives_no_part_of_itself() -> None:
    assert code_in("Your code is 1234 5678 9012") is None


def test_group_has_one_kind_of_separator() -> None:
    assert code_in("Your code is 12-34 56") is None


def test_group_ends_before_a_duration() -> None:
    assert code_in("OTP: 4283 3 mins only") == "4283"


def test_group_does_not_cross_a_line() -> None:
    assert code_in("Your code: 486324\n2 tries left") == "486324"


# Names.


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Order 88120394: code 482910", "482910"),
        ("OTP for order 88120394 is 482910", "482910"),
        ("482910 is the OTP for order 88120394", "482910"),
        ("The code for your order: 482910", "482910"),
        ("Order code 88120394", None),
        ("Promo code 482910", None),
        ("Código de reserva: 482910", None),
        ("Booking 7782 confirmed. Check-in PIN 3391", "3391"),
        ("Customer number 10029384, password 771930", "771930"),
        ("Room 1204, door code 5508", "5508"),
        ("Security number 507905", "507905"),
        ("Total 4999 code OTP 482910", "482910"),
        ("Your Norvik ID code: 482910", "482910"),
        ("Customer ID code: 482910", None),
        ("Code 3D-Secure: 482910", "482910"),
        ("Login name 771930, password 482910", "482910"),
    ],
)
def test_number_takes_its_nearest_name(text: str, code: str | None) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    "text",
    [
        "The code 127165 was cancelled. Use 370123.",
        "Code 370123 replaces 127165.",
        "Use 370123 instead of 127165.",
        "Your old code was 127165. New code: 370123",
        "Use 370123, not 127165.",
    ],
)
def test_new_code_counts_when_the_old_one_is_cancelled(text: str) -> None:
    assert code_in(text) == "370123"


def test_code_that_is_only_going_to_expire_counts() -> None:
    assert code_in("Your code 482910 will be invalid in 5 minutes") == "482910"


def test_code_that_was_wrong_does_not_count() -> None:
    assert code_in("The code you entered, 440192, is incorrect.") is None


def test_noun_in_a_warning_names_nothing() -> None:
    assert code_in("Never share your PIN. Branch 4410.") is None
    assert code_in("Do not share this code: 482910") == "482910"


def test_offer_with_a_code_is_refused() -> None:
    assert code_in("Enter code 50505 at checkout for free shipping.") is None


def test_label_does_not_reach_over_a_comma() -> None:
    assert code_in("Dear customer, 671134 is your OTP") == "671134"


def test_label_at_the_end_of_a_sentence_is_no_abbreviation() -> None:
    assert code_in("4471 is the end of your card. 482910 is your code.") == "482910"
    assert code_in("We need to verify your card. 482910 is your code.") == "482910"


def test_label_reaches_over_the_full_stop_of_an_abbreviation() -> None:
    assert code_in("Ref. 44102, PIN 482910") == "482910"
    assert code_in("Never share your PIN. Tel. 44102") is None


@pytest.mark.parametrize(
    "text",
    [
        "Enter code 482910 to log in. Payment code: 771203",
        "Gate code 4410; door code - 2291",
        "Code for Anna: 4410. Code for Ben: 2291",
        "קוד שער 4410, קוד דלת 2291",
    ],
)
def test_two_codes_named_by_themselves_are_refused(text: str) -> None:
    assert code_in(text) is None


def test_code_called_new_counts_beside_another() -> None:
    assert code_in("Your code was 771203. Your new code is 482910") == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "Morse code workshop, room 2041, Friday at 1830.",
        "Our OTP service is moving to sender 72975 on 1 June.",
        "PIN changed at ATM 44102 on 12/05.",
    ],
)
def test_noun_names_no_number_that_stands_many_words_away(text: str) -> None:
    assert code_in(text) is None


def test_noun_names_a_number_behind_what_the_code_is_for() -> None:
    assert code_in("Code for access to the Norvik office 482910") == "482910"


def test_year_counts_only_where_a_noun_names_it() -> None:
    assert code_in("Your locker PIN is 2019.") == "2019"
    assert code_in("Log in to see your tax return 2019") is None


def test_brand_and_number_are_a_code() -> None:
    assert code_in("OrbitX - 074486") == "074486"
    assert code_in("OrbitX order - 074486") is None


def test_lone_number_needs_a_sign_of_access() -> None:
    assert code_in("To change your phone number, key in 490303.") == "490303"
    assert code_in("The museum shows 49030 stamps in a long hall today") is None


def test_capitals_in_the_place_of_the_code_refuse_other_numbers() -> None:
    assert code_in("Your passcode is RKTWZL, quote 4829 if you call") is None


# Hostile texts.

BOMBS = [
    "1 ", "1-", "a1", "12:", "1.", "1,", "*1", "- ", "\n", "x", " ", "www.", "://", "a@b.c ",
    "<#>", "@a #1 ", "code ", "code 1234 ", "never code ", "1234 is your code. ", "order 1234 ",
    "A1B2 ", "EUR 1 000 ", "日", "码1234", "รหัส", "(1234) ", "one time ", "a.b/", "1/", "'", "[",
]  # fmt: skip


def calls_for(text: str) -> int:
    """Count the calls that a decision makes: a measure of work that no clock disturbs."""
    count = 0

    def profile(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    finder = CodeFinder(cache_entries=0)
    before = sys.getprofile()
    sys.setprofile(profile)
    try:
        finder.find(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("bomb", BOMBS)
def test_work_grows_no_faster_than_the_text(bomb: str) -> None:
    short, long = (calls_for((bomb * size)[:size]) for size in (256, 1024))
    assert long <= 8 * short + 2000


def repeats_in_repeats(tree: Any, *, inside: bool = False) -> bool:
    for operation, argument in tree:
        name = str(operation)
        parts = argument if isinstance(argument, (list, tuple)) else [argument]
        endless = name in ("MAX_REPEAT", "MIN_REPEAT") and argument[1] > 20
        if endless and inside:
            return True
        for part in parts:
            branches = part if isinstance(part, list) else [part]
            for branch in branches:
                if hasattr(branch, "data") and repeats_in_repeats(branch, inside=inside or endless):
                    return True
    return False


@pytest.mark.parametrize("module", [otp_decide, otp_message, otp_normalise, otp_tokens])
def test_built_in_expressions_have_no_repeat_inside_a_repeat(module: ModuleType) -> None:
    parser: Any = importlib.import_module("re._parser")
    for value in vars(module).values():
        if isinstance(value, re.Pattern):
            assert not repeats_in_repeats(parser.parse(value.pattern)), value.pattern


def test_the_check_finds_a_repeat_inside_a_repeat() -> None:
    parser: Any = importlib.import_module("re._parser")
    assert repeats_in_repeats(parser.parse(r"(?:\d+\s*)+code"))
    assert not repeats_in_repeats(parser.parse(r"\d+\s*code"))


@pytest.mark.parametrize(
    "text",
    [
        "Your PIN was changed on 12032026.",
        "Your password is valid until 20261231",
        "Ihr Passwort wurde am 01032026 geändert.",
    ],
)
def test_eight_digits_of_a_day_behind_an_on_are_a_date(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize("code", ["12032026", "01032026", "20261231"])
def test_eight_digits_of_a_day_may_be_a_code(code: str) -> None:
    assert code_in(f"Your code is {code}") == code
