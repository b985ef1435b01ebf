"""How motivation points may be read; pure.

Falling points can mean that the need has fallen (LiiTu): they are never shown as deterioration.
"""


def may_need_less(value: int, before: int | None) -> bool:
    """Whether the points are fewer than before, which asks for the client's own reading."""
    return before is not None and value < before
