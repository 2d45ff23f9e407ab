"""Reviews of the shops: cleaned, and with the language that they are in."""

from typing import TYPE_CHECKING

from data_platform.datasets.customer_feedback.texts import shaped

if TYPE_CHECKING:
    import pyarrow as pa


def reviews(reviews: "pa.RecordBatchReader") -> "pa.RecordBatchReader":
    """Each in the shape that posts and reviews share."""
    return shaped(reviews, "review")
