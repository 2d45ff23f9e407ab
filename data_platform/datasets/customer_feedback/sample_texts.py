"""What invented customers write, in eight languages: openings, and a sentence by theme and tone."""

from collections.abc import Mapping
from typing import Literal

Tone = Literal["good", "plain", "bad"]
THEMES = ("battery", "delivery", "price", "quality", "support", "app")
TONES: tuple[Tone, ...] = ("good", "plain", "bad")

# What the four products are called; only English has enough speakers among the customers to say it in two ways.
PRODUCTS: Mapping[str, Mapping[str, str]] = {
    "scooter": {"en": "scooter", "es": "patinete", "de": "Roller", "fr": "trottinette", "pt": "patinete"}
    | {"ja": "スクーター", "id": "skuter", "ko": "스쿠터"},
    "headphones": {"en": "headphones", "es": "auriculares", "de": "Kopfhörer", "fr": "casque", "pt": "fones"}
    | {"ja": "ヘッドホン", "id": "headphone", "ko": "헤드폰"},
    "watch": {"en": "watch", "es": "reloj", "de": "Uhr", "fr": "montre", "pt": "relógio"}
    | {"ja": "腕時計", "id": "jam tangan", "ko": "시계"},
    "speaker": {"en": "speaker", "es": "altavoz", "de": "Lautsprecher", "fr": "enceinte", "pt": "alto-falante"}
    | {"ja": "スピーカー", "id": "pengeras suara", "ko": "스피커"},
}

OPENINGS: Mapping[str, tuple[str, ...]] = {
    "en": (
        "I have had the {product} for {days} days now.",
        "My new {product} arrived and this is what I think.",
        "Bought the {product} for my sister, who uses it every day.",
        "About the {product} that I ordered last month:",
        "Second week with this {product}.",
    ),
    "es": ("Tengo este {product} desde hace {days} días.", "Compré el {product} para mi hermana el mes pasado."),
    "de": (
        "Ich habe dieses Gerät ({product}) seit {days} Tagen.",
        "Letzten Monat habe ich für meine Schwester bestellt: {product}.",
    ),
    "fr": (
        "J'utilise ce produit ({product}) depuis {days} jours.",
        "J'ai acheté cet article pour ma sœur : {product}.",
    ),
    "pt": (
        "Estou usando este produto ({product}) há {days} dias.",
        "Comprei para a minha irmã no mês passado: {product}.",
    ),
    "ja": ("この{product}を使い始めて{days}日になります。", "先月、妹のために{product}を買いました。"),
    "id": (
        "Saya sudah memakai {product} ini selama {days} hari.",
        "Bulan lalu saya membeli {product} untuk adik saya.",
    ),
    "ko": ("이 {product}를 사용한 지 {days}일 되었습니다.", "지난달에 여동생에게 {product}를 사 주었습니다."),
}

_ENGLISH: Mapping[str, Mapping[Tone, tuple[str, ...]]] = {
    "battery": {
        "good": (
            "The battery is excellent and I love how fast it charges.",
            "Great battery, it easily lasts two days!",
        ),
        "plain": ("The battery takes about three hours to charge.", "It has the same battery as the model before."),
        "bad": ("The battery is terrible and dies after an hour.", "Charging fails all the time, awful battery."),
    },
    "delivery": {
        "good": (
            "Delivery was fast and the courier was very friendly.",
            "Arrived early and perfectly packed, thank you!",
        ),
        "plain": ("Delivery took five days.", "The parcel was left with a neighbour."),
        "bad": ("Delivery was a nightmare, three weeks late.", "It arrived damaged and nobody cares."),
    },
    "price": {
        "good": ("Great value, I am happy with the price.", "A fair price for such a wonderful thing."),
        "plain": ("The price went from 89 to 94 in March.", "I paid the same price as in the shop."),
        "bad": ("Far too expensive, the price is a bad joke.", "A ridiculous price for such poor stuff."),
    },
    "quality": {
        "good": ("The quality is amazing and it looks beautiful.", "Solid, well made, I am really impressed."),
        "plain": ("It is made of plastic and weighs 400 grams.", "The colour is between grey and blue."),
        "bad": ("Horrible quality, it broke on the second day.", "Cheap, useless, and it smells disgusting."),
    },
    "support": {
        "good": ("Support was helpful and solved it at once, brilliant!", "Customer service is lovely and very kind."),
        "plain": ("I wrote to support on Tuesday.", "Support asked for the serial number."),
        "bad": ("Support is rude and refuses to help.", "Customer service lied to me, I am so angry."),
    },
    "app": {
        "good": ("The app is a joy to use, love it.", "Setting up the app was easy, nice work!"),
        "plain": ("The app needs an account.", "There was an update of the app on Monday."),
        "bad": ("The app crashes constantly, what a disaster.", "I hate the app, it is broken and annoying."),
    },
}

