"""The one exception of this package."""


class DatasetError(ValueError):
    """Data could not be read, or is not what it should be.

    The message is one line: what was expected, what was received, and what to do about it. A
    program can show it to a person as it is.
    """

    def __init__(self, message: str):
        super().__init__(message.replace("\n", " "))  # what Pillow or NumPy said may have several lines
