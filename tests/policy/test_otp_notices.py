"""Numbers of notices that stand where a code would."""

from __future__ import annotations

import pytest

from otpblue_trio.policy.otp import CodeFinder, CodeFound


def code_in(text: str) -> str | None:
    result = CodeFinder().find(text)
    return result.code if isinstance(result, CodeFound) else None


@pytest.mark.parametrize(
    "text",
    [
        "The password for number 0671234509 was changed.",
        "Пароль для номера 0671234509 изменён.",
        "Hasło dla numeru 512555019 zostało zmienione.",
        "Mật khẩu cho số 0912345678 đã được đổi.",
        "تم تغيير كلمة مرور الرقم 0551234509 بنجاح.",
        "नंबर 9876504417 का पासवर्ड बदल दिया गया है।",
    ],
)
def test_number_as_long_as_a_telephones_behind_a_mere_number_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("For number 0671234509 set a password with code 73180", "73180"),
        ("Для номера 0671234509 установите пароль с помощью кода 73180", "73180"),
        ("So 0912345678 dang ky vi. Nhap 73180 de tiep tuc", "73180"),
    ],
)
def test_code_beside_a_telephone_number_is_found(text: str, code: str) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    "text",
    ["Your code number 482910334", "Verification number 482910334", "Numéro de code 482910334"],
)
def test_code_of_nine_digits_that_is_called_a_number_of_a_code_is_one(text: str) -> None:
    assert code_in(text) == "482910334"


@pytest.mark.parametrize(
    "text",
    [
        "Your security code will be sent by post to 1840 Lake Dr within 5 days.",
        "We posted your activation code to 4410 Birch Hill Rd, Denver.",
    ],
)
def test_house_in_a_street_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Your code is 4829. Drive safely",
        "4829 Google Drive code",
        "ENTER CODE 4829 AT MAIN STREET",
        "Code 4829 opens Main Street garage",
    ],
)
def test_code_before_words_that_make_no_address_counts(text: str) -> None:
    assert code_in(text) == "4829"


@pytest.mark.parametrize(
    "text",
    [
        "Your booking is confirmed for 2 guests, check-in 1500 on 12 Aug 2026.",
        "Reservation confirmed. Check-in from 1400, check-out by 1100.",
    ],
)
def test_hour_of_arrival_is_no_code(text: str) -> None:
    assert code_in(text) is None


def test_hour_behind_a_date_does_not_stand_against_the_code() -> None:
    text = "On 03/04/26 at 1830 someone asked for a new password. Your reset code: 297410"
    assert code_in(text) == "297410"


@pytest.mark.parametrize("text", ["Check-in code 4829", "Use 4829 at check-in."])
def test_code_for_an_arrival_counts(text: str) -> None:
    assert code_in(text) == "4829"


@pytest.mark.parametrize(
    "text",
    [
        "Don hang da giao thanh cong. COD 350.000d",
        "Shop gui COD 1250000 qua buu dien",
        "Aapka parcel nikal chuka hai, COD 1450 taiyar rakhein",
    ],
)
def test_cash_on_delivery_is_no_code(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text", ["Cod 482910 pentru coletul dvs.", "COD: 482910", "COD 482910 PENTRU PAKET"]
)
def test_romanian_code_is_no_cash_on_delivery(text: str) -> None:
    assert code_in(text) == "482910"


@pytest.mark.parametrize(
    "text",
    [
        "डिलीवरी का पता: जयपुर, पिन कोड 302017, COD ₹1450",
        "Delivery address: Jaipur, PIN code 302017, COD ₹1450",
    ],
)
def test_pin_code_of_an_address_is_a_postcode(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "PIN code: 110001 is serviceable. Order now!",
        "Delivery to PIN code 560001 takes 2 days.",
        "Orders to pincode 400 001 are delayed.",
    ],
)
def test_pin_code_that_something_is_delivered_to_is_a_postcode(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Your delivery PIN code is 481937",
        "PIN code 481937 for your delivery.",
        "Your order is out for delivery. PIN code 481937",
        "Enter PIN code 481937 to confirm your delivery.",
        "Confirm your e-mail address with PIN code 481937.",
    ],
)
def test_pin_code_for_a_delivery_is_a_code(text: str) -> None:
    assert code_in(text) == "481937"


@pytest.mark.parametrize(
    "text",
    [
        "At 2105 the PIN for your SIM was changed.",
        "Je pincode is om 1645 gewijzigd.",
        "Din PIN-kod ändrades kl 1650.",
        "PIN-Änderung um 0915 Uhr durchgeführt.",
        "PIN cambiato alle 1825 presso lo sportello.",
        "Twój PIN zmieniono o 1645.",
    ],
)
def test_hour_at_which_a_code_was_changed_is_none(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "Tik om 4829 te gebruiken als code",
        "O 4829 é o seu código.",
        "Use 4829 at the gate.",
        "Your code at MyBank: 4829",
    ],
)
def test_little_words_that_tell_no_hour_leave_the_code(text: str) -> None:
    assert code_in(text) == "4829"


@pytest.mark.parametrize(
    "text",
    [
        "We send your activation code by post to 79018 Lviv.",
        "Новий PIN буде надіслано поштою на адресу: 79018, Львів",
        "PIN kartu akan dikirim via pos ke 40115 Bandung",
        "密码函已寄往200031徐汇区，请留意查收",
        "비밀번호 안내문은 06236 강남구 주소로 우편 발송됩니다",
        "Kart şifreniz 06420 Çankaya adresinize kargolanacaktır",
    ],
)
def test_postcode_to_which_a_code_is_posted_is_none(text: str) -> None:
    assert code_in(text) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("OTP untuk ubah alamat 4096", "4096"),
        ("Code to change your e-mail address: 482910", "482910"),
        ("Your letter is here. PIN 4829", "4829"),
        ("Pick up your letter with code 4829", "4829"),
        ("Deutsche Post: 4829 ist Ihr Code", "4829"),
        ("Österreichische Post 4829 ist Ihr Code", "4829"),
        ("Poczta Polska: 4829 to kod odbioru", "4829"),
        ("[Post] 482910 - your verification code", "482910"),
    ],
)
def test_code_that_speaks_of_letters_and_addresses_counts(text: str, code: str) -> None:
    assert code_in(text) == code


@pytest.mark.parametrize(
    "text", ["Senha 3319, dirija-se ao guichê 4.", "Senha 4418 chamada. Balcão 12."]
)
def test_place_in_a_queue_is_no_code(text: str) -> None:
    assert code_in(text) is None


def test_number_that_is_written_to_is_no_code() -> None:
    assert code_in("Please don't send codes to this number (88440); it is for receipts.") is None
