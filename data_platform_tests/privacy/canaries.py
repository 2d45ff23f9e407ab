"""A dataset in which each tagged value is a canary, with every way to leak it that is known: see `LEAKS`."""

from collections.abc import Mapping
from pathlib import Path

from data_platform_tests.small_dataset import FILES, SmallDataset, reading, small_dataset

MONTHS = ("2024-01", "2024-02")
CANARIES = (
    "zqmail1",
    "zqmail2",
    "zqmail3",
    "zqmail4",
    "+493090182001",
    "zqhandle",
    "Zqname",
    "Zqstreet",
    "zqbody",
    "zqborn",
    "77441100225",
    "zqunparsed",
    "zqheader",
    "zqhtml",
    "zqjson",
    "zqlate",
)
_POSTS = """\
post_id,email,phone,handle,name,address,body,born,score
1,zqmail1@example.org,+493090182001,@zqhandle,Zqname One,Zqstreet 1,to zqmail1@example.org +493090182001,1931-05-17,1
2,zqmail2@example.org,+493090182001,@zqhandle,Zqname Two,Zqstreet 2,zqbody,zqborn the 5th,2
3,zqmail3@example.org,+493090182001,@zqhandle,Zqname Three,Zqstreet 3,zqbody,1931-05-17,77441100225
4,zqmail4@example.org,,,,,zqbody,,4
4,zqmail4@example.org,,,,,zqbody again,,4
5,zqunparsed@example.org,too,few
6,zqmail2@example.org,+493090182001,@zqhandle,Zqname Two,Zqstreet 2,zqbody,,6
"""
_COLUMNS = """\
        post_id: {type: INTEGER}
        email: {type: VARCHAR, pii: email}
        phone: {type: VARCHAR, pii: phone}
        handle: {type: VARCHAR, pii: handle}
        name: {type: VARCHAR, pii: name}
        address: {type: VARCHAR, pii: address}
        body: {type: VARCHAR, pii: free_text}
        born: {type: DATE, pii: id}
        score: {type: BIGINT, pii: id}
"""


def _raw(name: str, ending: str = "csv", more: str = "") -> str:
    return f"""\
    {name}:
      description: Posts.
      source: {{http_file: {{url: "{{{{ tlc_url }}}}/{name}-{{partition:%Y-%m}}.{ending}"}}}}
{more}      columns:
{_COLUMNS}"""


_PASSED_ON = """\
description: As received.
audit: {max_rejected_share: 1}
columns:
  post_id: {type: INTEGER}
  email: {type: VARCHAR}
"""


def _curated(columns: str, reconciles: str = '{none: "only made to fail"}', more: str = "") -> str:
    return f"description: Made of posts.\ncolumns:\n{columns}\nreconciles: {reconciles}\n{more}"


