"""Where messages may go: the platform's open regions and the account's own choice of them."""

from __future__ import annotations

__all__ = ["NEVER_SENT", "OPEN_BY_DEFAULT", "may_send"]

_OPEN = (
    # Africa and the Middle East
    "DZ AO CI EG ET GH GN KE MA NG SN ZA SY "
    # Asia
    "AZ AF BD KH GE JP ID IR IQ IL KZ KW KG LB MY MV MN MM NP PK PH QA RU SA SG KR LK AE UZ VN "
    # Europe, and the territories that the platform lists with it
    "AD AM AT BY BE BA BG DK FO FR DE FI IS IE IT LI LU MT MD MC NL NO PL PT RO SM SI RS ES SE "
    "CH UA GB IM JE GI KY TC "
    # The Americas, Oceania
    "BO CA CO DO EC MX PR US AU NZ"
)

OPEN_BY_DEFAULT: frozenset[str] = frozenset(_OPEN.split())
"""ISO regions that the platform has open, until it tells them itself."""

NEVER_SENT: frozenset[str] = frozenset({"CN", "AR"})
"""ISO regions that nothing is sent to, whatever the platform or the account says."""


def may_send(region: str, *, open_regions: frozenset[str], account_regions: frozenset[str]) -> bool:
    """Tell whether a message may go to a region.

    Args:
      region: ISO 3166-1 alpha-2 region of the destination.
      open_regions: what the platform has open.
      account_regions: what the account may send to; empty: all that is open.
    """
    return (
        region in open_regions
        and region not in NEVER_SENT
        and (not account_regions or region in account_regions)
    )
