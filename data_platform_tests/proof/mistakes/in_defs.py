"""Mistakes in a dataset's `defs.yaml`."""

from data_platform_tests.proof.mistakes.mistake import DEFS, Mistake
from data_platform_tests.small_dataset import FILES

RAW_COLUMNS = "      columns:\n        reading_id: {type: BIGINT}"
_PULLED = 'http_file: {url: "{{ tlc_url }}/readings-{partition:%Y-%m}.parquet"}'


def _landing(pattern: str, partition: str) -> str:
    return f"landing: {{folder: '{{{{ landing }}}}', files: ['{pattern}'], partition: {partition}}}"


MISTAKES = {
    "a misspelt key": Mistake(
        DEFS, "  description: Rain g", "  descripton: Rain g", "defs.yaml:3", "did you mean 'descri"
    ),
    "a missing key": Mistake(
        DEFS, "  description: Rain gauges of a small town.\n", "", "defs.yaml:2", "'description' is missing"
    ),
    "nothing under attributes": Mistake(
        DEFS,
        "",
        "type: data_platform.components.dataset.Dataset\nattributes:\n",
        "defs.yaml:2",
        "'attributes': expected a mapping of 'key: value', found nothing",
    ),
    "not YAML": Mistake(DEFS, "owners: [", "owners: ][", "defs.yaml:4", "this is no valid YAML"),
    "a template without quotes": Mistake(
        DEFS, '"{{ tlc_url }}/places.csv"', "{{ tlc_url }}", "defs.yaml:19", "put text that holds '{{ … }}' in quotes"
    ),
    "an owner": Mistake(DEFS, '"team:weather"', "weather", "defs.yaml:4", "write team:name or an e-mail address"),
    "a kind of partitions": Mistake(DEFS, "monthly:", "montly:", "defs.yaml:5", "did you mean 'monthly'?"),
    "two kinds of partitions": Mistake(
        DEFS,
        '{monthly: {start: "2024-01"}}',
        '{monthly: {start: "2024-01"}, daily: {start: "2024-01-01"}}',
        "defs.yaml:5",
        "exactly one of monthly, weekly, daily",
    ),
    "a first partition": Mistake(DEFS, '"2024-01"', '"2024-1x"', "defs.yaml:5", "write it like 2024-01"),
    "a time zone": Mistake(
        DEFS,
        '{start: "2024-01"}',
        '{start: "2024-01", timezone: America/NewYork}',
        "defs.yaml:5",
        "did you mean 'America/New_York'?",
    ),
    "a raw table's name": Mistake(DEFS, "    readings:\n", "    Readings:\n", "defs.yaml:7", "use snake_case"),
    "a raw table's key": Mistake(
        DEFS, RAW_COLUMNS, f"      expcted: {{}}\n{RAW_COLUMNS}", "defs.yaml:10", "did you mean 'expected'?"
    ),
    "a raw table's start": Mistake(
        DEFS, RAW_COLUMNS, f'      start: "24-01"\n{RAW_COLUMNS}', "defs.yaml:10", "write it like 2024-01"
    ),
    "a raw table's end": Mistake(
        DEFS, RAW_COLUMNS, f'      end: "24-01"\n{RAW_COLUMNS}', "defs.yaml:10", "write it like 2024-01"
    ),
    "an end before the start": Mistake(
        DEFS,
        RAW_COLUMNS,
        f'      end: "2023-12"\n{RAW_COLUMNS}',
        "defs.yaml:10",
        "'2023-12' is before the first partition, 2024-01; `end` names the last one",
    ),
    "a week on another weekday": Mistake(
        DEFS,
        "",
        FILES[DEFS]
        .replace('{monthly: {start: "2024-01"}}', '{weekly: {start: "2024-01-06"}}')
        .replace(RAW_COLUMNS, f'      start: "2024-01-10"\n{RAW_COLUMNS}'),
        "defs.yaml:10",
        "'2024-01-10' is a Wednesday, the dataset's weeks begin on a Saturday: write 2024-01-06 or 2024-01-13",
    ),
    "a schedule": Mistake(DEFS, RAW_COLUMNS, f"      check_every: daily\n{RAW_COLUMNS}", "defs.yaml:10", "no cron"),
    "a format": Mistake(
        DEFS,
        RAW_COLUMNS,
        f"      format: xml\n{RAW_COLUMNS}",
        "defs.yaml:10",
        "'parquet', 'csv', 'json', 'ndjson', 'excel' or 'lines'",
    ),
    "a way of reading": Mistake(
        DEFS, RAW_COLUMNS, f"      read: {{delimeter: tab}}\n{RAW_COLUMNS}", "defs.yaml:10", "did you mean 'delimiter'?"
    ),
    "a delimiter": Mistake(
        DEFS, RAW_COLUMNS, f"      read: {{delimiter: tabs}}\n{RAW_COLUMNS}", "defs.yaml:10", "write one character"
    ),
    "an encoding": Mistake(
        DEFS, RAW_COLUMNS, f"      read: {{encoding: cp125}}\n{RAW_COLUMNS}", "defs.yaml:10", "did you mean 'cp1252'?"
    ),
    "lines without a parser": Mistake(
        DEFS, RAW_COLUMNS, f"      format: lines\n{RAW_COLUMNS}", "defs.yaml:10", "write `read: {parser: <file>.py}`"
    ),
    "a parser that is not there": Mistake(
        DEFS,
        RAW_COLUMNS,
        f"      format: lines\n      read: {{parser: wide.py}}\n{RAW_COLUMNS}",
        "defs.yaml:11",
        "there is no wide.py beside defs.yaml",
    ),
    "a kind of source": Mistake(
        DEFS,
        '{http_file: {url: "{{ tlc_url }}/places.csv"}}',
        "{ftp: {}}",
        "defs.yaml:19",
        "valid: database",
    ),
    "no source": Mistake(
        DEFS, '{http_file: {url: "{{ tlc_url }}/places.csv"}}', "{}", "defs.yaml:19", "write at least one of"
    ),
    "a pattern of files": Mistake(
        DEFS, _PULLED, _landing("r(?P<day.csv", "{from: day, format: '%y%m%d'}"), "defs.yaml:9", "is no pattern"
    ),
    "a pattern without the group": Mistake(
        DEFS, _PULLED, _landing("r.*", "{from: day, format: '%y%m%d'}"), "defs.yaml:9", "has no group (?P<day>…)"
    ),
    "a form that tells no month": Mistake(
        DEFS, _PULLED, _landing("r(?P<day>.*)", "{from: day, format: '%d'}"), "defs.yaml:9", "write it like %y%m%d"
    ),
    "two ways to a partition": Mistake(
        DEFS, _PULLED, _landing("r.*", "{from: day, column: read_at}"), "defs.yaml:9", "either from, a group"
    ),
    "a shift": Mistake(
        DEFS,
        _PULLED,
        _landing("r(?P<day>.*)", "{from: day, format: '%y%m%d', shift: 7}"),
        "defs.yaml:9",
        "'attributes.raw.readings.source.landing.partition.shift'",
    ),
    "a landing zone without partitions": Mistake(
        DEFS,
        _PULLED,
        "landing: {folder: '{{ landing }}', files: ['.*']}",
        "defs.yaml:9",
        "write `partition: {from: <group>, format: …}` or `{column: …}`",
    ),
    "a folder that is no absolute path": Mistake(
        DEFS,
        '{http_file: {url: "{{ tlc_url }}/places.csv"}}',
        "{landing: {folder: places, files: ['.*']}}",
        "defs.yaml:19",
        "must be an absolute path",
    ),
    "a variable": Mistake(
        DEFS, "{{ tlc_url }}/places", "{{ tcl_url }}/places", "defs.yaml:19", "did you mean 'tlc_url'?"
    ),
    "a field of an address": Mistake(
        DEFS,
        "{partition:%Y-%m}",
        "{month}",
        "defs.yaml:9",
        "'{month}' is unknown; write the partition as {partition:%Y-%m}",
    ),
    "a brace of an address": Mistake(
        DEFS, "{partition:%Y-%m}", "{partition:%Y-%m", "defs.yaml:9", "write the partition as {partition:%Y-%m}"
    ),
    "an address without a partition": Mistake(
        DEFS, "-{partition:%Y-%m}", "", "defs.yaml:9", "the url lacks a partition; write {partition:%Y-%m} in the url"
    ),
    "an address with one too many": Mistake(
        DEFS, "places.csv", "places-{partition:%Y}.csv", "defs.yaml:19", "the url has a partition"
    ),
    "a scheme": Mistake(DEFS, "{{ tlc_url }}/places.csv", "ftp://x/places.csv", "defs.yaml:19", "the scheme is 'ftp'"),
    "a raw type that is none": Mistake(DEFS, "{type: DOUBLE}", "{type: 'DOUBLE!'}", "defs.yaml:14", "no column type"),
    "a raw type that DuckDB lacks": Mistake(
        DEFS, "{type: DOUBLE}", "{type: DUBLE}", "defs.yaml:14", "no type is called 'DUBLE' (did you mean 'DOUBLE'?)"
    ),
    "an alias of two columns": Mistake(
        DEFS, "aliases: [comment]", "aliases: [VALUE]", "defs.yaml:10", "'value' would be both 'value' and 'note'"
    ),
    "a raw column of the platform": Mistake(
        DEFS, "        value: {", "        _source_row: {", "defs.yaml:10", "'_source_row' belongs to the platform"
    ),
    "another component": Mistake(
        DEFS,
        "dataset.Dataset",
        "dataset.Datset",
        "defs.yaml:1",
        "expected 'data_platform.components.dataset.Dataset', found",
    ),
    "a misspelt key at the top": Mistake(
        DEFS, "attributes:", "atributes:", "defs.yaml:2", "did you mean 'attributes'?"
    ),
    "an empty file": Mistake(DEFS, "", "", "defs.yaml:1", "the file is empty; write 'key: value' lines"),
    "a list instead of a mapping": Mistake(
        DEFS, "", "- type: x\n- attributes: {}\n", "defs.yaml:1", "expected 'key: value' lines, found a list"
    ),
    "a tab": Mistake(DEFS, "    readings:\n", "\treadings:\n", "defs.yaml:7", "indent with blanks, not with tabs"),
    "a wrong indentation": Mistake(
        DEFS, "      description: Readings", "     description: Readings", "defs.yaml:9", "this is no valid YAML: "
    ),
    "a key without a blank behind its colon": Mistake(
        DEFS, "description: Rain", "description:Rain", "defs.yaml:3", "write a blank behind the colon"
    ),
    "a colon inside a text": Mistake(
        DEFS, "Rain gauges of", "Rain gauges: of", "defs.yaml:3", "put text that holds ': ' in quotes"
    ),
    "a key twice": Mistake(
        DEFS, "  partitions: {m", "  owners: []\n  partitions: {m", "defs.yaml:5", "'owners' is written twice; keep one"
    ),
    "two tables of one name": Mistake(
        DEFS, "    places:\n", "    readings:\n", "defs.yaml:16", "'readings' is written twice; keep one"
    ),
    "a number instead of text": Mistake(
        DEFS,
        "Rain gauges of a small town.",
        "2024",
        "defs.yaml:3",
        "expected text; numbers and dates need quotes, found 2024",
    ),
    "a list instead of a mapping of tables": Mistake(
        DEFS, "    places:\n", "    - places:\n", "defs.yaml:16", "this is no valid YAML: "
    ),
    "text instead of a list": Mistake(
        DEFS, "[comment]", "comment", "defs.yaml:15", "expected a list, such as [a, b], found 'comment'"
    ),
    "text instead of a mapping": Mistake(
        DEFS,
        "value: {type: DOUBLE}",
        "value: DOUBLE",
        "defs.yaml:14",
        "expected a mapping of 'key: value', found 'DOUBLE'",
    ),
    "a word instead of true": Mistake(
        DEFS, "optional: true", "optional: maybe", "defs.yaml:15", "expected true or false, found 'maybe'"
    ),
    "a number out of bounds": Mistake(
        DEFS,
        RAW_COLUMNS,
        f"      expected: {{after_days: -1}}\n{RAW_COLUMNS}",
        "defs.yaml:10",
        "expected at least 0, found -1",
    ),
    "no partitions that a first one could be of": Mistake(
        DEFS,
        '  partitions: {monthly: {start: "2024-01"}}\n',
        "",
        "defs.yaml:8",
        "the url has a partition; write `partitions:`",
    ),
    "an hour that is none": Mistake(
        DEFS,
        RAW_COLUMNS,
        f'      check_every: "0 25 * * *"\n{RAW_COLUMNS}',
        "defs.yaml:10",
        "'0 25 * * *' is no cron schedule",
    ),
    "a schedule of seconds": Mistake(
        DEFS, RAW_COLUMNS, f'      check_every: "0 0 6 * * *"\n{RAW_COLUMNS}', "defs.yaml:10", "is no cron schedule"
    ),
    "no columns": Mistake(
        DEFS,
        "",
        FILES[DEFS].partition("    places:")[0].partition("      columns:")[0],
        "defs.yaml:7",
        "'columns' is missing",
    ),
    "aliases that grow like rabbits": Mistake(
        DEFS,
        "",
        "post_processing:\n  a: &a [x, x, x, x, x, x, x, x, x]\n"
        + "".join(f"  {n}: &{n} [{', '.join([f'*{m}'] * 9)}]\n" for m, n in zip("abcdefghi", "bcdefghij", strict=True))
        + FILES[DEFS].replace("Rain gauges of a small town.", "*j"),
        "defs.yaml:14",
        "'attributes.description': expected text; numbers and dates need quotes, found [[[[",
    ),
    "an alias of itself": Mistake(DEFS, '["team:weather"]', "&owners [*owners]", "defs.yaml:4", "expected text"),
    "a character that is none": Mistake(
        DEFS, "Rain gauges", "Rain\x07gauges", "defs.yaml:3", "cannot stand in YAML; delete it"
    ),
}