LEAKS: Mapping[str, str] = {
    "defs.yaml": FILES["defs.yaml"]
    + _raw("posts")
    + _raw("headless")
    + _raw("page")
    + _raw("torn", "json")
    + _raw("narrow")
    + _raw("strange", more="      unknown_columns: refuse\n"),
    # Rejected by rules and ranges, unparsed, duplicates, texts that no cast can keep.
    "staged/posts.sql": "SELECT post_id, email, phone, handle, name, address, body, born, score, email AS copied,\n"
    "  CASE WHEN post_id = 1 THEN body END AS cleaned FROM raw.posts\n",
    "staged/posts.yaml": """\
description: One row per post.
grain: [post_id]
deduplicate: {first_by: [_source_row]}
audit: {max_rejected_share: 1}
columns:
  post_id: {type: INTEGER, required: true}
  email: {type: VARCHAR, mask: hash}
  phone: {type: VARCHAR, mask: truncate}
  handle: {type: VARCHAR, mask: redact}
  name: {type: VARCHAR}
  address: {type: VARCHAR, mask: drop}
  body: {type: VARCHAR}
  born: {type: DATE, mask: truncate}
  score: {type: BIGINT, max: 1000}
  copied: {type: VARCHAR}
  cleaned: {type: VARCHAR, mask: redact}
rules:
  - {name: known, reject: "email = 'nobody'"}
  - {name: named, flag: "name IS NOT NULL"}
""",
    "staged/headless.yaml": _PASSED_ON,
    "staged/page.yaml": _PASSED_ON,
    "staged/torn.yaml": _PASSED_ON,
    "staged/narrow.yaml": _PASSED_ON,
    "staged/strange.yaml": _PASSED_ON,
    # A lookup whose key repeats is told with the key.
    "staged/looked_up.sql": "SELECT n.post_id, p.born FROM raw.posts AS n LEFT JOIN staged.posts AS p\n"
    "ON p.handle = n.handle\n",
    "staged/looked_up.yaml": "description: Looks posts up.\n"
    "columns:\n  post_id: {type: INTEGER}\n  born: {type: DATE}\n",
    # Masks of each kind, and what is made of masked columns.
    "curated/masked.sql": "SELECT post_id, email, phone, handle, name, address, body, born,\n"
    "  CAST(score AS VARCHAR) AS score, split_part(email, '@', 1) AS mailbox FROM staged.posts\n",
    "curated/masked.yaml": _curated(
        """\
  post_id: {type: INTEGER}
  email: {type: VARCHAR, mask: hash}
  phone: {type: VARCHAR, mask: redact}
  handle: {type: VARCHAR, mask: truncate}
  name: {type: VARCHAR, mask: truncate}
  address: {type: VARCHAR, mask: drop}
  body: {type: VARCHAR, mask: drop}
  born: {type: DATE, mask: truncate}
  score: {type: VARCHAR, mask: hash}
  mailbox: {type: VARCHAR, mask: redact}""",
        '[{name: rows, this: "count(*)", of: staged.posts, that: "count(*)"}]',
        "grain: [email]\n",
    ),
    "curated/groups.sql": "SELECT CAST(count(*) AS INTEGER) AS posts FROM staged.posts GROUP BY email\n",
    "curated/groups.yaml": _curated(
        "  posts: {type: INTEGER}",
        '[{name: posts, this: "sum(posts)", of: staged.posts, that: "count(*)"}]',
    ),
    "curated/printed.py": """\
import logging
import sys


def printed(posts):
    print(posts["email"].to_pylist())
    print(posts["name"].to_pylist(), file=sys.stderr)
    logging.getLogger("model").error("%s", posts["address"].to_pylist())
    return posts.select(["post_id", "email"])
""",
    "curated/printed.yaml": _curated(
        "  post_id: {type: INTEGER}\n  email: {type: VARCHAR, mask: hash}",
        more="inputs: [staged.posts]\nlineage:\n  post_id: {direct: [staged.posts.post_id]}\n"
        "  email: {direct: [staged.posts.email]}\n",
    ),
    # Each of these fails, and says why.
    "curated/uncast.sql": "SELECT CAST(body AS DATE) AS x FROM staged.posts\n",
    "curated/uncast.yaml": _curated("  x: {type: DATE, mask: truncate}"),
    "curated/misfit.sql": "SELECT name AS x FROM staged.posts\n",
    "curated/misfit.yaml": _curated("  x: {type: DATE, mask: truncate}"),
    "curated/said.sql": "SELECT CAST(strptime(email, '%Y') AS DATE) AS x FROM staged.posts\n",
    "curated/said.yaml": _curated("  x: {type: DATE, mask: truncate}"),
    "curated/repeated.sql": "SELECT address FROM staged.posts UNION ALL SELECT address FROM staged.posts\n",
    "curated/repeated.yaml": _curated("  address: {type: VARCHAR, mask: hash}", more="grain: [address]\n"),
    "curated/unequal.sql": "SELECT email AS who, CAST(2 AS INTEGER) AS n FROM staged.posts\n",
    "curated/unequal.yaml": _curated(
        "  who: {type: VARCHAR, pii: email}\n  n: {type: INTEGER}",
        '[{name: n, this: "sum(n)", of: staged.posts, that: "count(*)", by: {who: email}}]',
        "privacy: [{allow: carries_personal, on: who, because: it is never committed}]\n",
    ),
    "curated/raised.py": "def raised(posts):\n    raise ValueError(f\"who is {posts['email'][0]}?\")\n",
    "curated/raised.yaml": _curated(
        "  x: {type: VARCHAR, mask: drop}",
        more="inputs: [staged.posts]\nlineage: {x: {direct: [staged.posts.email]}}\n",
    ),
    "curated/wrong_type.py": "import pyarrow as pa\n\n\ndef wrong_type(posts):\n"
    '    return pa.table({"x": pa.array(posts["name"].to_pylist(), pa.int64())})\n',
    "curated/wrong_type.yaml": _curated(
        "  x: {type: VARCHAR, mask: drop}", more="inputs: [staged.posts]\nlineage: {x: {direct: [staged.posts.name]}}\n"
    ),
}
FAILING = ("looked_up", "uncast", "misfit", "said", "repeated", "unequal", "raised", "wrong_type")


def planted(root: Path) -> SmallDataset:
    """The dataset, with a good month and one that comes late."""
    small = small_dataset(root, LEAKS)
    small.put(MONTHS[0], [reading(1)])
    small.put_file("posts-2024-01.csv", _POSTS)
    small.put_file("headless-2024-01.csv", _POSTS.partition("\n")[2].replace("zqmail1", "zqheader"))
    small.put_file("page-2024-01.csv", "<html><title>no zqhtml here</title><body>zqhtml@example.org</body></html>")
    small.put_file("torn-2024-01.json", '[{"post_id": 1, "email": "zqjson@example.org"}, {"post_id": zqjson')
    small.put_file("narrow-2024-01.csv", "post_id,email\n1,zqmail1@example.org\n")
    strange = _POSTS.replace("score\n", "score,zqheader@example.org\n", 1).replace("-17,1\n", "-17,1,x\n", 1)
    small.put_file("strange-2024-01.csv", strange)
    return small


def later(small: SmallDataset) -> None:
    """A correction that is broken, and one that is not."""
    small.put_file("posts-2024-02.csv", _POSTS.replace("zqmail1", "zqlate"))
    small.put_file("posts-2024-01.csv", '"zqunparsed\n')
