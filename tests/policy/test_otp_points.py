"""Numbers that stand in the place of the code and are not, or not surely, it."""

from __future__ import annotations

import pytest

from otpblue_trio.policy.otp import CodeFinder, CodeFound, NoCode


def code_in(text: str) -> str | None:
    result = CodeFinder().find(text)
    return result.code if isinstance(result, CodeFound) else None


@pytest.mark.parametrize(
    "text",
    [
        "Your code for 2026 is 482910",
        "Your code for 4421 was 482910",
        "Your code for 4421 will be 482910",
        "Code for 4421: 482910",
        "OTP for 9876543210 is 482910",
        "Ihr Code für 4421 lautet 482910",
        "Votre code pour 4421 est 482910",
        "Su código para 4421 es 482910",
        "Ваш код для 4421: 482910",
        "482910 is your code for 2026",
        "Use 482910 as code for 778812",
        "Your code for 4421 has been sent",
    ],
)
def test_what_a_code_is_for_is_not_the_code(text: str) -> None:
    assert code_in(text) in ("482910", None)


@pytest.mark.parametrize(
    "text",
    [
        "482910 is the OTP to pay 4999 to Ravi",
        "482910 is your code for event 44102",
        "Use 482910 as your PIN to open locker 2210",
        "482910 — код для перевода 4999",
        "482910は4999の支払い用認証コードです",
        "482910, dolap 2210 için kodunuzdur",
    ],
)
def test_noun_is_of_the_number_that_the_sentence_is_about(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "Club 1860: your code to log in is 482910",
        "1860 - Ihr Code zum Einloggen: 482910",
        "4410 is your seat, your boarding code is 482910",
        "Pay 4999 to Ravi with code 482910",
    ],
)
def test_noun_is_of_the_number_that_has_a_mark_of_its_own(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "1860 - your code to log in 482910",
        "482910: OTP to send 25000 to Ravi",
        "482910 on koodisi 4999 maksamiseen",
        "482910 रवि को 4999 भेजने का ओटीपी है",
    ],
)
def test_noun_that_may_be_of_two_numbers_refuses_both(text: str) -> None:
    assert isinstance(CodeFinder().find(text), NoCode)


def test_sender_in_brackets_is_not_what_the_sentence_is_about() -> None:
    assert code_in("[7Eleven] Je verificatiecode is 482910.") == "482910"


def test_name_before_a_colon_is_of_what_follows_it() -> None:
    assert code_in("Code 482910 Amount: EUR 120.50") == "482910"
    assert code_in("Pour vous connecter : 482910 Montant: EUR 120.50") == "482910"


@pytest.mark.parametrize("head", ["482", "48291035571", "4829AB"])
def test_sum_is_no_code_when_what_is_said_to_be_the_code_is_none(head: str) -> None:
    assert isinstance(CodeFinder().find(f"{head} is your code to pay 4999"), NoCode)


@pytest.mark.parametrize(
    "text",
    [
        "Your code 4421 is 482910",
        "Your code (2026) is 482910",
        "Your code [4421]: 482910",
        "Your code -4421- is 482910",
        "Your code is 4421 (482910)",
        "Code: 4421/482910",
        "The code 4829 was 482910",
        "code 1234 now 567890",
    ],
)
def test_two_numbers_said_to_be_one_are_refused(text: str) -> None:
    assert isinstance(CodeFinder().find(text), NoCode)


@pytest.mark.parametrize(
    "text",
    [
        "Your code: 482910 is 482910",
        "Your code for order 2026 is 482910",
        "Use 482910 for 7788 as code",
        "Your code 482910 is valid until 2026",
        "Your code is: 482910. It was 4421",
    ],
)
def test_a_number_beside_the_code_does_not_hide_it(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "pieces",
    [
        *("4829 10", "482910 1", "48 2910", "4 82910", "12345 6", "1234 567 8"),
        *("4829  10", "4829 - 10", "4829\u00a010", "4829\t10", "4829 10 20"),
        *("4829²10", "4829½10", "4829…10", "4829..10", "4829... 10", "4829****"),
    ],
)
@pytest.mark.parametrize(
    "form", ["Your code is %s", "%s is your code", "Code: %s. Do not share.", "OTP %s, thank you"]
)
def test_a_number_that_may_not_be_whole_is_refused(form: str, pieces: str) -> None:
    assert isinstance(CodeFinder().find(form % pieces), NoCode)


@pytest.mark.parametrize(
    "text",
    [
        "Your code is 482910 10 min",
        "Your code is 482910 5 minutes",
        "Your code is 482910\n10 people are waiting",
        "Your code is 482 910",
        "Your code is 48 29 10",
        "Room 12: 482910 is your code",
        "Your code is **482910**",
        "Your code is *482910*",
        "Your code is 482910... Do not share it",
        "Your code is 482910…",
    ],
)
def test_a_number_that_is_no_piece_does_not_hide_the_code(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize("text", ["Vis 4424 i kassen.", "Näytä 4424 kassalla."])
def test_number_to_show_at_the_till_is_a_code_when_no_offer_stands_beside_it(text: str) -> None:
    assert code_in(text) == "4424"


@pytest.mark.parametrize(
    "text",
    [
        "Medlemstilbud! Vis 4424 i kassen.",
        "Vis 4424 i kassen og få 20% rabat.",
        "Vis 4424 i kassen. Tilbuddet gælder til søndag.",
    ],
)
def test_number_of_an_offer_to_show_at_the_till_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Never share your code. Fraud desk 112233",
        "Не сообщайте пароли посторонним. Единая справочная 122600",
        "Jangan beri OTP ke siapa pun. Pengaduan penipuan 157081",
    ],
)
def test_number_in_a_sentence_of_its_own_behind_a_warning_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "482910. Never share your code",
        "Never share this: code 482910",
        "Never share this. Code 482910",
    ],
)
def test_code_beside_a_warning_counts(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text",
    ["Use 482910 in the app or 771204 on the website.", "Saisissez 482910 ici ou 771204 ici."],
)
def test_one_number_or_the_other_is_neither(text: str) -> None:
    assert code_in(text) is None
