"""Sets of texts that people have labelled, read where they lie beside the repository; no text of them is kept here."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REAL = Path(__file__).parents[2] / "shared" / "data" / "feedback"
NAMES = {"amh": "am", "arq": "ar", "hau": "ha", "pcm": "pcm", "por": "pt"}
"""Languages of `afrisenti` by the names of its folders → as ISO 639 calls them."""


@dataclass(frozen=True)
class Labelled:
    """A text and what somebody said of it. `sentiment`: positive, neutral, negative; `valence`: from -4 to 4."""

    text: str
    language: str
    sentiment: str | None = None
    valence: float | None = None


@dataclass(frozen=True)
class LabelledSet:
    """Where a set is from, under which licence, and its texts."""

    name: str
    licence: str
    texts: tuple[Labelled, ...]


def labelled_sets(root: Path = REAL) -> list[LabelledSet]:
    """All sets below the folder. Raises FileNotFoundError where one is missing."""
    return [
        LabelledSet("vader tweets", "MIT", tuple(_vader(root / "vader" / "tweets_GroundTruth.txt"))),
        LabelledSet(
            "vader product reviews", "MIT", tuple(_vader(root / "vader" / "amazonReviewSnippets_GroundTruth.txt"))
        ),
        LabelledSet("uci amazon", "CC BY 4.0", tuple(_uci(root / "uci" / "amazon_cells_labelled.txt"))),
        LabelledSet("uci imdb", "CC BY 4.0", tuple(_uci(root / "uci" / "imdb_labelled.txt"))),
        *(
            LabelledSet(f"nusax {name}", "CC BY-SA 4.0", tuple(_nusax(root / "nusax" / f"{name}_train.csv", code)))
            for name, code in (("english", "en"), ("indonesian", "id"), ("javanese", "jv"), ("minangkabau", "min"))
        ),
        LabelledSet("nsmc", "CC0 1.0", tuple(_nsmc(root / "nsmc_json"))),
        *(
            LabelledSet(
                f"afrisenti {name}", "CC BY 4.0", tuple(_afrisenti(root / "afrisenti" / f"{name}_dev.tsv", code))
            )
            for name, code in NAMES.items()
        ),
    ]


def _lines(path: Path) -> list[str]:
    # Not splitlines(): U+0085 stands inside texts.
    return [line.removesuffix("\r") for line in path.read_bytes().decode("utf-8").split("\n") if line.strip()]


def _vader(path: Path) -> Iterator[Labelled]:
    for line in _lines(path):
        _, valence, text = line.split("\t", 2)
        value = float(valence)
        yield Labelled(text, "en", "positive" if value > 0 else "negative" if value < 0 else "neutral", value)


def _uci(path: Path) -> Iterator[Labelled]:
    for line in _lines(path):
        text, _, label = line.rpartition("\t")
        if label in ("0", "1"):  # one copy has a header
            yield Labelled(text.strip(), "en", ("negative", "positive")[int(label)])


def _nusax(path: Path, language: str) -> Iterator[Labelled]:
    for row in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")):
        yield Labelled(row["text"], language, row["label"])


def _afrisenti(path: Path, language: str) -> Iterator[Labelled]:
    for line in _lines(path)[1:]:
        text, _, label = line.rpartition("\t")
        yield Labelled(text, language, label)


def _nsmc(folder: Path) -> Iterator[Labelled]:
    for path in sorted(folder.glob("*.json")):
        for review in json.loads(path.read_text(encoding="utf-8")):
            yield Labelled(review["review"], "ko", _by_stars(int(review["rating"])))


def _by_stars(stars: int) -> str | None:
    """By the bounds of the set's own authors, 1 to 10; what lies between is neither."""
    return "positive" if stars >= 9 else "negative" if stars <= 4 else None
