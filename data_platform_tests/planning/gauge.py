"""The rain gauges, with tables that read the months beside their own.

`curated.steps` is what a gauge shows more than at the reading before, which may lie in the month before.
`curated.outlook` counts the steps of a month and has the first one of the month after it.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from data_platform_tests.small_dataset import SmallDataset, reading, small_dataset

GAUGE: Mapping[str, str | None] = {
    "curated/daily_rain.sql": None,
    "curated/daily_rain.yaml": None,
    "curated/steps.sql": """\
WITH shown AS (
  SELECT reading_id, read_at, rain_mm, rain_mm - lag(rain_mm) OVER (ORDER BY read_at, reading_id) AS step_mm
  FROM staged.readings
)
SELECT reading_id, read_at, step_mm FROM shown WHERE read_at >= partition_start()
""",
    "curated/steps.yaml": """\
description: How much more each reading shows than the one before it; NULL where none is known.
reads: {staged.readings: [-1, 0]}
grain: [reading_id]
columns:
  reading_id: {type: BIGINT, required: true}
  read_at: {type: TIMESTAMP, within_partition: true}
  step_mm: {type: "DECIMAL(8,2)", unit: mm}
rules:
  - {name: first_of_the_month, flag: "read_at < partition_start() + INTERVAL 1 DAY AND read_at < partition_end()"}
reconciles:
  - name: readings
    this: "count(*)"
    of: staged.readings
    that: "count(*) FILTER (WHERE read_at >= partition_start())"
  - name: rise
    this: "sum(step_mm)"
    of: staged.readings
    that: >-
      last(rain_mm ORDER BY read_at, reading_id) - coalesce(
      last(rain_mm ORDER BY read_at, reading_id) FILTER (WHERE read_at < partition_start()),
      first(rain_mm ORDER BY read_at, reading_id))
""",
    "curated/outlook.sql": """\
SELECT
  count(*) FILTER (WHERE read_at < partition_end()) AS steps,
  first(step_mm ORDER BY read_at) FILTER (WHERE read_at >= partition_end()) AS next_step_mm
FROM curated.steps
""",
    "curated/outlook.yaml": """\
description: The steps of a month and the first one after it.
reads: {curated.steps: [0, 1]}
columns:
  steps: {type: BIGINT}
  next_step_mm: {type: "DECIMAL(8,2)", unit: mm}
reconciles:
  - {name: steps, this: "sum(steps)", of: curated.steps, that: "count(*) FILTER (WHERE read_at < partition_end())"}
""",
}

JUNE = datetime(2024, 6, 1, 12, tzinfo=UTC)
"""The months up to May are over."""


def gauge(root: Path, *months: str) -> SmallDataset:
    """The gauges below `root`, with a file for each month, in each of which the gauge goes from 1 to 3 mm."""
    small = small_dataset(root, GAUGE)
    for month in months:
        shows(small, month, 1, 3)
    return small


def shows(small: SmallDataset, month: str, *values: float) -> None:
    """What the gauge shows in a month, on the first and the following days."""
    first = datetime.fromisoformat(f"{month}-01T12:00")
    start = first.month * 100
    small.put(month, [reading(start + i, read_at=first.replace(day=1 + i), value=v) for i, v in enumerate(values)])
