"""What keeps rows from being written back, told so that a person can act on it."""


class SinkError(Exception):
    """A target that cannot be reached, does not fit or refused rows; of the partition nothing was changed there.

    The message names the target without its credentials, and never a value of a row.
    """
