"""An SMPP client: what `otpblue-trio send` and the testing kit talk to a gateway with."""

from otpblue_trio.esme.client import Esme, EsmeClosed, submit_pdu
from otpblue_trio.esme.meanings import describe_status
from otpblue_trio.esme.tls import secured

__all__ = ["Esme", "EsmeClosed", "describe_status", "secured", "submit_pdu"]
