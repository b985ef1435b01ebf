"""How far a consumer is behind in each of its partitions, as it sees it itself."""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, TopicPartition

from shared import metrics


class Lag:
    """The gauges of one consumer. A partition of which nothing was fetched yet has no lag."""

    def __init__(self, service: str) -> None:
        self._service = service

    def report(self, client: AIOKafkaConsumer, positions: Mapping[TopicPartition, int]) -> None:
        """Sets the gauge of each partition; `positions` are the next offsets to handle."""
        for tp in client.assignment():
            end = client.highwater(tp)
            if end is not None:
                behind = max(0, end - positions.get(tp, end))
                metrics.CONSUMER_LAG.labels(*self._labels(tp)).set(behind)

    def forget(self, partitions: Iterable[TopicPartition]) -> None:
        """Partitions that another process takes over are no longer ours to tell of."""
        for tp in partitions:
            with suppress(KeyError):
                metrics.CONSUMER_LAG.remove(*self._labels(tp))

    def _labels(self, tp: TopicPartition) -> tuple[str, str, str]:
        return self._service, tp.topic, str(tp.partition)
