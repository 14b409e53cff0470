"""The command line: `otpblue-trio`.

Exit codes: 0 done, 1 the operation failed, 2 usage or configuration error.
"""

from otpblue_trio.cli.main import main

__all__ = ["main"]
