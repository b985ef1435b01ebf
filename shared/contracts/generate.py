"""Writes what other houses read: a JSON Schema per event version, and the AsyncAPI document.

Both are made from the code and committed; a test fails when they differ from it.
"""

import json
from pathlib import Path
from typing import Any

from shared.contracts.base import EVENTS, EventData, topic_of
from shared.contracts.topics import ALL, dead_letter

FOLDER = Path(__file__).parent / "published"

CONTENT = "application/json"
DESCRIPTION = (
    "CloudEvents 1.0 in Kafka's binary mode: the value is the event's data as JSON; headers carry "
    "ce_specversion, ce_id (unique, stable over retries and replays), ce_source, ce_type, "
    "ce_subject, ce_time, ce_dataschema, ce_correlationid (the referral that began it), "
    "content-type, and the W3C traceparent and tracestate. The key is the client_ref where there "
    "is one, else the aggregate id: all that happens to one person is in order. No name, identity "
    "code, phone number, address or free text, ever."
)


def published_events() -> dict[str, type[EventData]]:
    """The events of the house by type, in the order of their names."""
    ours = {name: cls for name, cls in EVENTS.items() if topic_of(cls) in ALL}
    return dict(sorted(ours.items()))


def documents() -> dict[str, str]:
    """File name → content of everything that is published."""
    files = {
        f"{name}.schema.json": _json(schema_of(name, cls))
        for name, cls in published_events().items()
    }
    return files | {"asyncapi.json": _json(asyncapi())}


def write(folder: Path = FOLDER) -> list[str]:
    """Writes the documents and takes away those of types that are gone; the names written."""
    folder.mkdir(exist_ok=True)
    wanted = documents()
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
    for name, content in wanted.items():
        (folder / name).write_text(content, encoding="utf-8")
    return sorted(wanted)


def schema_of(name: str, cls: type[EventData]) -> dict[str, Any]:
    """The JSON Schema of an event's data."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:nopsa:schema:{name}",
        **cls.model_json_schema(mode="serialization"),
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3 document of all topics."""
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "nopsa events", "version": "1.0.0", "description": DESCRIPTION},
        "defaultContentType": CONTENT,
        "channels": {topic: _channel(topic) for topic in ALL}
        | {dead_letter(topic): _dead_channel(topic) for topic in ALL},
        "operations": {
            f"receive-{topic}": {
                "action": "receive",
                "channel": {"$ref": f"#/channels/{_escaped(topic)}"},
            }
            for topic in ALL
        },
        "components": {
            "messages": {name: _message(name, cls) for name, cls in published_events().items()},
        },
    }


def _channel(topic: str) -> dict[str, Any]:
    names = [name for name, cls in published_events().items() if topic_of(cls) == topic]
    return {
        "address": topic,
        "messages": {name: {"$ref": f"#/components/messages/{_escaped(name)}"} for name in names},
    }


def _dead_channel(topic: str) -> dict[str, Any]:
    return {
        "address": dead_letter(topic),
        "description": f"Messages of {topic} that could not be applied, as they came, with headers "
        "dlq_reason, dlq_detail, dlq_topic, dlq_partition, dlq_offset and dlq_service.",
    }


def _message(name: str, cls: type[EventData]) -> dict[str, Any]:
    return {
        "name": name,
        "contentType": CONTENT,
        "summary": (cls.__doc__ or "").splitlines()[0],
        "headers": {
            "type": "object",
            "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject"],
            "properties": {"ce_type": {"const": name}},
        },
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./{name}.schema.json"},
        },
    }


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
