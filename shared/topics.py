"""Topics are made before anything runs: `python -m shared.topics create`. Existing ones stay."""

import asyncio
import sys

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import TopicAlreadyExistsError, for_code

from shared import configuration
from shared.contracts.topics import ALL, dead_letter
from shared.settings import KafkaSettings


async def create(kafka: KafkaSettings) -> list[str]:
    """Creates every topic and its dead-letter topic; the names of those that were missing.

    Raises aiokafka's error when the broker refuses one.
    """
    admin = AIOKafkaAdminClient(**kafka.access)
    await admin.start()
    try:
        existing = set(await admin.list_topics())
        wanted = [name for topic in ALL for name in (topic, dead_letter(topic))]
        missing = [name for name in wanted if name not in existing]
        if missing:
            response = await admin.create_topics(
                [NewTopic(name, kafka.partitions, kafka.replication_factor) for name in missing]
            )
            _raise_refusals(response.topic_errors)
        return missing
    finally:
        await admin.close()


def _raise_refusals(results: list[tuple[object, ...]]) -> None:
    for name, code, *_ in results:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:
            raise error(f"topic {name} could not be created")


def main() -> None:
    """`python -m shared.topics create`, on the broker of `NOPSA_KAFKA_BOOTSTRAP`."""
    if sys.argv[1:] != ["create"]:
        sys.exit("usage: python -m shared.topics create")
    created = asyncio.run(create(configuration.read(KafkaSettings)))
    print(f"{len(created)} topics created")


if __name__ == "__main__":
    main()
