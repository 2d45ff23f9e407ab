"""`python -m benchmarks.sentiment`: what the models of customer_feedback take beside the libraries that they call."""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import pyarrow as pa

from benchmarks.conditions import headline
from data_platform.datasets.customer_feedback.curated.scored_feedback import scored_feedback
from data_platform.datasets.customer_feedback.sample_messages import messages
from data_platform.datasets.customer_feedback.texts import shaped

if TYPE_CHECKING:
    from data_platform.steps.measure import Cost

_PAGE = Path(__file__).parent / "results_sentiment.md"
# As the platform hands them on.
_BATCH = 2048


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sentiment", description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000, help="English texts of the sample (default 20000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often, in turns (default 3)")
    parser.add_argument("--into", type=Path, default=_PAGE, help="the page")
    chosen = parser.parse_args(arguments)
    began, load = datetime.now(UTC), os.getloadavg()[0]
    texts = _texts(chosen.texts)
    lines = [
        "# Languages and sentiment",
        "",
        headline("benchmarks.sentiment", arguments, began, load),
        "",
        f"{len(texts):,} English texts of the sample, {sum(map(len, texts)) / len(texts):.0f} characters on average; "
        f"one process, warm, medians of {chosen.rounds} rounds in turns. *The model* takes Arrow batches of "
        f"{_BATCH:,} rows and gives such: of the language also the cleaning of the text, of the sentiment also the "
        "themes.",
        "",
        "| | bare library, texts/s | the model, texts/s | time of the model by that of the library |",
        "| --- | --: | --: | --: |",
        _line("language (py3langid)", _bare_language(), _staged, texts, chosen.rounds),
        _line("sentiment (VADER)", _bare_sentiment(), _scored, texts, chosen.rounds),
        "",
        "| texts at once | peak memory of scoring, MB |",
        "| --: | --: |",
        *(f"| {count:,} | {_peak(texts, count).peak_mb:.0f} |" for count in (len(texts), 10 * len(texts))),
        "",
        "The second run scores ten times as many rows as they come, so that a model that held its rows would show it.",
    ]
    chosen.into.write_text("\n".join(lines) + "\n", encoding="utf-8")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _texts(count: int) -> list[str]:
    found: list[str] = []
    week = date(2024, 1, 1)
    while len(found) < count:
        found += [each.text for each in messages("post", week, 2000, 100) if each.language == "en"]
        week += timedelta(days=7)
    return found[:count]


def _bare_language() -> Callable[[Sequence[str]], None]:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    classify = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True).classify

    def run(texts: Sequence[str]) -> None:
        for text in texts:
            classify(text)

    return run


def _bare_sentiment() -> Callable[[Sequence[str]], None]:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    score = SentimentIntensityAnalyzer().polarity_scores

    def run(texts: Sequence[str]) -> None:
        for text in texts:
            score(text)

    return run


def _staged(texts: Sequence[str]) -> None:
    _drained(shaped(_reader(_batches(texts, len(texts), id="id", _source_file="file", _uncast=None)), "post"))


def _scored(texts: Sequence[str]) -> None:
    _drained(scored_feedback(_given(texts, len(texts))))


def _given(texts: Sequence[str], count: int) -> pa.RecordBatchReader:
    return _reader(_batches(texts, count, feedback_id="id", source="post", language="en", rating=None))


def _batches(texts: Sequence[str], count: int, **constants: str | None) -> Iterator[pa.RecordBatch]:
    """`count` rows, made batch by batch: the texts over and over."""
    moment = datetime(2024, 1, 1)
    shared = {"product": "watch", "channel": "forum", "created_at": moment, "_source_row": 0, **constants}
    types = {"created_at": pa.timestamp("us"), "_source_row": pa.int64(), "rating": pa.int64()}
    for start in range(0, count, _BATCH):
        rows = min(_BATCH, count - start)
        some = [texts[(start + number) % len(texts)] for number in range(rows)]
        columns = {name: pa.repeat(pa.scalar(v, types.get(name, pa.string())), rows) for name, v in shared.items()}
        yield pa.RecordBatch.from_pydict({**columns, "text": pa.array(some, pa.string())})


def _reader(batches: Iterator[pa.RecordBatch]) -> pa.RecordBatchReader:
    first = next(batches)

    def all_of_them() -> Iterator[pa.RecordBatch]:
        yield first
        yield from batches

    return pa.RecordBatchReader.from_batches(first.schema, all_of_them())


def _drained(reader: pa.RecordBatchReader) -> None:
    for _ in reader:
        pass


def _line(
    name: str,
    bare: Callable[[Sequence[str]], None],
    model: Callable[[Sequence[str]], None],
    texts: Sequence[str],
    rounds: int,
) -> str:
    for side in (bare, model):  # models are loaded, caches filled
        side(texts[:500])
    taken = [(_seconds(bare, texts), _seconds(model, texts)) for _ in range(rounds)]
    ours, theirs = median(b for _, b in taken), median(a for a, _ in taken)
    ratio = median(b / a for a, b in taken)
    return f"| {name} | {len(texts) / theirs:,.0f} | {len(texts) / ours:,.0f} | {ratio:.2f} |"


def _seconds(side: Callable[[Sequence[str]], None], texts: Sequence[str]) -> float:
    began = time.perf_counter()
    side(texts)
    return time.perf_counter() - began


def _peak(texts: Sequence[str], count: int) -> "Cost":
    from data_platform.steps.measure import Meter

    meter = Meter()
    _drained(scored_feedback(_given(texts, count)))
    return meter.read()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
