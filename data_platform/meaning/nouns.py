"""What is counted: nouns that are units without being physical. Datasets name further ones under `units:`.

A closed list, because a misspelt unit would otherwise be a noun that nobody has heard of.
"""

_PEOPLE = "person passenger rider driver customer user visitor member employee student patient resident guest player"
_MOVES = "trip ride journey flight stop vehicle car bus train taxi bike station seat ticket entry exit"
_TRADE = "order item product unit piece sale purchase return refund invoice payment transaction account contract parcel"
_TRADE_ALSO = "shipment package delivery box pallet subscription claim booking room bed"
_WEB = "visit session view click impression hit event message request response error call post comment vote like"
_DATA = "row record file document page word character line reading measurement sample observation case test point"
_OTHER = "household building meter_reading device machine job task incident animal tree birth death cent game goal"

NOUNS = frozenset(" ".join((_PEOPLE, _MOVES, _TRADE, _TRADE_ALSO, _WEB, _DATA, _OTHER)).split())
"""In the singular."""

_IRREGULAR = {"people": "person", "children": "child", "buses": "bus", "taxis": "taxi", "series": "series"}


def singular(word: str) -> str:
    """The singular of an English noun, regular or among the irregular ones that are counted."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("ches", "shes", "xes", "sses")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
        return word[:-1]
    return word
