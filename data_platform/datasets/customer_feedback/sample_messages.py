"""What the invented customers wrote week by week: which product, where, in which language and tone, and when.

One product turns bad in one week; nothing else changes from week to week but by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from data_platform.datasets.customer_feedback.sample_hostile import contact
from data_platform.datasets.customer_feedback.sample_texts import OPENINGS, PRODUCTS, THEMES, TONES, Tone, sentences

WEEKS = tuple(date(2024, 1, 1) + timedelta(days=7 * number) for number in range(10))
CHANNELS = {"post": ("chirp", "forum"), "review": ("web_shop", "app_store")}
# The week in which customers of one product are suddenly let down, wherever they write.
DRIFT = ("scooter", date(2024, 2, 19))

_LANGUAGES = {"en": 66, "es": 9, "de": 6, "fr": 6, "pt": 5, "ja": 3, "id": 3, "ko": 2}
_TONES: dict[bool, tuple[int, int, int]] = {False: (50, 25, 25), True: (6, 10, 84)}
_EMOJI: dict[Tone, tuple[str, ...]] = {"good": ("😍", "👍🏽", "❤️"), "plain": ("🤷‍♀️", "📦"), "bad": ("😡", "👎", "💔")}
_WEEK_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Message:
    """One post or review before anybody wrote it down. `customer` is a number of `sample_customers`."""

    number: int
    product: str
    channel: str
    language: str
    tone: Tone
    at: datetime
    text: str
    customer: int


def messages(kind: str, week: date, count: int, customers: int) -> list[Message]:
    """The messages of a kind (`post`, `review`) in a week, oldest first; the same each time."""
    random = Random(f"{kind} {week}")
    products, languages = tuple(PRODUCTS), tuple(_LANGUAGES)
    seconds = sorted(random.sample(range(_WEEK_SECONDS), count))
    found = []
    for number in range(count):
        product = products[number % len(products)]
        tone = random.choices(TONES, _TONES[(product, week) == DRIFT])[0]
        language = random.choices(languages, tuple(_LANGUAGES.values()))[0]
        at = datetime(week.year, week.month, week.day) + timedelta(seconds=seconds[number])
        text = _text(product, language, tone, random)
        channel = random.choice(CHANNELS[kind])
        found.append(Message(number, product, channel, language, tone, at, text, random.randrange(customers)))
    return found


def stars(messages: Sequence[Message]) -> list[int]:
    """Stars from 1 to 5 that go with each message; one in sixteen people takes them the wrong way round."""
    ranges = {"good": (4, 5), "plain": (3, 3), "bad": (1, 2)}
    found = []
    for message in messages:
        random = Random(f"stars {message.at} {message.number}")
        given = random.choice(ranges[message.tone])
        found.append(6 - given if random.random() < 1 / 16 else given)
    return found


def _text(product: str, language: str, tone: Tone, random: Random) -> str:
    opening = random.choice(OPENINGS[language]).format(product=PRODUCTS[product][language], days=random.randint(2, 30))
    said = [random.choice(sentences(language, theme, tone)) for theme in random.sample(THEMES, random.choice((1, 2)))]
    parts = [opening, *said] if random.random() < 0.7 else said
    if random.random() < 0.2:
        parts.append(random.choice(_EMOJI[tone]))
    if random.random() < 0.06:
        parts.append(contact(random))
    return ("" if language == "ja" else " ").join(parts)
