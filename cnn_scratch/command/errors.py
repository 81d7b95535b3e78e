"""What a person did that the command cannot work with."""


class UsageError(ValueError):
    """An option is wrong, or does not fit the data.

    The message is one line that can be shown as it is: what was expected, what was received, what
    to do.
    """
