"""Which encoding the lines of a file are written in."""

UTF_8 = "utf-8"
WINDOWS_1252 = "cp1252"
_CHARSETS = {
    "utf-8": UTF_8,
    "utf8": UTF_8,
    "us-ascii": UTF_8,
    "windows-1252": WINDOWS_1252,
    "cp1252": WINDOWS_1252,
    "iso-8859-1": WINDOWS_1252,
    "latin1": WINDOWS_1252,
}
"""What is called ISO 8859-1 is read as Windows-1252, as browsers do (WHATWG Encoding)."""


class EncodingVote:
    """Tells UTF-8 from Windows-1252 by how most lines with other than ASCII read.

    One broken line in a UTF-8 file so stays one broken line, instead of turning every ä into Ã¤.
    """

    def __init__(self) -> None:
        self._utf_8 = 0
        self._other = 0

    def see(self, content: bytes) -> None:
        """Counts a line."""
        if content.isascii():
            return
        try:
            content.decode(UTF_8)
        except UnicodeDecodeError:
            self._other += 1
        else:
            self._utf_8 += 1

    @property
    def winner(self) -> str:
        """The encoding, as Python names it."""
        return WINDOWS_1252 if self._other > self._utf_8 else UTF_8


def encoding_of_charset(charset: str) -> str | None:
    """The encoding that a `charset` parameter names; None when it is not taken."""
    return _CHARSETS.get(charset.strip().strip('"').lower())
