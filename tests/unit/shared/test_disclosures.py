"""Every kind of thing that an audit row may be about is known to the disclosure log."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import services
from shared.contracts.codes import DisclosedClass
from shared.contracts.disclosure import class_of

NOT_OF_A_CLIENT = {
    "agreement",
    "case_import",
    "consultation",
    "disclosure_log",
    "import",
    "partner",
    "price",
    "retention",
    "service_cost",
    "target",
    "team",
    "webhook",
    "worker",
}
ACTION = re.compile(r"[a-z_]+\.[a-z_-]+")
LOGGING = {"Entry", "entry", "entries", "record", "Deed"}
"""Names of what an action is handed to, on its way into the audit log."""


def actions() -> Iterator[str]:
    """The actions that the services' sources name."""
    for path in Path(services.__file__).parent.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func
            name = name.id if isinstance(name, ast.Name) else name
            if str(name).lstrip("_") in LOGGING:
                yield from (
                    str(argument.value)
                    for argument in call.args
                    if isinstance(argument, ast.Constant) and ACTION.fullmatch(str(argument.value))
                )


def test_what_concerns_a_client_has_a_class_of_data() -> None:
    found = sorted(set(actions()))
    assert len(found) > 40, "the sources were read"
    unknown = {
        action.partition(".")[0] for action in found if class_of(action) == DisclosedClass.OTHER
    }
    assert unknown - NOT_OF_A_CLIENT == set(), "give it a class in shared/contracts/disclosure.py"


def test_no_class_is_without_a_thing() -> None:
    classes = {class_of(action) for action in actions()}
    assert classes >= set(DisclosedClass) - {DisclosedClass.OTHER}
