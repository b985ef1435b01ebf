"""What other houses read stays true: published documents, and samples of every version."""

import json
from pathlib import Path

import jsonschema
import pytest

from shared.contracts import event_class
from shared.contracts.base import topic_of
from shared.contracts.generate import FOLDER, documents, published_events, schema_of
from shared.contracts.topics import ALL
from shared.redaction import mask

GOLDEN = Path(__file__).parent / "golden"
SAMPLES = sorted(GOLDEN.glob("*.json"))


def test_the_published_documents_are_those_of_the_code() -> None:
    on_disk = {path.name: path.read_text("utf-8") for path in FOLDER.glob("*.json")}
    assert on_disk == documents(), "run `make contracts` and commit what it writes"


def test_every_published_event_has_a_golden_sample() -> None:
    assert {path.name.removesuffix(".json") for path in SAMPLES} >= set(published_events())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_golden_sample_parses_for_ever(path: Path) -> None:
    cls = event_class(path.name.removesuffix(".json"))
    assert cls is not None, "a published version is never taken away"
    event = cls.model_validate_json(path.read_text("utf-8"))
    again = cls.model_validate_json(event.model_dump_json(exclude_none=True))
    assert again == event


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_a_golden_sample_fits_its_published_schema(path: Path) -> None:
    name = path.name.removesuffix(".json")
    jsonschema.validate(
        json.loads(path.read_text("utf-8")), schema_of(name, published_events()[name])
    )


@pytest.mark.parametrize("name", sorted(published_events()))
def test_an_event_has_no_field_for_what_identifies(name: str) -> None:
    fields = set(published_events()[name].model_fields)
    forbidden = {"name", "given_name", "family_name", "identity_code", "phone", "email", "address"}
    assert not fields & forbidden
    sample = (GOLDEN / f"{name}.json").read_text("utf-8")
    assert mask(sample) == sample


def test_every_event_is_on_a_topic_of_its_aggregate() -> None:
    for name, cls in published_events().items():
        assert topic_of(cls) in ALL
        assert topic_of(cls).split(".")[1] == name.split(".")[1]
