"""The one base of every exception that this package raises on purpose."""

__all__ = ["OtpBlueError"]


class OtpBlueError(Exception):
    """Base of the package's own exceptions.

    Messages name the field, a length and a limit; they never hold a password, a code or a whole
    phone number.
    """
