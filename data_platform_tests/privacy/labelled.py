"""Generated texts in which it is known what is personal: seeded, in many forms, with what only looks like it. Nothing
here comes from the detectors: check digits are computed, forms are written down.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SEED, TEXTS = 20240607, 3000


@dataclass(frozen=True)
class Label:
    """`text[start:end]` is of a kind, written in a form."""

    start: int
    end: int
    kind: str
    form: str


@dataclass(frozen=True)
class Labelled:
    """A text, what is personal in it, and the places of what only looks so: (start, end, which trap)."""

    text: str
    labels: tuple[Label, ...]
    traps: tuple[tuple[int, int, str], ...]


_OPENINGS = (
    "Hi team, ", "my parcel never came. ", "Great shop! ", "¿Hola? ", "Bonjour, ", "Guten Tag, ", "مرحبا ", "שלום, ",
    "こんにちは。", "😀 ", "Still waiting… ", "RE: complaint – ", "N/A. ", "", "Dear all,\u0085", "Zażółć gęślą jaźń: ",
)  # fmt: skip
_LEADS = {
    "email": ("write to ", "mail: ", "e-mail me at ", "(", "contact ", "mailto:", "<", "an ", "メール："),
    "phone": ("call ", "tel. ", "my number is ", "Tel: ", "phone ", "WhatsApp ", "ring me on ", "電話 ", "(", "mob "),
    "handle": ("ask ", "cc ", "dm ", "via ", "thanks ", ".", "(", "— ", "по ", "🙏 "),
    "card": ("card ", "my Visa ", "paid with ", "CC: ", "number ", "Karte "),
    "iban": ("IBAN ", "refund to ", "account ", "Konto: ", "iban:", "auf "),
}
_BETWEEN = (" please. ", ", thanks! ", ". ", "\n", " – ", "; ", "…\u0085", " 🙂 ", " ! ", "。", " oder ", " and ")
_NAMES = (
    "anna",
    "bob.smith",
    "j_doe",
    "marie-curie",
    "x",
    "li.wei88",
    "o.brien+shop",
    "josé",
    "müller",
    "иван",
    "info",
)
_HOSTS = (
    "example.org", "mail.example.co.uk", "gmx.de", "web-mail.io", "sub.dept.uni.edu", "exämple.de", "пример.рф",
    "xn--exmple-cua.com", "a1.museum", "x.travel",
)  # fmt: skip


def labelled(count: int = TEXTS, seed: int = SEED) -> Iterator[Labelled]:
    """The same texts each time; about one in four has nothing personal in it."""
    draw = random.Random(seed)
    for _ in range(count):
        yield _text(draw)


def _text(draw: random.Random) -> Labelled:
    text = draw.choice(_OPENINGS)
    labels: list[Label] = []
    traps: list[tuple[int, int, str]] = []
    for _ in range(draw.randint(1, 3)):
        if draw.random() < 0.5:
            kind = draw.choice(tuple(_MAKERS))
            form, made = _MAKERS[kind](draw)
            text += draw.choice(_LEADS[kind])
            labels.append(Label(len(text), len(text) + len(made), kind, form))
        else:
            form = draw.choice(tuple(_TRAPS))
            made = _TRAPS[form](draw)
            traps.append((len(text), len(text) + len(made), form))
        text += made + draw.choice(_BETWEEN)
    return Labelled(text, tuple(labels), tuple(traps))


def _digits(draw: random.Random, pattern: str) -> str:
    """`#` is any digit, `N` one from 2 to 9."""
    return "".join(
        str(draw.randint(0, 9)) if sign == "#" else str(draw.randint(2, 9)) if sign == "N" else sign for sign in pattern
    )


def _wide(text: str) -> str:
    return "".join(chr(ord(sign) + 0xFEE0) if "!" <= sign <= "~" else sign for sign in text)


def _arabic(text: str) -> str:
    return "".join(chr(0x0660 + int(sign)) if sign.isascii() and sign.isdigit() else sign for sign in text)


def _email(draw: random.Random) -> tuple[str, str]:
    name, host = draw.choice(_NAMES), draw.choice(_HOSTS)
    plain = f"{name}@{host}"
    forms = {
        "plain": plain,
        "capitals": plain.upper(),
        "full width": _wide("bob@example.org"),
        "with a number": f"{name}{draw.randint(1, 9999)}@{host}",
    }
    if draw.random() < 0.06:
        forms = {
            "spelled out": f"{name} at {host.replace('.', ' dot ')}",
            "in brackets": plain.replace("@", draw.choice(("[at]", " (at) "))),
        }
    return draw.choice(tuple(forms.items()))


_INTERNATIONAL = (
    "+1 21N NNN 01##", "+1-415-N##-####", "+44 20 7946 0###", "+44 7911 12####", "+49 30 9018####", "+49 151 2345####",
    "+33 6 12 34 5# ##", "+34 612 3## ###", "+39 347 123 ####", "+91 98765 4####", "+86 138 0013 8###",
    "+81 3-1234-5###", "+55 11 9N###-####", "+61 412 ### ###", "+234 803 123 ####", "+7 912 345-##-##",
    "+48 512 3## ###", "+971 50 123 ####", "+62 812-345-6####", "+972 52-123-4###",
)  # fmt: skip
_NATIONAL = (
    "(212) N##-####", "415-N##-####", "212.N##.####", "020 7946 0###", "07911 12####", "030 9018####", "030/9018 ####",
    "0151 2345####", "06 12 34 5# ##", "06.12.34.5#.##", "98765 4####",
)  # fmt: skip
_ELSEWHERE = ("(11) 9N###-####", "03-1234-5###", "0412 ### ###", "612 3## ###", "0803 123 ####", "050 123 ####")


def _phone(draw: random.Random) -> tuple[str, str]:
    form = draw.choices(
        ("international", "without blanks", "full width", "Arabic digits", "national", "without separators",
         "national, of other countries"),
        (40, 12, 5, 5, 25, 6, 7),
    )[0]  # fmt: skip
    if form == "national":
        return form, _digits(draw, draw.choice(_NATIONAL))
    if form == "national, of other countries":
        return form, _digits(draw, draw.choice(_ELSEWHERE))
    if form == "without separators":
        return form, _digits(draw, draw.choice(("212N######", "02079460###", "0309018####", "061234####")))
    text = _digits(draw, draw.choice(_INTERNATIONAL))
    if form == "without blanks":
        return form, text.replace(" ", "").replace("-", "")
    return form, _wide(text) if form == "full width" else _arabic(text) if form == "Arabic digits" else text


def _handle(draw: random.Random) -> tuple[str, str]:
    name = draw.choice(("anna", "Bob_88", "x_y", "maria.silva", "dr-house", "用户名", "ЮляМ", "a1"))
    return draw.choice(
        (
            ("plain", f"@{name}"),
            ("with a number", f"@{name}{draw.randint(1, 99)}"),
            ("federated", f"@{name}@social.example"),
        )
    )


def _luhn(body: str) -> str:
    total = 0
    for place, sign in enumerate(reversed(body)):
        value = int(sign) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str((10 - total % 10) % 10)


def _card_digits(draw: random.Random) -> str:
    body = _digits(
        draw,
        draw.choice(("4##############", "51#############", "2221###########", "37############", "6011###########")),
    )
    return body + _luhn(body)


def _card(draw: random.Random) -> tuple[str, str]:
    digits = _card_digits(draw)
    groups = (
        [digits[:4], digits[4:10], digits[10:]] if len(digits) == 15 else [digits[i : i + 4] for i in range(0, 16, 4)]
    )
    return draw.choice(
        (("plain", digits), ("blanks", " ".join(groups)), ("dashes", "-".join(groups)), ("full width", _wide(digits)))
    )


# Bank and digits of an account, by country.
_IBANS = {"DE": ("", 18), "GB": ("NWBK", 14), "NL": ("ABNA", 10), "FR": ("2004101005", 13), "CH": ("00762", 12)}


def _check(country: str, body: str) -> str:
    numbers = "".join(str(int(sign, 36)) for sign in f"{body}{country}00")
    return f"{98 - int(numbers) % 97:02d}"


def _iban(draw: random.Random) -> tuple[str, str]:
    country = draw.choice(tuple(_IBANS))
    bank, digits = _IBANS[country]
    body = bank + _digits(draw, "#" * digits)
    text = f"{country}{_check(country, body)}{body}"
    grouped = " ".join(text[i : i + 4] for i in range(0, len(text), 4))
    return draw.choice(
        (("plain", text), ("blanks", grouped), ("small letters", text.lower()), ("dashes", grouped.replace(" ", "-")))
    )


_MAKERS: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "email": _email,
    "phone": _phone,
    "handle": _handle,
    "card": _card,
    "iban": _iban,
}


def _any(*patterns: str) -> Callable[[random.Random], str]:
    def draw_one(draw: random.Random) -> str:
        return _digits(draw, draw.choice(patterns))

    return draw_one


def _no_card(draw: random.Random) -> str:
    digits = _card_digits(draw)
    return digits[:-1] + str((int(digits[-1]) + 1) % 10)


_TRAPS: dict[str, Callable[[random.Random], str]] = {
    "order number": _any("order 40########", "order no. 1#########", "#302-#######-#######", "Bestellnr. ##########"),
    "invoice": _any("invoice 2024-00####", "RE-2024/#####", "INV#########"),
    "price": _any("$N,###.99", "EUR 1.###,00", "£##.##", "1 ### ### Ft", "¥N##,###", "₹ 1,##,###"),
    "date": _any("2024-0N-1#", "1#/0N/2024", "1#.0N.2024", "20240N1#", "2024-0N-1#T1#:##:##Z", "1999-2024"),
    "time": _any("1#:##", "at 1#:##:##", "2#h##", "9am-5pm"),
    "version": _any("v1.2#.#", "10.0.1904#.3###", "Android 1#", "iOS 17.#.1"),
    "at in prose": _any("see you @ noon", "2 items @ $N.50", "lunch @ the office", "3 @ 4"),
    "book or article": _any("ISBN 978-3-16-14841#-#", "EAN 40063813339##", "SKU 88-##-####-#"),
    "tracking": _any("1Z999AA1012345####", "JJD0003900########", "RR########5DE"),
    "place": _any("52.52####, 13.40####", "10117 Berlin", "90210-####", "48.85##N 2.35##E"),
    "network": _any("192.168.##.1#", "10.0.0.1##:8080", "fe80::1###"),
    "amount": _any("N ### ### ### views", "#,###,###,### rows", "N.### Stück", "12,345,67#"),
    "id": _any(
        "SN-2024-####-77##",
        "ticket #######",
        "ref AB12-CDEF-34##",
        "DE#########",
        "uuid 3f2504e0-4f89-11d3-9a0c-0305e82c####",
    ),
    "no card": _no_card,
    "score": _any("3:2", "8/10", "99.9%", "24/7", "#### of ####"),
}
