"""Mistakes in Python files: models, dashboards, samples."""

from data_platform_tests.proof.mistakes.mistake import Mistake

DASHBOARD, SAMPLE = "dashboards/rain.py", "sample.py"
FUNCTION = "def p(readings):\n    return readings\n"
REST = "columns: {a: {type: INTEGER}}\nreconciles: {none: it is an example}\n"
CONTRACT = "description: x\ninputs:\n  - staged.readings\n" + REST


def model(python: str, contract: str, line: str, words: str) -> Mistake:
    """A model in Python and its contract, beside the dataset's own."""
    return Mistake("curated/p.py", "", python, f"curated/{line}", words, {"curated/p.yaml": contract})


MISTAKES = {
    "a model without inputs": model(FUNCTION, "description: x\n" + REST, "p.yaml:1", "p.py needs `inputs: [layer.tab"),
    "an input without a layer": model(FUNCTION, CONTRACT.replace("staged.", ""), "p.yaml:3", "write layer.table"),
    "an input of another layer": model(
        FUNCTION, CONTRACT.replace("staged.", "raw."), "p.yaml:3", "a curated table reads staged and curated"
    ),
    "an input that nobody has": model(
        FUNCTION.replace("ings", "ins"),
        CONTRACT.replace("ings", "ins"),
        "p.yaml:3",
        "did you mean 'staged.readings'?",
    ),
    "a view in Python": model(FUNCTION, f"view: true\n{CONTRACT}", "p.yaml:1", "a view is a SELECT; a Python model"),
    "a wrong signature": model(
        FUNCTION.replace("ings", "ing"), CONTRACT, "p.py:1", "must take its inputs by their table names: readings"
    ),
    "a signature with *": model("def p(*tables):\n    return 1\n", CONTRACT, "p.py:1", "must take its inputs by"),
    "no function": model("x = 1\n", CONTRACT, "p.py:1", "has no function 'p'; define it, it makes the table"),
    "a misspelt function": model(
        "def q(readings):\n    return 1\n", CONTRACT, "p.py:1", "has no function 'p' (there is 'q')"
    ),
    "a value where a function belongs": model("p = 1\n", CONTRACT, "p.py:1", "has no function 'p'"),
    "an empty file": model("", CONTRACT, "p.py:1", "has no function 'p'"),
    "no Python": model("import os\ndef p(:\n    return 1\n", CONTRACT, "p.py:2", "cannot be read as Python"),
    "wrong indentation": model(
        "def p(readings):\nreturn 1\n", CONTRACT, "p.py:2", "cannot be read as Python: expected an indented block"
    ),
    "a package that is not there": model(
        "import os\nimport nosuchmodule\n", CONTRACT, "p.py:2", "cannot be imported: No module named 'nosuchmodule'"
    ),
    "a model that raises at import": model(
        f"{FUNCTION}\nLIMITS = {{}}\nFIRST = LIMITS['first']\n",
        CONTRACT,
        "p.py:5",
        "cannot be imported: KeyError: 'first'",
    ),
    "a model that exits at import": model(
        f"import sys\nsys.exit(1)\n{FUNCTION}", CONTRACT, "p.py:2", "cannot be imported: SystemExit: 1"
    ),
    "a model that is no UTF-8": Mistake(
        "curated/p.py",
        "",
        b"# Geb\xfchr\n" + FUNCTION.encode(),
        "curated/p.py:1",
        "byte 0xfc is no UTF-8",
        {"curated/p.yaml": CONTRACT},
    ),
    "a dashboard that raises at import": Mistake(
        DASHBOARD,
        "",
        '"""Rain"""\n\nimport altair as alt\n\nCHART = alt.Chrt()\n\n\ndef dashboard(warehouse):\n    return CHART\n',
        f"{DASHBOARD}:5",
        "cannot be imported: AttributeError: ",
    ),
    "a dashboard without its function": Mistake(
        DASHBOARD, "", "def draw(warehouse):\n    return 1\n", f"{DASHBOARD}:1", "has no function 'dashboard'"
    ),
    "a dashboard that takes nothing": Mistake(
        DASHBOARD,
        "",
        '"""Rain"""\n\n\ndef dashboard():\n    return 1\n',
        f"{DASHBOARD}:4",
        "dashboard() must take one argument: warehouse",
    ),
    "a dashboard that would be the index": Mistake(
        "dashboards/index.py", "", '"""Rain"""\n', "dashboards/index.py:1", "'index' is no name of a dashboard"
    ),
    "a dashboard without a title": Mistake(
        DASHBOARD, "", "def dashboard(warehouse):\n    return 1\n", f"{DASHBOARD}:1", "has no title"
    ),
    "a sample that cannot be read": Mistake(
        SAMPLE, "", 'FIRST_PARTITION = "2024-01\n', f"{SAMPLE}:1", "cannot be read as Python"
    ),
    "a sample without its function": Mistake(
        SAMPLE,
        "",
        'FIRST_PARTITION = "2024-01"\nLAST_PARTITION = "2024-02"\n',
        f"{SAMPLE}:1",
        "has no function 'generate'",
    ),
    "a sample without its partitions": Mistake(
        SAMPLE,
        "",
        'FIRST_PARTITION = "2024-01"\n\n\ndef generate(root):\n    pass\n',
        f"{SAMPLE}:1",
        "has no LAST_PARTITION: write LAST_PARTITION = ",
    ),
    "a sample with a partition that is none": Mistake(
        SAMPLE,
        "",
        'FIRST_PARTITION = "2024-01"\nLAST_PARTITION = "24-02"\n\n\ndef generate(root):\n    pass\n',
        f"{SAMPLE}:2",
        "LAST_PARTITION: '24-02' is no partition key: write it like 2024-01",
    ),
}
