"""What stops a step, told so that a person can act on it."""


class StepError(Exception):
    """A step that cannot do its work; nothing was committed. The message names the table, partition and file."""
