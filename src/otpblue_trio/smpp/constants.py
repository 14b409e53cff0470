"""The numbers of SMPP 3.4: operations, statuses, tags and field values.

Integers on the wire that are not in these tables stay plain integers everywhere in this package;
`command_name` and `status_name` print them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

__all__ = [
    "ESM_CLASS_DELIVERY_RECEIPT",
    "ESM_CLASS_MESSAGE_MODE_MASK",
    "ESM_CLASS_MESSAGE_TYPE_MASK",
    "ESM_CLASS_MODE_DATAGRAM",
    "ESM_CLASS_MODE_FORWARD",
    "ESM_CLASS_MODE_STORE_AND_FORWARD",
    "ESM_CLASS_REPLY_PATH",
    "ESM_CLASS_UDHI",
    "HEADER_OCTETS",
    "INTERFACE_VERSION",
    "MAX_PASSWORD_CHARACTERS",
    "MAX_SYSTEM_ID_CHARACTERS",
    "REGISTERED_DELIVERY_ALWAYS",
    "REGISTERED_DELIVERY_FAILURE",
    "REGISTERED_DELIVERY_INTERMEDIATE",
    "REGISTERED_DELIVERY_NONE",
    "REGISTERED_DELIVERY_RECEIPT_MASK",
    "REGISTERED_DELIVERY_SME_ACK_MASK",
    "REGISTERED_DELIVERY_SUCCESS",
    "RESPONSE_BIT",
    "CommandId",
    "CommandStatus",
    "DataCoding",
    "MessageState",
    "Npi",
    "TlvTag",
    "Ton",
    "command_name",
    "status_name",
]

HEADER_OCTETS: Final = 16
"""Octets of the PDU header: command_length, command_id, command_status, sequence_number."""

RESPONSE_BIT: Final = 0x80000000
"""Set in the command_id of every response and of generic_nack."""

INTERFACE_VERSION: Final = 0x34
"""SMPP 3.4, as a bind's interface_version has it (5.2.4)."""

MAX_SYSTEM_ID_CHARACTERS: Final = 15
"""A system_id has at most 16 octets with its NUL (4.1.1)."""

MAX_PASSWORD_CHARACTERS: Final = 8
"""A password has at most 9 octets with its NUL (4.1.1); the gateway takes longer ones too."""


class CommandId(IntEnum):
    """Operations (SMPP 3.4, 5.1.2.1)."""

    GENERIC_NACK = 0x80000000
    BIND_RECEIVER = 0x00000001
    BIND_RECEIVER_RESP = 0x80000001
    BIND_TRANSMITTER = 0x00000002
    BIND_TRANSMITTER_RESP = 0x80000002
    QUERY_SM = 0x00000003
    QUERY_SM_RESP = 0x80000003
    SUBMIT_SM = 0x00000004
    SUBMIT_SM_RESP = 0x80000004
    DELIVER_SM = 0x00000005
    DELIVER_SM_RESP = 0x80000005
    UNBIND = 0x00000006
    UNBIND_RESP = 0x80000006
    REPLACE_SM = 0x00000007
    REPLACE_SM_RESP = 0x80000007
    CANCEL_SM = 0x00000008
    CANCEL_SM_RESP = 0x80000008
    BIND_TRANSCEIVER = 0x00000009
    BIND_TRANSCEIVER_RESP = 0x80000009
    OUTBIND = 0x0000000B
    ENQUIRE_LINK = 0x00000015
    ENQUIRE_LINK_RESP = 0x80000015
    SUBMIT_MULTI = 0x00000021
    SUBMIT_MULTI_RESP = 0x80000021
    ALERT_NOTIFICATION = 0x00000102
    DATA_SM = 0x00000103
    DATA_SM_RESP = 0x80000103


