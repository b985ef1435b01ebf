"""Messages that no Kafka client writes, though the protocol lets them through."""

from aiokafka import AIOKafkaProducer
from aiokafka.record.default_records import _DefaultRecordBatchBuilderPy


class _NoText(str):
    """A header name whose bytes are no UTF-8."""

    __slots__ = ()

    def encode(self, *_: object) -> bytes:  # type: ignore[override]
        """What goes out in its place."""
        return b"ce_\xff\xfe"


async def send_unreadable(producer: AIOKafkaProducer, topic: str, partition: int) -> None:
    """Sends a message with a header name that is no UTF-8."""
    batch = producer.create_batch()
    batch._builder = _DefaultRecordBatchBuilderPy(
        2,
        0,
        is_transactional=0,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=0,
        batch_size=1_000_000,
    )
    batch.append(key=b"k", value=b"v", timestamp=None, headers=[(_NoText("x"), b"1")])
    await (await producer.send_batch(batch, topic, partition=partition))
