"""What is hard about texts of people: scripts, signs that nobody sees, code, and personal data. None is anybody's.

Addresses are of domains kept for examples, telephone numbers of the range kept for fiction, card and account numbers
are those that their issuers publish for tests.
"""

from random import Random

_CONTACTS = (
    "Write to me: {name}{number}@example.com",
    "mail {name}.{number}@example.org please",
    "Call me at (202) 555-01{number:02}.",
    "☎ +1-202-555-01{number:02}",
    "cc @{name}_{number}",
    "My card was 4111 1111 1111 1111.",
    "Refund to DE89 3704 0044 0532 0130 00, thanks.",
    "Pay back to GB29 NWBK 6016 1331 9268 19.",
)
_NAMES = ("ana", "bo", "chidi", "dana", "emre", "fatou")

# As it is sent, and as it stands in the staged table.
HOSTILE: tuple[tuple[str, str], ...] = (
    ("Great sound\u0085I love it", "Great sound\u0085I love it"),
    ("Love it \U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f1f3\U0001f1ff",) * 2,
    ("The cafe\u0301 mode is nai\u0308ve but wonderful", "The café mode is naïve but wonderful"),
    ("السماعة رائعة جدا وأنا سعيد بها كثيرا",) * 2,
    ("המוצר הזה נהדר ואני מאוד מרוצה ממנו",) * 2,
    ("gr\u200beat \u2066price\u2069 \u202eegnarts\u202c",) * 2,
    ("Fish &amp; chips &lt;3 &#128077; great &quot;value&quot;", 'Fish & chips <3 \U0001f44d great "value"'),
    ("&amp;lt;b&amp;gt; is shown twice", "&lt;b&gt; is shown twice"),
    ("<script>alert('mine')</script> awful",) * 2,
    ("'; DROP TABLE reviews; -- \" $$ {{ feedback_url }}",) * 2,
    ('=HYPERLINK("http://shop.example","win")',) * 2,
    ("one\r\ntwo\rthree\n", "one\ntwo\nthree"),
    ("bell \u0007 escape \u001b[31m and delete \u007f stay out", "bell  escape [31m and delete  stay out"),
    ("\ufeffA mark before the first letter", "A mark before the first letter"),
    ("Z\u0351\u036b\u0343\u036aa\u0300l\u0326go", "Z\u0351\u036b\u0313\u036a\u00e0l\u0326go"),
    ("Das ist gut но очень дорого そして重い, sorry",) * 2,
    ("\U0001f60d\U0001f60d\U0001f60d",) * 2,
    ("ok",) * 2,
    ("https://shop.example/a?b=1&amp;c=2", "https://shop.example/a?b=1&c=2"),
    ("really good! " * 2500, ("really good! " * 2500).rstrip()),
)


def contact(random: Random) -> str:
    """How somebody may be reached or paid, as people add it."""
    return random.choice(_CONTACTS).format(name=random.choice(_NAMES), number=random.randint(0, 99))
