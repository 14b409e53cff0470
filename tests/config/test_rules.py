from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from otpblue_trio.config import Config

if TYPE_CHECKING:
    from pathlib import Path

Load = Callable[[str], Config]
Complain = Callable[[str], list[str]]

DEMO = '[[accounts]]\nsystem_id = "demo"\npassword = "pw"\napi_key = "k"\n'


@pytest.fixture
def production(pem_pair: tuple[Path, Path]) -> str:
    """A configuration that production takes, without accounts."""
    certificate, key = pem_pair
    return (
        'environment = "production"\n'
        'platform.kind = "http"\n'
        f'tls = {{ certificate = "{certificate}", private_key = "{key}" }}\n'
    )


def test_production_takes_what_is_fit_for_it(load: Load, production: str, hashed: str) -> None:
    config = load(production + DEMO.replace('"pw"', f'"{hashed}"'))
    assert config.warnings == ()


def test_production_refuses_everything_that_suits_a_test_at_once(complain: Complain) -> None:
    assert complain(f'environment = "production"\n{DEMO}') == [
        "config.toml: tls: expected certificate and private_key (production), "
        "found nothing, which means a development certificate",
        'config.toml: platform.kind: expected "http" (production), found "simulator"',
        "config.toml:4: accounts[0].password: "
        "expected a bcrypt, argon2 or scrypt hash (production), "
        "found a plain password of 2 characters",
    ]


@pytest.mark.parametrize("key", ["url", "regions_url", "history_url"])
def test_production_refuses_http_addresses_of_the_platform(
    key: str, complain: Complain, production: str
) -> None:
    assert complain(f'{production}platform.{key} = "http://x/"\n') == [
        f"config.toml:4: platform.{key}: expected an https:// URL (production), "
        "found an http:// one"
    ]


def test_production_refuses_an_http_address_of_the_directory(
    complain: Complain, production: str
) -> None:
    assert complain(f'{production}directory = {{ url = "HTTP://x/", key = "k" }}\n') == [
        "config.toml:4: directory.url: expected an https:// URL (production), found an http:// one"
    ]


def test_production_needs_no_certificate_without_a_tls_listener(load: Load) -> None:
    config = load(
        'environment = "production"\nplatform.kind = "http"\nlisten.tls = []\n'
        'listen.plain = ["127.0.0.1:2775"]\n'
    )
    assert config.tls is None


def test_a_plain_listener_in_production_gives_a_warning(load: Load, production: str) -> None:
    config = load(f'{production}listen.plain = ["127.0.0.1:2775"]\n')
    assert (
        "config.toml:4: listen.plain: passwords and codes travel readable on a plain listener"
        in config.warnings
    )


def test_keys_in_a_readable_file_give_a_warning_in_production(
    load: Load, production: str, hashed: str, folder: Path
) -> None:
    accounts = folder / "accounts.toml"
    accounts.write_text(DEMO.replace('"pw"', f'"{hashed}"'))
    accounts.chmod(0o644)
    config = load(f'accounts_file = "accounts.toml"\n{production}')
    assert config.warnings == (
        f"{accounts}: holds a secret, and its group or others may read it (mode 0644); chmod 600",
    )


def test_development_takes_plain_passwords_with_a_warning(load: Load) -> None:
    accounts = "".join(DEMO.replace("demo", f"demo{index}") for index in range(7))
    assert load(accounts).warnings == (
        "config.toml: plain passwords, for development only: "
        "demo0, demo1, demo2, demo3, demo4 and 2 more",
    )


@pytest.mark.parametrize(("characters", "warnings"), [(8, 1), (9, 2)])
def test_a_plain_password_longer_than_smpp_allows_gives_a_warning(
    characters: int, warnings: int, load: Load
) -> None:
    said = load(DEMO.replace('"pw"', f'"{"x" * characters}"')).warnings
    assert len(said) == warnings
    assert said[0].startswith("config.toml:3: accounts[0].password: SMPP 3.4") == (warnings == 2)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "config.toml: no accounts and no [directory]: nobody can bind"),
        ("listen.tls = []", "config.toml:1: listen: no SMPP listener: nobody can connect"),
        (
            'platform.kind = "http"\n[simulator]\nlatency = 0\n',
            'config.toml:2: simulator: has no effect: platform.kind is not "simulator"',
        ),
        (
            "limits.max_connections = 10\nlimits.max_connections_per_address = 11",
            "config.toml:2: limits.max_connections_per_address: "
            "has no effect above limits.max_connections",
        ),
        (
            "limits.max_in_flight_per_account = 10\nlimits.max_in_flight_per_session = 11",
            "config.toml:2: limits.max_in_flight_per_session: "
            "has no effect above limits.max_in_flight_per_account",
        ),
        (
            "limits.max_in_flight = 10\nlimits.max_in_flight_per_account = 11",
            "config.toml:2: limits.max_in_flight_per_account: "
            "has no effect above limits.max_in_flight",
        ),
    ],
)
def test_what_has_no_effect_gives_a_warning(text: str, said: str, load: Load) -> None:
    assert said in load(text).warnings


def test_a_platform_of_ones_own_with_the_real_history_gives_a_warning(load: Load) -> None:
    text = """\
platform.kind = "http"
platform.url = "http://127.0.0.1:8090/imsg/api/v1.1/otp/send/"
platform.regions_url = "http://127.0.0.1:8090/imsg/api/v1/otp/available-regions/"
"""
    [told] = [warning for warning in load(text).warnings if "history_url" in warning]
    assert told == (
        "config.toml:2: platform.url: history_url is not set: api.otpblue.com is asked, with the "
        "API keys, and not 127.0.0.1:8090"
    )


