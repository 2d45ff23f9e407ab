"""Dataset folders of any number, generated: what a code location of a thousand tables looks like. Ten tables a folder:
four raw ones by month, a staged one of each, two curated ones. No two models have the same text.
"""

import shutil
from pathlib import Path

TABLES_A_FOLDER = 10
_REPOSITORY = Path(__file__).parents[1]
_METERS = 3

_RAW = """\
    {name}_{meter}:
      description: Readings of meter {meter} of {name}, a file a month.
      source: {{http_file: {{url: "{{{{ tlc_url }}}}/{name}/{meter}-{{partition:%Y-%m}}.parquet"}}}}
      columns:
        reading_id: {{type: BIGINT}}
        place_id: {{type: INTEGER}}
        began_at: {{type: TIMESTAMP}}
        ended_at: {{type: TIMESTAMP}}
        amount: {{type: DOUBLE}}
        code: {{type: INTEGER, optional: true, aliases: [kind_code]}}
        note: {{type: VARCHAR, optional: true}}
"""
_DEFS = """\
type: data_platform.components.dataset.Dataset
attributes:
  description: Meters of {name}, generated.
  owners: ["team:benchmarks"]
  partitions: {{monthly: {{start: "2016-01"}}}}
  raw:
    {name}_places:
      description: Where the meters of {name} are, a file a month.
      check_every: "0 6 * * *"
      source: {{http_file: {{url: "{{{{ tlc_url }}}}/{name}/places-{{partition:%Y-%m}}.csv"}}}}
      columns:
        place_id: {{type: INTEGER}}
        place: {{type: VARCHAR}}
"""
_PLACES_YAML = """\
description: One row per place of {name}.
grain: [place_id]
columns:
  place_id: {{type: INTEGER, required: true, description: "Number of the place"}}
  place: {{type: VARCHAR, required: true, description: "Its name"}}
"""
_STAGED_SQL = """\
SELECT
    r.reading_id,
    coalesce(p.place, 'unknown') AS place,
    r.began_at,
    r.ended_at,
    -- The clock of meter {meter} is set back in November: the hour is given back.
    date_diff('second', r.began_at, r.ended_at)
        + CASE WHEN r.ended_at < r.began_at AND month(r.began_at) = 11 THEN 3600 ELSE 0 END AS duration_seconds,
    r.amount AS amount_mm,
    r.code,
    CASE r.code WHEN 1 THEN 'rain' WHEN 2 THEN 'snow' WHEN 3 THEN 'hail' ELSE 'unknown' END AS kind,
    nullif(trim(r.note), '') AS note
FROM raw.{name}_{meter} AS r
LEFT JOIN staged.{name}_places AS p ON r.place_id = p.place_id
"""
_STAGED_YAML = """\
description: One row per reading of meter {meter} of {name}.
grain: [reading_id]
columns:
  reading_id: {{type: BIGINT, required: true, description: "Number of the reading"}}
  place: {{type: VARCHAR, description: "Where the meter stands"}}
  began_at: {{type: TIMESTAMP, required: true, within_partition: true, description: "Begin, local time"}}
  ended_at: {{type: TIMESTAMP, required: true, description: "End, local time"}}
  duration_seconds: {{type: BIGINT, unit: seconds, description: "End less begin"}}
  amount_mm: {{type: "DECIMAL(10,2)", unit: mm, min: 0, max: 500, description: "What fell"}}
  code: {{type: INTEGER, accepted: [1, 2, 3], description: "1 rain, 2 snow, 3 hail"}}
  kind: {{type: VARCHAR, description: "The code in words"}}
  note: {{type: VARCHAR}}
rules:
  - {{name: ended_before_began, reject: "duration_seconds < 0"}}
  - {{name: nothing_fell, flag: "amount_mm = 0"}}
  - {{name: no_place, flag: "place IN ('unknown', 'n/a')"}}
  - {{name: long_duration, flag: "duration_seconds > {limit} * 3600"}}
deduplicate: {{first_by: ["code NULLS LAST", _source_row]}}
audit: {{max_rejected_share: 0.02}}
"""
_DAILY_SQL = """\
SELECT
    place,
    CAST(began_at AS DATE) AS day,
    count(*) AS readings,
    count(*) FILTER (WHERE amount_mm = 0) AS dry_readings,
    coalesce(sum(amount_mm), 0) AS amount_mm,
    max(duration_seconds) AS longest_seconds
FROM staged.{name}_1
GROUP BY place, CAST(began_at AS DATE)
"""
_DAILY_YAML = """\
description: What fell by place and day, by meter 1 of {name}.
grain: [place, day]
columns:
  place: {{type: VARCHAR, description: "Where the meter stands"}}
  day: {{type: DATE, required: true, within_partition: true, description: "Local day"}}
  readings: {{type: BIGINT, required: true, min: 1, description: "Number of readings"}}
  dry_readings: {{type: BIGINT, min: 0, description: "Of these the ones without anything"}}
  amount_mm: {{type: "DECIMAL(18,2)", unit: mm, description: "What fell"}}
  longest_seconds: {{type: BIGINT, unit: seconds}}
reconciles:
  - {{name: readings, this: "sum(readings)", of: staged.{name}_1, that: "count(*)", by: [place]}}
  - {{name: amount, this: "sum(amount_mm)", of: staged.{name}_1, that: "sum(amount_mm)"}}
"""
_MONTHLY_SQL = """\
WITH together AS (
    SELECT 2 AS meter, kind, amount_mm FROM staged.{name}_2
    UNION ALL
    SELECT 3 AS meter, kind, amount_mm FROM staged.{name}_3
)
SELECT meter, kind, count(*) AS readings, coalesce(sum(amount_mm), 0) AS amount_mm
FROM together
GROUP BY meter, kind
"""
_MONTHLY_YAML = """\
description: What fell in a month by kind, by meters 2 and 3 of {name}.
grain: [meter, kind]
columns:
  meter: {{type: INTEGER, required: true, description: "Number of the meter"}}
  kind: {{type: VARCHAR, required: true, description: "Rain, snow, hail or unknown"}}
  readings: {{type: BIGINT, required: true, min: 1, description: "Number of readings"}}
  amount_mm: {{type: "DECIMAL(18,2)", unit: mm, description: "What fell"}}
reconciles:
  - {{name: readings, this: "sum(readings) FILTER (WHERE meter = 2)", of: staged.{name}_2, that: "count(*)"}}
"""


