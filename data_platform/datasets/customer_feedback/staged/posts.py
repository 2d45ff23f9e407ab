"""Posts of the network: cleaned, and with the language that they are in."""

from typing import TYPE_CHECKING

from data_platform.datasets.customer_feedback.texts import shaped

if TYPE_CHECKING:
    import pyarrow as pa


def posts(posts: "pa.RecordBatchReader") -> "pa.RecordBatchReader":
    """Each in the shape that posts and reviews share."""
    return shaped(posts, "post")
