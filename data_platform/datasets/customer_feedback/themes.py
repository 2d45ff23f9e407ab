"""What texts are about: a closed list of themes, each with the words that tell it, in eight languages.

A word that is not in the list never leaves a text, so that nothing that a person wrote gets into a curated table.
"""

import re
from collections.abc import Mapping

# Beginnings of words; in scripts without blanks they are found anywhere.
WORDS: Mapping[str, tuple[str, ...]] = {
    "battery": ("batter", "charg", "bater", "akku", "lädt", "バッテリー", "充電", "배터리", "충전"),
    "delivery": ("deliver", "arriv", "parcel", "envío", "liefer", "livraison", "entrega", "pengirim", "配送", "배송"),
    "price": ("pric", "expensiv", "value", "precio", "preis", "prix", "preço", "harga", "価格", "가격"),
    "quality": (
        "quality",
        "broke",
        "cheap",
        "plasti",
        "solid",
        "colour",
        "calidad",
        "plásti",
        "qualit",
        "kunststoff",
        "qualidade",
        "kualitas",
        "bahan",
        "品質",
        "本体",
        "품질",
        "본체",
    ),
    "support": ("support", "service", "atención", "kundendienst", "atendimento", "layanan", "サポート", "고객센터"),
    "app": ("app", "aplicac", "aplicativ", "aplikasi", "アプリ", "앱"),
}
THEMES = tuple(WORDS)

_SCRIPT_WITHOUT_BLANKS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_BETWEEN_WORDS = re.compile(r"\W+")
# A blank before a word stands for its beginning.
_MARKS = {
    theme: tuple(word if _SCRIPT_WITHOUT_BLANKS.match(word) else f" {word}" for word in words)
    for theme, words in WORDS.items()
}


def themes(text: str | None) -> list[str]:
    """The themes that a text touches, in the list's order."""
    words = f" {_BETWEEN_WORDS.sub(' ', (text or '').casefold())}"
    return [theme for theme, marks in _MARKS.items() if any(mark in words for mark in marks)]
