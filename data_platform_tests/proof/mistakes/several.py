"""Several mistakes at once: each is told, and none that only follows from another."""

from data_platform_tests.proof.mistakes.mistake import DAILY, DEFS, SQL, YAML, Mistake
from data_platform_tests.small_dataset import FILES

MISTAKES = {
    "in every file": Mistake(
        DEFS,
        "  description: Rain g",
        "  descripton: Rain g",
        f"{DEFS}:3",
        "did you mean 'description'?",
        {
            SQL: FILES[SQL].replace("LEFT JOIN", "JOIN"),
            YAML: FILES[YAML].replace("grain:", "grian:"),
            DAILY: FILES[DAILY].replace("GROUP BY ALL", "GROUP BY ALL LIMIT 3"),
        },
        (
            (f"{YAML}:2", "did you mean 'grain'?"),
            (f"{SQL}:3", "INNER join"),
            (f"{DAILY}:3", "LIMIT without ORDER BY"),
        ),
    ),
    "in one file": Mistake(
        YAML,
        "",
        FILES[YAML].replace("min: 0", "mim: 0").replace("required: true}", "requird: true}").replace("flag", "falg"),
        f"{YAML}:4",
        "did you mean 'required'?",
        also=((f"{YAML}:7", "did you mean 'min'?"), (f"{YAML}:10", "did you mean 'flag'?")),
    ),
}
