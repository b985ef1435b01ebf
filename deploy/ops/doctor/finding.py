"""What an examination found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at. `wrong` says what is the matter and `advice` what to do; both are empty
    when all is well. `seen` says what was seen then."""

    what: str
    seen: str = ""
    wrong: str = ""
    advice: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing needs doing."""
        return not self.wrong