class CommandStatus(IntEnum):
    """Values of command_status (SMPP 3.4, 5.1.3)."""

    ESME_ROK = 0x00
    ESME_RINVMSGLEN = 0x01
    ESME_RINVCMDLEN = 0x02
    ESME_RINVCMDID = 0x03
    ESME_RINVBNDSTS = 0x04
    ESME_RALYBND = 0x05
    ESME_RINVPRTFLG = 0x06
    ESME_RINVREGDLVFLG = 0x07
    ESME_RSYSERR = 0x08
    ESME_RINVSRCADR = 0x0A
    ESME_RINVDSTADR = 0x0B
    ESME_RINVMSGID = 0x0C
    ESME_RBINDFAIL = 0x0D
    ESME_RINVPASWD = 0x0E
    ESME_RINVSYSID = 0x0F
    ESME_RCANCELFAIL = 0x11
    ESME_RREPLACEFAIL = 0x13
    ESME_RMSGQFUL = 0x14
    ESME_RINVSERTYP = 0x15
    ESME_RINVNUMDESTS = 0x33
    ESME_RINVDLNAME = 0x34
    ESME_RINVDESTFLAG = 0x40
    ESME_RINVSUBREP = 0x42
    ESME_RINVESMCLASS = 0x43
    ESME_RCNTSUBDL = 0x44
    ESME_RSUBMITFAIL = 0x45
    ESME_RINVSRCTON = 0x48
    ESME_RINVSRCNPI = 0x49
    ESME_RINVDSTTON = 0x50
    ESME_RINVDSTNPI = 0x51
    ESME_RINVSYSTYP = 0x53
    ESME_RINVREPFLAG = 0x54
    ESME_RINVNUMMSGS = 0x55
    ESME_RTHROTTLED = 0x58
    ESME_RINVSCHED = 0x61
    ESME_RINVEXPIRY = 0x62
    ESME_RINVDFTMSGID = 0x63
    ESME_RX_T_APPN = 0x64
    ESME_RX_P_APPN = 0x65
    ESME_RX_R_APPN = 0x66
    ESME_RQUERYFAIL = 0x67
    ESME_RINVOPTPARSTREAM = 0xC0
    ESME_ROPTPARNOTALLWD = 0xC1
    ESME_RINVPARLEN = 0xC2
    ESME_RMISSINGOPTPARAM = 0xC3
    ESME_RINVOPTPARAMVAL = 0xC4
    ESME_RDELIVERYFAILURE = 0xFE
    ESME_RUNKNOWNERR = 0xFF


