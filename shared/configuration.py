"""Settings told and checked: what a service may be told by its environment, and, when that is wrong
at start, one line for each setting that is.

`python -m shared.configuration services.referral.settings ...` prints the settings of those modules
as JSON. No value of a secret is ever printed.
"""

import importlib
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, NoReturn, TypeVar, Union, get_args, get_origin

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, SettingsError

EX_CONFIG = 78
"""The exit code that sysexits.h keeps for a faulty configuration."""
_UNITS = {"seconds": "s", "ms": "ms", "hours": "h", "days": "d", "bytes": "bytes"}
_NAMES: Mapping[Any, str] = {
    bool: "true or false",
    int: "whole number",
    float: "number",
    str: "text",
    SecretStr: "text",
    Path: "path",
}
_BOUNDS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
_BROKEN_JSON = re.compile(r'field "(\w+)"')
SettingsT = TypeVar("SettingsT", bound=BaseSettings)


@dataclass(frozen=True)
class Setting:
    """One setting as an operator knows it. `default` is None where a value must be given."""

    name: str
    type: str
    default: str | None
    unit: str
    secret: bool
    description: str


def read(settings_class: type[SettingsT]) -> SettingsT:
    """The settings of this process; ends it when they are wrong, with a line for each on stderr."""
    complaints = complaints_of(settings_class)
    if complaints:
        _refuse(complaints)
    return settings_class.model_validate({})


def complaints_of(settings_class: type[BaseSettings]) -> Sequence[str]:
    """What is wrong with the environment, a line for each setting."""
    found: list[str] = []
    for one in [*_nested(settings_class).values(), settings_class]:
        # What is wrong within is told by its own class; here it would hide all else.
        within = {name: inner.model_construct() for name, inner in _nested(one).items()}
        try:
            one.model_validate(within)
        except ValidationError as error:
            found += [_line(one, told) for told in error.errors(include_input=False)]
        except SettingsError as error:
            found.append(_broken(one, str(error)))
        except ValueError as error:
            found.append(str(error))
    return list(dict.fromkeys(found))


def settings_in(settings_class: type[BaseSettings]) -> Iterator[Setting]:
    """Every setting of a class and of the classes within it."""
    nested = _nested(settings_class)
    for name, field in settings_class.model_fields.items():
        if name in nested:
            yield from settings_in(nested[name])
        else:
            yield _setting(settings_class, name, field)


def _setting(settings_class: type[BaseSettings], name: str, field: FieldInfo) -> Setting:
    ending = name.rsplit("_", 1)[-1]
    return Setting(
        name=variable(settings_class, name),
        type=_type(field.annotation) + _bounds(field),
        default=_default(field),
        unit=_UNITS.get(ending, ""),
        secret=SecretStr in (field.annotation, *get_args(field.annotation)),
        description=field.description or "",
    )


def variable(settings_class: type[BaseSettings], name: str) -> str:
    """The environment variable of a field."""
    alias = settings_class.model_fields[name].validation_alias
    prefix = settings_class.model_config.get("env_prefix", "")
    return alias if isinstance(alias, str) else f"{prefix}{name}".upper()


def _nested(settings_class: type[BaseSettings]) -> dict[str, type[BaseSettings]]:
    return {
        name: field.annotation
        for name, field in settings_class.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseSettings)
    }


def _type(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(_type(one) for one in arguments if one is not NoneType)
    if origin is Literal:
        return " | ".join(map(str, arguments))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return " | ".join(str(member.value) for member in annotation)
    if origin is not None:
        return "JSON object" if issubclass(origin, Mapping) else "JSON list"
    return _NAMES.get(annotation, "number")


def _bounds(field: FieldInfo) -> str:
    told = [
        f"{sign} {getattr(rule, name)}"
        for rule in field.metadata
        for name, sign in _BOUNDS.items()
        if getattr(rule, name, None) is not None
    ]
    return f", {', '.join(told)}" if told else ""


def _default(field: FieldInfo) -> str | None:
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return None
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, frozenset | tuple | dict):
        return json.dumps(value if isinstance(value, dict) else sorted(value))
    return str(value)


def _line(settings_class: type[BaseSettings], error: Any) -> str:
    """What is wrong, without the value."""
    message = error["msg"].removeprefix("Value error, ").replace("Input should", "should", 1)
    if _BROKEN_JSON.search(message):
        return _broken(settings_class, message)
    if not error["loc"]:
        return f"{settings_class.model_config.get('env_prefix', '')}*: {message}"
    place = str(error["loc"][0])
    names = {variable(settings_class, name): name for name in settings_class.model_fields}
    name = place if place in settings_class.model_fields else names.get(place.upper(), place)
    field = settings_class.model_fields[name]
    what = "is not set" if error["type"] == "missing" else message
    return f"{variable(settings_class, name)}: {what} ({field.description})"


def _broken(settings_class: type[BaseSettings], message: str) -> str:
    """What could not be read as JSON at all."""
    found = _BROKEN_JSON.search(message)
    if found is None:
        return "A setting could not be read."
    field = settings_class.model_fields[found[1]]
    return f"{variable(settings_class, found[1])}: should be JSON ({field.description})"


def _refuse(complaints: Sequence[str]) -> NoReturn:
    print("This process cannot start with these settings:", file=sys.stderr)
    for complaint in complaints:
        print(f"  {complaint}", file=sys.stderr)
    print("`nopsa settings` lists them all.", file=sys.stderr)
    sys.exit(EX_CONFIG)


def main() -> None:
    """Prints the settings of the modules named, by module, as JSON."""
    told = {
        name: [asdict(one) for one in settings_in(importlib.import_module(name).Settings)]
        for name in sys.argv[1:]
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
