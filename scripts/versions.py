"""What a measurement was made with."""

from __future__ import annotations

import os
import platform

import trio

import otpblue_trio

__all__ = ["versions"]


def versions() -> dict[str, str]:
    """Return names and versions of the programs and the machine."""
    return {
        "versions": f"otpblue-trio {otpblue_trio.__version__}, "
        f"Python {platform.python_version()}, Trio {trio.__version__}",
        "machine": f"{platform.system()} {platform.release()} on {platform.machine()}, "
        f"{os.cpu_count()} cores",
    }