# Of the other languages a sentence each: no model here scores them.
_OTHERS: Mapping[str, Mapping[str, tuple[str, str, str]]] = {
    "es": {
        "battery": (
            "La batería es excelente y dura dos días.",
            "La batería tarda tres horas en cargar.",
            "La batería es horrible y dura una hora.",
        ),
        "delivery": (
            "El envío fue muy rápido y perfecto.",
            "El envío tardó cinco días.",
            "El envío llegó tarde y dañado.",
        ),
        "price": ("El precio es muy bueno.", "El precio subió en marzo.", "El precio es demasiado caro."),
        "quality": (
            "La calidad es increíble, me encanta.",
            "Está hecho de plástico gris.",
            "La calidad es pésima, se rompió enseguida.",
        ),
        "support": (
            "La atención al cliente fue muy amable.",
            "Escribí a la atención al cliente el martes.",
            "La atención al cliente no ayuda nada.",
        ),
        "app": (
            "La aplicación funciona de maravilla.",
            "La aplicación necesita una cuenta.",
            "La aplicación falla todo el tiempo.",
        ),
    },
    "de": {
        "battery": (
            "Der Akku ist hervorragend und hält zwei Tage.",
            "Der Akku lädt etwa drei Stunden.",
            "Der Akku ist furchtbar und hält nur eine Stunde.",
        ),
        "delivery": (
            "Die Lieferung war schnell und freundlich.",
            "Die Lieferung dauerte fünf Tage.",
            "Die Lieferung kam zu spät und beschädigt an.",
        ),
        "price": ("Der Preis ist wirklich gut.", "Der Preis stieg im März.", "Der Preis ist viel zu hoch."),
        "quality": (
            "Die Qualität ist großartig, ich bin begeistert.",
            "Das Gehäuse ist aus grauem Kunststoff.",
            "Die Qualität ist schlecht, es ging sofort kaputt.",
        ),
        "support": (
            "Der Kundendienst war sehr hilfsbereit.",
            "Ich habe dem Kundendienst am Dienstag geschrieben.",
            "Der Kundendienst ist unverschämt und hilft nicht.",
        ),
        "app": ("Die App funktioniert wunderbar.", "Die App braucht ein Konto.", "Die App stürzt ständig ab."),
    },
    "fr": {
        "battery": (
            "La batterie est excellente et tient deux jours.",
            "La batterie se charge en trois heures.",
            "La batterie est horrible et tient une heure.",
        ),
        "delivery": (
            "La livraison était rapide et parfaite.",
            "La livraison a pris cinq jours.",
            "La livraison est arrivée en retard et abîmée.",
        ),
        "price": ("Le prix est vraiment intéressant.", "Le prix a changé en mars.", "Le prix est beaucoup trop élevé."),
        "quality": (
            "La qualité est superbe, je suis ravie.",
            "Le boîtier est en plastique gris.",
            "La qualité est mauvaise, il s'est cassé tout de suite.",
        ),
        "support": (
            "Le service client a été très aimable.",
            "J'ai écrit au service client mardi.",
            "Le service client est désagréable et n'aide pas.",
        ),
        "app": (
            "L'application marche à merveille.",
            "L'application demande un compte.",
            "L'application plante sans arrêt.",
        ),
    },
    "pt": {
        "battery": (
            "A bateria é excelente e dura dois dias.",
            "A bateria demora três horas para carregar.",
            "A bateria é horrível e não dura nem uma hora.",
        ),
        "delivery": (
            "A entrega foi rápida e perfeita.",
            "A entrega demorou cinco dias.",
            "A entrega chegou atrasada e com danos.",
        ),
        "price": ("O preço é muito bom.", "O preço mudou em março.", "O preço é caro demais."),
        "quality": (
            "A qualidade é incrível, estou muito feliz.",
            "A caixa é de plástico cinza.",
            "A qualidade é péssima, quebrou na hora.",
        ),
        "support": (
            "O atendimento foi muito gentil.",
            "Escrevi para o atendimento na terça-feira.",
            "O atendimento não ajuda em nada.",
        ),
        "app": (
            "O aplicativo funciona maravilhosamente bem.",
            "O aplicativo precisa de uma conta.",
            "O aplicativo trava o tempo todo.",
        ),
    },
    "ja": {
        "battery": (
            "バッテリーが二日も持って素晴らしいです。",
            "バッテリーの充電には三時間かかります。",
            "バッテリーが一時間で切れて最悪です。",
        ),
        "delivery": (
            "配送がとても早くて助かりました。",
            "配送には五日かかりました。",
            "配送が遅れて箱も壊れていました。",
        ),
        "price": ("この価格なら大満足です。", "価格は三月に変わりました。", "価格が高すぎます。"),
        "quality": (
            "品質が良くて気に入っています。",
            "本体は灰色のプラスチックです。",
            "品質が悪くてすぐに壊れました。",
        ),
        "support": ("サポートの対応が親切でした。", "火曜日にサポートへ連絡しました。", "サポートの対応がひどいです。"),
        "app": ("アプリも使いやすいです。", "アプリには登録が必要です。", "アプリがいつも落ちます。"),
    },
    "id": {
        "battery": (
            "Baterainya luar biasa dan tahan dua hari.",
            "Baterainya perlu tiga jam untuk diisi.",
            "Baterainya buruk sekali dan cepat habis.",
        ),
        "delivery": (
            "Pengirimannya cepat dan rapi.",
            "Pengirimannya memakan waktu lima hari.",
            "Pengirimannya terlambat dan barangnya rusak.",
        ),
        "price": ("Harganya murah dan sesuai.", "Harganya berubah pada bulan Maret.", "Harganya terlalu mahal."),
        "quality": (
            "Kualitasnya bagus sekali, saya senang.",
            "Bahannya dari plastik abu-abu.",
            "Kualitasnya jelek, langsung rusak.",
        ),
        "support": (
            "Layanan pelanggannya sangat ramah.",
            "Saya menghubungi layanan pelanggan hari Selasa.",
            "Layanan pelanggannya tidak membantu sama sekali.",
        ),
        "app": (
            "Aplikasinya mudah dipakai.",
            "Aplikasinya membutuhkan akun.",
            "Aplikasinya sering macet dan menyebalkan.",
        ),
    },
    "ko": {
        "battery": (
            "배터리가 이틀이나 가서 정말 좋아요.",
            "배터리 충전에 세 시간이 걸립니다.",
            "배터리가 한 시간 만에 닳아서 최악이에요.",
        ),
        "delivery": (
            "배송이 아주 빨라서 만족합니다.",
            "배송에 닷새가 걸렸습니다.",
            "배송이 늦고 상자가 망가져 있었어요.",
        ),
        "price": ("가격이 정말 괜찮아요.", "가격이 삼월에 바뀌었습니다.", "가격이 너무 비싸요."),
        "quality": ("품질이 훌륭해서 마음에 들어요.", "본체는 회색 플라스틱입니다.", "품질이 나빠서 바로 고장 났어요."),
        "support": (
            "고객센터가 아주 친절했어요.",
            "화요일에 고객센터에 문의했습니다.",
            "고객센터가 전혀 도와주지 않아요.",
        ),
        "app": ("앱이 사용하기 편해요.", "앱은 계정이 필요합니다.", "앱이 계속 멈춰서 화가 나요."),
    },
}
LANGUAGES = ("en", *_OTHERS)


def sentences(language: str, theme: str, tone: Tone) -> tuple[str, ...]:
    """What may be said of a theme in a tone."""
    if language == "en":
        return _ENGLISH[theme][tone]
    return (_OTHERS[language][theme][TONES.index(tone)],)
