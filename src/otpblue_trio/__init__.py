"""otpblue-trio: an SMPP 3.4 gateway that delivers one-time passwords as iMessages.

The command line is `otpblue-trio serve config.toml`; to embed a gateway in tests start at
`otpblue_trio.testing`.
"""

from importlib.metadata import version

__version__ = version("otpblue-trio")

__all__ = ["__version__"]
