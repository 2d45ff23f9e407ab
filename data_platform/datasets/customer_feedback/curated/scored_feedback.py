"""Each message with the model's score and its themes, and without what was said."""

from typing import TYPE_CHECKING

from data_platform.datasets.customer_feedback.sentiment import MODEL, compounds, label, model_version
from data_platform.datasets.customer_feedback.themes import themes

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

_KEPT = ("feedback_id", "source", "product", "channel", "rating")


def scored_feedback(feedback: "pa.RecordBatchReader") -> "pa.RecordBatchReader":
    """Batch by batch: what is held is one batch and the model."""
    import pyarrow as pa

    kept = [feedback.schema.field(name) for name in _KEPT]
    made = {"written_date": pa.date32(), "language": pa.string(), "compound": pa.float64(), "label": pa.string()}
    of_model = {"themes": pa.list_(pa.string()), "model": pa.string(), "model_version": pa.string()}
    schema = pa.schema([*kept, *made.items(), *of_model.items()])
    return pa.RecordBatchReader.from_batches(schema, _scored(feedback, schema))


def _scored(feedback: "pa.RecordBatchReader", schema: "pa.Schema") -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    for batch in feedback:
        texts, languages = batch["text"].to_pylist(), batch["language"].to_pylist()
        scores = list(compounds(texts, languages))
        columns = {name: batch[name] for name in _KEPT} | {
            "written_date": batch["created_at"].cast(pa.date32(), safe=False),
            "language": batch["language"].fill_null("none"),
            "compound": pa.array(scores, pa.float64()),
            "label": pa.array([label(score) for score in scores], pa.string()),
            "themes": pa.array([themes(text) for text in texts], pa.list_(pa.string())),
            "model": pa.repeat(pa.scalar(MODEL), batch.num_rows),
            "model_version": pa.repeat(pa.scalar(model_version()), batch.num_rows),
        }
        yield pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)