def test_a_simulator_whose_url_is_set_asks_nobody(load: Load) -> None:
    text = 'platform.url = "http://127.0.0.1:8090/imsg/api/v1.1/otp/send/"'
    assert not any("is not set" in warning for warning in load(text).warnings)


@pytest.mark.parametrize(
    "text",
    [
        "limits.max_connections = 10",
        "limits.max_connections = 10\nlimits.max_connections_per_address = 10",
    ],
)
def test_a_default_above_its_bound_gives_no_warning(text: str, load: Load) -> None:
    assert not any("has no effect" in warning for warning in load(text).warnings)


def test_a_certificate_without_a_listener_gives_a_warning(
    load: Load, pem_pair: tuple[Path, Path]
) -> None:
    certificate, key = pem_pair
    config = load(
        f'listen.tls = []\ntls = {{ certificate = "{certificate}", private_key = "{key}" }}\n'
    )
    assert "config.toml:2: tls: has no effect without listen.tls" in config.warnings


def test_a_key_of_another_certificate_is_refused(
    complain: Complain, pem_pair: tuple[Path, Path], other_pem_pair: tuple[Path, Path]
) -> None:
    assert complain(
        f'[tls]\ncertificate = "{pem_pair[0]}"\nprivate_key = "{other_pem_pair[1]}"\n'
    ) == [
        "config.toml:3: tls.private_key: expected the private key of tls.certificate, "
        "found the key of another certificate"
    ]


@pytest.mark.parametrize("setting", ["platform.ca_file", "tls.client_ca"])
def test_an_authority_file_without_certificates_is_refused(
    setting: str, complain: Complain, pem_pair: tuple[Path, Path]
) -> None:
    certificate, key = pem_pair
    text = f'tls.certificate = "{certificate}"\ntls.private_key = "{key}"\n'
    assert complain(f'{text}{setting} = "config.toml"\n') == [
        f"config.toml:3: {setting}: expected certificates of authorities, "
        "found a file without PEM certificates"
    ]


def test_one_address_serves_one_listener(complain: Complain) -> None:
    assert complain(
        'listen.tls = ["[::1]:5"]\nlisten.plain = ["127.0.0.1:5", "[::1]:5"]\n'
        'listen.admin = "127.0.0.1:5"\n'
    ) == [
        "config.toml:2: listen.plain[1]: expected an address that no other listener has, "
        'found "[::1]:5"',
        "config.toml:3: listen.admin: expected an address that no other listener has, "
        'found "127.0.0.1:5"',
    ]


def test_no_rule_judges_a_setting_that_was_wrong(complain: Complain) -> None:
    # Were listen.tls taken for its default, the plain listener would clash with it.
    said = complain('listen.tls = ["x"]\nlisten.plain = ["0.0.0.0:2776"]\n')
    assert [line.partition(": expected")[0] for line in said] == ["config.toml:1: listen.tls[0]"]


def test_rules_are_told_beside_wrong_values(complain: Complain) -> None:
    said = complain('environment = "production"\nlisten.tls = []\nplatform.timeout = 0\n')
    assert [line.partition(": expected")[0] for line in said] == [
        "config.toml:3: platform.timeout",
        "config.toml:3: platform.kind",
    ]


# ---------------------------------------------------------------------- client certificates

NAMES = 'client_certificate_names = ["smpp.acme.example"]\n'
WITHOUT_CA = (
    "expected tls.client_ca to verify client certificates with, found none, so that nobody could "
    "bind"
)


@pytest.fixture
def tls(pem_pair: tuple[Path, Path]) -> str:
    """A [tls] section without a client_ca."""
    return f'[tls]\ncertificate = "{pem_pair[0]}"\nprivate_key = "{pem_pair[1]}"\n'


def test_an_account_bound_to_certificates_needs_an_authority(complain: Complain) -> None:
    assert complain(f"{DEMO}{NAMES}") == [
        f"config.toml:5: accounts[0].client_certificate_names: {WITHOUT_CA}"
    ]


def test_a_certificate_section_without_an_authority_is_not_enough(
    complain: Complain, tls: str
) -> None:
    text = f'{tls}{DEMO}client_certificate_fingerprints = ["{"ab" * 32}"]\n'
    assert complain(text) == [
        f"config.toml:8: accounts[0].client_certificate_fingerprints: {WITHOUT_CA}"
    ]


def test_what_the_defaults_demand_is_told_there_alone(complain: Complain, folder: Path) -> None:
    second = DEMO.replace('"demo"', '"second"')
    (folder / "accounts.toml").write_text(f"{second}{NAMES}")
    text = f'accounts_file = "accounts.toml"\n[defaults]\n{NAMES}{DEMO}'
    assert complain(text) == [
        f"config.toml:3: defaults.client_certificate_names: {WITHOUT_CA}",
        f"HERE/accounts.toml:5: accounts[0].client_certificate_names: {WITHOUT_CA}",
    ]


def test_with_an_authority_accounts_may_be_bound_to_certificates(
    load: Load, tls: str, pem_pair: tuple[Path, Path]
) -> None:
    config = load(f'{tls}client_ca = "{pem_pair[0]}"\n{DEMO}{NAMES}')
    assert config.accounts[0].client_certificate_names == ("smpp.acme.example",)


def test_an_authority_that_cannot_be_read_is_the_only_mistake_told(
    complain: Complain, tls: str
) -> None:
    said = complain(f'{tls}client_ca = "gone.pem"\n{DEMO}{NAMES}')
    assert [line.partition(": expected")[0] for line in said] == ["config.toml:4: tls.client_ca"]


def test_optional_certificates_without_an_authority_give_a_warning(load: Load, tls: str) -> None:
    config = load(f'{tls}client_certificates = "optional"\n')
    assert (
        "config.toml:4: tls.client_certificates: has no effect without tls.client_ca"
        in config.warnings
    )