def write_datasets(root: Path, tables: int) -> None:
    """Dataset folders below `root` with so many tables in all, a multiple of ten."""
    for number in range(tables // TABLES_A_FOLDER):
        name = f"town_{number:03d}"
        for path, text in _files(name).items():
            target = root / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")


def _files(name: str) -> dict[str, str]:
    meters = range(1, _METERS + 1)
    files = {
        "defs.yaml": _DEFS.format(name=name) + "".join(_RAW.format(name=name, meter=meter) for meter in meters),
        f"staged/{name}_places.yaml": _PLACES_YAML.format(name=name),
        f"curated/{name}_daily.sql": _DAILY_SQL.format(name=name),
        f"curated/{name}_daily.yaml": _DAILY_YAML.format(name=name),
        f"curated/{name}_monthly.sql": _MONTHLY_SQL.format(name=name),
        f"curated/{name}_monthly.yaml": _MONTHLY_YAML.format(name=name),
    }
    for meter in meters:
        files[f"staged/{name}_{meter}.sql"] = _STAGED_SQL.format(name=name, meter=meter)
        files[f"staged/{name}_{meter}.yaml"] = _STAGED_YAML.format(name=name, meter=meter, limit=meter + 5)
    return files


def write_project(root: Path, tables: int) -> None:
    """This repository as it stands, with generated datasets in the place of its own."""
    package = root / "data_platform"
    ignored = shutil.ignore_patterns("__pycache__", "datasets")
    shutil.copytree(_REPOSITORY / "data_platform", package, ignore=ignored)
    for name in ("pyproject.toml", "workspace.yaml"):
        shutil.copyfile(_REPOSITORY / name, root / name)
    (package / "datasets").mkdir()
    (package / "datasets" / "__init__.py").touch()
    write_datasets(package / "datasets", tables)
