"""What a careful engineer would write by hand for a month of yellow trips: one statement, one pass, two files with the
columns, types, rules and compression of `staged/yellow_trips`, but no flags, account, checks, lineage or commit.
`RANK_ALL` is the way that everybody knows, `RANK_FEW` the fastest that we know.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from data_platform.contracts.quoting import literal

SOURCE_COLUMNS = ("_source_file", "_source_row")
_KEY = "vendor_id, pickup_at, dropoff_at, pickup_zone_id, dropoff_zone_id, tip_usd, total_usd"
_ORDER = "rate_code NULLS LAST, _source_row"
_WRITE = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)"

# Types as of 2023-02: whole numbers are INTEGER or BIGINT already, amounts are DOUBLE.
_CHECKED = """typed AS (
    SELECT
        'yellow' AS service,
        TRY_CAST(t.VendorID AS INTEGER) AS vendor_id,
        t.tpep_pickup_datetime AS pickup_at,
        t.tpep_dropoff_datetime AS dropoff_at,
        date_diff('second', t.tpep_pickup_datetime, t.tpep_dropoff_datetime)
            + CASE
                WHEN t.tpep_dropoff_datetime < t.tpep_pickup_datetime
                    AND month(t.tpep_pickup_datetime) = 11
                    AND day(t.tpep_pickup_datetime) <= 7
                    AND dayofweek(t.tpep_pickup_datetime) = 0
                    AND hour(t.tpep_pickup_datetime) = 1
                    AND hour(t.tpep_dropoff_datetime) = 1
                    THEN 3600
                ELSE 0
            END AS duration_seconds,
        TRY_CAST(t.PULocationID AS INTEGER) AS pickup_zone_id,
        coalesce(pickup_zones.Borough, 'Unknown') AS pickup_borough,
        TRY_CAST(t.DOLocationID AS INTEGER) AS dropoff_zone_id,
        coalesce(dropoff_zones.Borough, 'Unknown') AS dropoff_borough,
        TRY_CAST(t.passenger_count AS INTEGER) AS passenger_count,
        TRY_CAST(t.trip_distance AS DECIMAL(10,2)) AS distance_miles,
        CAST(NULL AS INTEGER) AS trip_type,
        TRY_CAST(t.RatecodeID AS INTEGER) AS rate_code,
        CASE t.RatecodeID
            WHEN 1 THEN 'standard' WHEN 2 THEN 'jfk' WHEN 3 THEN 'newark' WHEN 4 THEN 'nassau_or_westchester'
            WHEN 5 THEN 'negotiated' WHEN 6 THEN 'group_ride' ELSE 'unknown'
        END AS rate,
        TRY_CAST(t.payment_type AS INTEGER) AS payment_type,
        CASE t.payment_type
            WHEN 0 THEN 'flex_fare' WHEN 1 THEN 'card' WHEN 2 THEN 'cash' WHEN 3 THEN 'no_charge'
            WHEN 4 THEN 'dispute' WHEN 6 THEN 'voided' ELSE 'unknown'
        END AS payment,
        CASE t.store_and_fwd_flag WHEN 'Y' THEN true WHEN 'N' THEN false END AS is_stored_and_forwarded,
        TRY_CAST(t.fare_amount AS DECIMAL(12,2)) AS fare_usd,
        TRY_CAST(t.extra AS DECIMAL(12,2)) AS extra_usd,
        TRY_CAST(t.mta_tax AS DECIMAL(12,2)) AS mta_tax_usd,
        TRY_CAST(t.improvement_surcharge AS DECIMAL(12,2)) AS improvement_surcharge_usd,
        TRY_CAST(t.congestion_surcharge AS DECIMAL(12,2)) AS congestion_surcharge_usd,
        CAST(NULL AS DECIMAL(12,2)) AS cbd_congestion_fee_usd,
        TRY_CAST(t.Airport_fee AS DECIMAL(12,2)) AS airport_fee_usd,
        CAST(NULL AS DECIMAL(12,2)) AS ehail_fee_usd,
        TRY_CAST(t.tolls_amount AS DECIMAL(12,2)) AS tolls_usd,
        TRY_CAST(t.tip_amount AS DECIMAL(12,2)) AS tip_usd,
        TRY_CAST(t.total_amount AS DECIMAL(12,2)) AS total_usd,
        t.store_and_fwd_flag IS NOT NULL AND is_stored_and_forwarded IS NULL
            OR t.trip_distance IS NOT NULL AND distance_miles IS NULL
            OR t.fare_amount IS NOT NULL AND fare_usd IS NULL
            OR t.extra IS NOT NULL AND extra_usd IS NULL
            OR t.mta_tax IS NOT NULL AND mta_tax_usd IS NULL
            OR t.improvement_surcharge IS NOT NULL AND improvement_surcharge_usd IS NULL
            OR t.congestion_surcharge IS NOT NULL AND congestion_surcharge_usd IS NULL
            OR t.Airport_fee IS NOT NULL AND airport_fee_usd IS NULL
            OR t.tolls_amount IS NOT NULL AND tolls_usd IS NULL
            OR t.tip_amount IS NOT NULL AND tip_usd IS NULL
            OR t.total_amount IS NOT NULL AND total_usd IS NULL
            OR t.VendorID IS NOT NULL AND vendor_id IS NULL
            OR t.PULocationID IS NOT NULL AND pickup_zone_id IS NULL
            OR t.DOLocationID IS NOT NULL AND dropoff_zone_id IS NULL
            OR t.passenger_count IS NOT NULL AND TRY_CAST(t.passenger_count AS INTEGER) IS NULL
            OR t.RatecodeID IS NOT NULL AND rate_code IS NULL
            OR t.payment_type IS NOT NULL AND TRY_CAST(t.payment_type AS INTEGER) IS NULL AS is_uncastable,
        t.filename AS _source_file,
        t.file_row_number AS _source_row
    FROM read_parquet({source}, filename = true, file_row_number = true) AS t
    LEFT JOIN zones AS pickup_zones ON t.PULocationID = pickup_zones.LocationID
    LEFT JOIN zones AS dropoff_zones ON t.DOLocationID = dropoff_zones.LocationID
),

