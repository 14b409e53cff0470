"""Clients of the control plane, as a configuration asks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from otpblue_trio.app.tls import TlsError
from otpblue_trio.config import Environment, PlatformKind
from otpblue_trio.upstream import AccountDirectory, ControlPlane, make_ssl_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from otpblue_trio.config import Config, Platform

__all__ = ["make_control", "make_directory", "platform_context"]


def make_directory(config: Config, *, on_trouble: Callable[[str], None]) -> AccountDirectory | None:
    """Return the client of the account directory; None where there is none.

    Args:
      config: with its address, key and the defaults of accounts.
      on_trouble: see `AccountDirectory`.
    """
    settings = config.directory
    if settings is None:
        return None
    return AccountDirectory(
        ControlPlane(timeout=settings.timeout).get_json,
        base_url=settings.url,
        key=settings.key,
        clock=trio.current_time,
        ttl=settings.ttl,
        defaults=config.defaults,
        plain_passwords=config.environment is not Environment.PRODUCTION,
        on_trouble=on_trouble,
    )


def platform_context(settings: Platform) -> ssl.SSLContext | None:
    """Return what verifies the platform, for sends and the control plane; None: the simulator.

    Raises:
      TlsError: the CA file cannot be used.
    """
    if settings.kind is not PlatformKind.HTTP:
        return None
    try:
        return make_ssl_context(str(settings.ca_file) if settings.ca_file else None)
    except OSError as error:
        msg = f"cannot use platform.ca_file {settings.ca_file}: {error.strerror or error}"
        raise TlsError(msg) from error


def make_control(settings: Platform, context: ssl.SSLContext | None) -> ControlPlane | None:
    """Return what asks the platform for regions and history; None: the simulator has no such calls.

    Args:
      settings: of the platform.
      context: from `platform_context`.
    """
    if settings.kind is not PlatformKind.HTTP:
        return None
    return ControlPlane(timeout=settings.timeout, ssl_context=context)