class Ton(IntEnum):
    """Type of number (SMPP 3.4, 5.2.5)."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER_NUMBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    """Numbering plan indicator (SMPP 3.4, 5.2.6)."""

    UNKNOWN = 0
    ISDN = 1
    """E.163 and E.164."""
    DATA = 3
    TELEX = 4
    LAND_MOBILE = 6
    NATIONAL = 8
    PRIVATE = 9
    ERMES = 10
    INTERNET = 14
    WAP_CLIENT_ID = 18


class MessageState(IntEnum):
    """State of a message (SMPP 3.4, 5.2.28)."""

    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8


class DataCoding(IntEnum):
    """Values of data_coding outside the GSM 03.38 groups (SMPP 3.4, 5.2.19)."""

    DEFAULT = 0x00
    """The alphabet that both sides agreed on; see `Account.default_alphabet`."""
    IA5 = 0x01
    """IA5, that is ASCII."""
    BINARY = 0x02
    LATIN1 = 0x03
    BINARY_ALTERNATIVE = 0x04
    JIS = 0x05
    CYRILLIC = 0x06
    HEBREW = 0x07
    UCS2 = 0x08
    PICTOGRAM = 0x09
    ISO_2022_JP = 0x0A
    EXTENDED_KANJI = 0x0D
    KS_C_5601 = 0x0E


ESM_CLASS_MESSAGE_MODE_MASK: Final = 0x03
"""Bits 1-0 of esm_class, messaging mode (SMPP 3.4, 5.2.12)."""
ESM_CLASS_MODE_DATAGRAM: Final = 0x01
ESM_CLASS_MODE_FORWARD: Final = 0x02
ESM_CLASS_MODE_STORE_AND_FORWARD: Final = 0x03
ESM_CLASS_MESSAGE_TYPE_MASK: Final = 0x3C
"""Bits 5-2 of esm_class, message type."""
ESM_CLASS_DELIVERY_RECEIPT: Final = 0x04
"""The deliver_sm carries a delivery receipt."""
ESM_CLASS_UDHI: Final = 0x40
"""The message text begins with a user data header."""
ESM_CLASS_REPLY_PATH: Final = 0x80

REGISTERED_DELIVERY_RECEIPT_MASK: Final = 0x03
"""Bits 1-0 of registered_delivery: is a delivery receipt wanted (SMPP 3.4, 5.2.17)."""
REGISTERED_DELIVERY_NONE: Final = 0x00
REGISTERED_DELIVERY_ALWAYS: Final = 0x01
"""A receipt on success and on failure."""
REGISTERED_DELIVERY_FAILURE: Final = 0x02
"""A receipt on failure only."""
REGISTERED_DELIVERY_SUCCESS: Final = 0x03
"""A receipt on success only; reserved in SMPP 3.4, named by SMPP 5.0."""
REGISTERED_DELIVERY_SME_ACK_MASK: Final = 0x0C
REGISTERED_DELIVERY_INTERMEDIATE: Final = 0x10


class TlvTag(IntEnum):
    """Tags of optional parameters (SMPP 3.4, 5.3.2)."""

    DEST_ADDR_SUBUNIT = 0x0005
    DEST_NETWORK_TYPE = 0x0006
    DEST_BEARER_TYPE = 0x0007
    DEST_TELEMATICS_ID = 0x0008
    SOURCE_ADDR_SUBUNIT = 0x000D
    SOURCE_NETWORK_TYPE = 0x000E
    SOURCE_BEARER_TYPE = 0x000F
    SOURCE_TELEMATICS_ID = 0x0010
    QOS_TIME_TO_LIVE = 0x0017
    PAYLOAD_TYPE = 0x0019
    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    MS_MSG_WAIT_FACILITIES = 0x0030
    PRIVACY_INDICATOR = 0x0201
    SOURCE_SUBADDRESS = 0x0202
    DEST_SUBADDRESS = 0x0203
    USER_MESSAGE_REFERENCE = 0x0204
    USER_RESPONSE_CODE = 0x0205
    SOURCE_PORT = 0x020A
    DESTINATION_PORT = 0x020B
    SAR_MSG_REF_NUM = 0x020C
    LANGUAGE_INDICATOR = 0x020D
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    CALLBACK_NUM_PRES_IND = 0x0302
    CALLBACK_NUM_ATAG = 0x0303
    NUMBER_OF_MESSAGES = 0x0304
    CALLBACK_NUM = 0x0381
    DPF_RESULT = 0x0420
    SET_DPF = 0x0421
    MS_AVAILABILITY_STATUS = 0x0422
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    DELIVERY_FAILURE_REASON = 0x0425
    MORE_MESSAGES_TO_SEND = 0x0426
    MESSAGE_STATE = 0x0427
    USSD_SERVICE_OP = 0x0501
    DISPLAY_TIME = 0x1201
    SMS_SIGNAL = 0x1203
    MS_VALIDITY = 0x1204
    ALERT_ON_MESSAGE_DELIVERY = 0x130C
    ITS_REPLY_TYPE = 0x1380
    ITS_SESSION_INFO = 0x1383


_COMMAND_NAMES = {int(member): member.name.lower() for member in CommandId}
_STATUS_NAMES = {int(member): member.name for member in CommandStatus}


def command_name(command_id: int) -> str:
    """Return the operation's name as the specification writes it, e.g. `submit_sm`.

    Args:
      command_id: any integer off the wire.

    Returns:
      The name, or eight hexadecimal digits for an unknown one, e.g. `0x00000999`.
    """
    return _COMMAND_NAMES.get(command_id) or f"0x{command_id:08x}"


def status_name(command_status: int) -> str:
    """Return the name of a command_status, e.g. `ESME_RTHROTTLED`.

    Args:
      command_status: any integer off the wire.

    Returns:
      The name, or eight hexadecimal digits for an unknown one, e.g. `0x00000999`.
    """
    return _STATUS_NAMES.get(command_status) or f"0x{command_status:08x}"