checked AS (
    SELECT
        * EXCLUDE (is_uncastable),
        nullif(concat_ws(
            ',',
            CASE WHEN is_uncastable THEN 'castable' END,
            CASE WHEN pickup_at IS NULL THEN 'pickup_at_required' END,
            CASE WHEN pickup_at < {start} OR pickup_at >= {start} + INTERVAL 1 MONTH
                THEN 'pickup_at_within_partition' END,
            CASE WHEN dropoff_at IS NULL THEN 'dropoff_at_required' END,
            CASE WHEN distance_miles < 0 OR distance_miles > 500 THEN 'distance_miles_range' END,
            CASE WHEN payment_type NOT IN (0, 1, 2, 3, 4, 5, 6) THEN 'payment_type_accepted' END,
            CASE WHEN total_usd IS NULL THEN 'total_usd_required' END,
            CASE WHEN total_usd < -10000 OR total_usd > 10000 THEN 'total_usd_range' END,
            CASE WHEN duration_seconds < 0 THEN 'dropoff_before_pickup' END
        ), '') AS broken
    FROM typed
)"""

# A window over every row: nth is 1 for the row that is kept of those with one key.
RANK_ALL = f"""
WITH {_CHECKED},
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY {_KEY}, broken IS NULL ORDER BY {_ORDER}) AS nth FROM checked
),
judged AS MATERIALIZED (
    SELECT * EXCLUDE (broken, nth), coalesce(broken, CASE WHEN nth > 1 THEN 'duplicate' END) AS reasons FROM ranked
),
clean AS (COPY (SELECT * EXCLUDE (reasons {{left_out}}) FROM judged WHERE reasons IS NULL) TO {{clean}} {_WRITE}),
rejected AS (
    COPY (SELECT * EXCLUDE (reasons {{left_out}}), reasons FROM judged WHERE reasons IS NOT NULL)
    TO {{rejected}} {_WRITE}
)
SELECT clean.Count, rejected.Count FROM clean, rejected
"""

# A window over the rows whose key occurs twice or more, found by its hash.
RANK_FEW = f"""
WITH {_CHECKED},
judged AS MATERIALIZED (FROM checked),
repeated AS MATERIALIZED (
    SELECT hash({_KEY}) AS key FROM judged WHERE broken IS NULL GROUP BY 1 HAVING count(*) > 1
),
ranked AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY {_KEY} ORDER BY {_ORDER}) AS nth
    FROM judged WHERE broken IS NULL AND hash({_KEY}) IN (FROM repeated)
),
clean AS (
    COPY (
        SELECT * EXCLUDE (broken {{left_out}}) FROM judged WHERE broken IS NULL AND hash({_KEY}) NOT IN (FROM repeated)
        UNION ALL
        SELECT * EXCLUDE (broken, nth {{left_out}}) FROM ranked WHERE nth = 1
    ) TO {{clean}} {_WRITE}
),
rejected AS (
    COPY (
        SELECT * EXCLUDE (broken {{left_out}}), broken AS reasons FROM judged WHERE broken IS NOT NULL
        UNION ALL
        SELECT * EXCLUDE (broken, nth {{left_out}}), 'duplicate' FROM ranked WHERE nth > 1
    ) TO {{rejected}} {_WRITE}
)
SELECT clean.Count, rejected.Count FROM clean, rejected
"""


@dataclass(frozen=True)
class Counts:
    """Rows in each of the two files."""

    clean: int
    rejected: int


def stage(
    sql: str, trips: Path, zones: Path, month: str, *, clean: Path, rejected: Path, without: Sequence[str] = ()
) -> Counts:
    """Writes the month's clean and rejected rows, on a DuckDB of its own with DuckDB's defaults but for the order.

    `sql` is RANK_ALL or RANK_FEW; `without` names columns that are not written.
    """
    with duckdb.connect(config={"preserve_insertion_order": False}) as connection:
        connection.execute(f"CREATE TEMP TABLE zones AS FROM read_csv({literal(zones)})")
        row = connection.execute(
            sql.format(
                source=literal(trips),
                start=f"TIMESTAMP {literal(f'{month}-01')}",
                left_out="".join(f", {name}" for name in without),
                clean=literal(clean),
                rejected=literal(rejected),
            )
        ).fetchone()
    assert row is not None  # an aggregate of two copies is one row
    return Counts(*row)
