"""The regions that the simulated platform has open, as its regions call lists them."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from otpblue_trio.policy.regions import OPEN_BY_DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["OPEN_REGIONS"]

_NAME_LIST = """
DZ Algeria; AO Angola; CI Côte d'Ivoire; EG Egypt; ET Ethiopia; GH Ghana; GN Guinea; KE Kenya;
MA Morocco; NG Nigeria; SN Senegal; ZA South Africa; SY Syria;
AZ Azerbaijan; AF Afghanistan; BD Bangladesh; KH Cambodia; GE Georgia; JP Japan; ID Indonesia;
IR Iran; IQ Iraq; IL Israel; KZ Kazakhstan; KW Kuwait; KG Kyrgyzstan; LB Lebanon; MY Malaysia;
MV Maldives; MN Mongolia; MM Myanmar; NP Nepal; PK Pakistan; PH Philippines; QA Qatar; RU Russia;
SA Saudi Arabia; SG Singapore; KR South Korea; LK Sri Lanka; AE United Arab Emirates;
UZ Uzbekistan; VN Vietnam;
AD Andorra; AM Armenia; AT Austria; BY Belarus; BE Belgium; BA Bosnia and Herzegovina; BG Bulgaria;
DK Denmark; FO Faroe Islands; FR France; DE Germany; FI Finland; IS Iceland; IE Ireland; IT Italy;
LI Liechtenstein; LU Luxembourg; MT Malta; MD Moldova; MC Monaco; NL Netherlands; NO Norway;
PL Poland; PT Portugal; RO Romania; SM San Marino; SI Slovenia; RS Serbia; ES Spain; SE Sweden;
CH Switzerland; UA Ukraine; GB United Kingdom; IM Isle of Man; JE Jersey; GI Gibraltar;
KY Cayman Islands; TC Turks and Caicos Islands;
BO Bolivia; CA Canada; CO Colombia; DO Dominican Republic; EC Ecuador; MX Mexico; PR Puerto Rico;
US United States; AU Australia; NZ New Zealand
"""

_NAMES = {
    code: name
    for code, _, name in (" ".join(entry.split()).partition(" ") for entry in _NAME_LIST.split(";"))
}

OPEN_REGIONS: Mapping[str, str] = MappingProxyType(
    {code: _NAMES.get(code, code) for code in sorted(OPEN_BY_DEFAULT)}
)
"""ISO 3166-1 alpha-2 code to name."""
