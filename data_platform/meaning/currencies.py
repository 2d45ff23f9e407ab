"""The currencies that money may be in: ISO 4217, list one (current currencies and funds codes of states), of 2024.

Left out are the codes of metals, of bonds' units of account, of testing, and funds codes that nobody is paid in.
"""

from collections.abc import Mapping
from types import MappingProxyType

# Digits behind the point, as ISO 4217 calls them minor units.
_NONE = "bif clp djf gnf isk jpy kmf krw pyg rwf ugx vnd vuv xaf xof xpf"
_TWO = (
    "aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob brl bsd btn bwp byn bzd cad cdf chf cny cop "
    "crc cup cve czk dkk dop dzd egp ern etb eur fjd fkp gbp gel ghs gip gmd gtq gyd hkd hnl htg huf idr ils inr irr "
    "jmd kes kgs khr kpw kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mru mur mvr mwk mxn myr mzn nad ngn "
    "nio nok npr nzd pab pen pgk php pkr pln qar ron rsd rub sar sbd scr sdg sek sgd shp sle sos srd ssp stn svc syp "
    "szl thb tjs tmt top try ttd twd tzs uah usd uyu uzs ved ves wst xcd yer zar zmw zwg"
)
_THREE = "bhd iqd jod kwd lyd omr tnd"

MINOR_UNITS: Mapping[str, int] = MappingProxyType(
    {code: digits for digits, codes in ((0, _NONE), (2, _TWO), (3, _THREE)) for code in codes.split()}
)
"""Code in lower case → digits behind the point."""

# Only where a reader knows at once which currency is meant.
SYMBOLS: Mapping[str, str] = MappingProxyType({"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹"})
