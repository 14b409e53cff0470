"""Codes that somebody has tried, and numbers that are said to be no codes."""

from __future__ import annotations

import pytest

from otpblue_trio.policy.otp import CodeFinder, CodeFound


def code_in(text: str) -> str | None:
    result = CodeFinder().find(text)
    return result.code if isinstance(result, CodeFound) else None


@pytest.mark.parametrize(
    "text",
    [
        "The code 482910 you typed in does not match.",
        "Введённый код 482910 неверен.",
        "Код 482910, который вы ввели, неверный.",
        "Kode 482910 yang Anda masukkan salah.",
        "您输入的验证码482910有误。",
        "आपका दर्ज किया कोड 482910 गलत है",
    ],
)
def test_code_called_wrong_further_on_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Use code 482910 to log in, wrong entries are counted.",
        "Введите код 482910. Если код неверный, запросите новый.",
        "您的验证码是482910。输入有误请重试。",
        "Your code: 482910\nWrong number? Reply STOP",
    ],
)
def test_word_for_wrong_that_is_not_said_of_a_code_leaves_it(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "You entered 482910. Try again.",
        "Sie haben 482910 eingegeben.",
        "The PIN 8812 you chose is too easy.",
        "Thanks for using code 482910.",
        "Code 482910 accepted. You are now logged in.",
        "Your login with code 482910 was successful.",
        "Seu código 482910 foi aceito.",
    ],
)
def test_code_that_the_reader_has_entered_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Der Code 482910 muss in der App eingegeben werden.",
        "Your code 482910 has been generated successfully.",
        "Thanks for using Hollis! Your code is 482910.",
    ],
)
def test_code_that_was_made_or_is_to_be_entered_counts(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text", ["482910 is not your code.", "Do not use 482910, it is not your code."]
)
def test_number_that_is_called_no_code_is_none(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "482910 is your code, not your password.",
        "Your code is 482910. This is not your PIN.",
        "Your code is 482910. It is not a code to share with our staff.",
    ],
)
def test_code_of_which_is_said_what_else_it_is_not_counts(text: str) -> None:
    assert code_in(text) == "482910"


def test_code_counts_beside_the_one_that_was_entered() -> None:
    assert code_in("You entered 881203. The right code is 482910.") == "482910"


def test_validity_that_has_ended_cancels_the_code_behind_it() -> None:
    assert code_in("انتهت صلاحية الرمز 482910") is None


@pytest.mark.parametrize(
    "text",
    [
        "Your code is 6 digits, for example 123456.",
        "Your code has six digits (e.g. 123456).",
        "Ihr Code hat 6 Ziffern, z. B. 123456.",
        "A code looks like 123456. Yours is on the way.",
        "验证码为6位数字，例如123456。",
    ],
)
def test_sample_of_a_code_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "A code looks like 123456. Your code is 482910.",
        "Your code is 482910, for example for logging in to Velto.",
        "Beispiel GmbH: 482910 ist Ihr Code",
    ],
)
def test_code_that_is_no_sample_counts(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "Do not use 482910 but 771204.",
        "Bitte nicht mehr 482910 verwenden, sondern 771204.",
        "No use 482910, sino 771204.",
        "Используйте не 482910, а 771204.",
        "482910 değil, 771204 kodunu kullanın.",
    ],
)
def test_not_this_but_that_means_that(text: str) -> None:
    assert code_in(text) == "771204"


def test_code_that_is_sent_instead_of_an_earlier_one_counts() -> None:
    assert code_in("Введите 482910 вместо присланного ранее 771204: старый код аннулирован.") == (
        "482910"
    )


@pytest.mark.parametrize(
    "text",
    [
        "You replied 3391; that code isn't valid.",
        "Usted escribió 507713, el código no coincide.",
        "Ai introdus 551820, dar codul nu corespunde.",
    ],
)
def test_code_that_is_called_wrong_behind_a_comma_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "We have cancelled the code 482910. 771204 is valid.",
        "Kód 482910 jsme zrušili. Platí 771204.",
        "Hemos anulado el código 482910. Vale 771204.",
        "Код 482910 мы отозвали. Действует 771204.",
        "ביטלנו את הקוד 482910. התקף הוא 771204",
    ],
)
def test_code_that_we_have_cancelled_gives_way_to_the_other(text: str) -> None:
    assert code_in(text) == "771204"
