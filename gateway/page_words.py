"""Page words: what the customer's page says of what happened, and of what is known about her.

Texts like those of `gateway.wording`, which takes them in and checks them.
"""

WORDS: dict[str, dict[str, str]] = {
    "cause.engine.overheating": {
        "en": "Your car's engine was getting too hot.",
        "de": "Der Motor Ihres Autos wurde zu heiß.",
        "fi": "Autosi moottori kuumeni liikaa.",
    },
    "cause.engine.light": {
        "en": "The engine light of your car came on.",
        "de": "Die Motorleuchte Ihres Autos ging an.",
        "fi": "Autosi moottorin merkkivalo syttyi.",
    },
    "cause.car.stranded": {
        "en": "Your car has broken down.",
        "de": "Ihr Auto ist liegen geblieben.",
        "fi": "Autosi on jäänyt tielle.",
    },
    "cause.defect.spreads": {
        "en": "Other cars like yours have had the same fault.",
        "de": "Andere Autos wie Ihres hatten denselben Fehler.",
        "fi": "Muissa samanlaisissa autoissa on ollut sama vika.",
    },
    "cause.cooling.drifting": {
        "en": "Your air conditioning cools less and less well.",
        "de": "Ihre Klimaanlage kühlt immer schlechter.",
        "fi": "Ilmastointisi jäähdyttää yhä huonommin.",
    },
    "cause.parcel.damaged": {
        "en": "Your parcel was damaged on its way.",
        "de": "Ihr Paket wurde unterwegs beschädigt.",
        "fi": "Pakettisi vaurioitui matkalla.",
    },
    "cause.connection.missed": {
        "en": "You would not reach your next flight in time.",
        "de": "Ihren nächsten Flug würden Sie nicht rechtzeitig erreichen.",
        "fi": "Et ehtisi seuraavalle lennollesi.",
    },
    "cause.any": {
        "en": "Something that you have needs looking after.",
        "de": "Etwas, das Sie haben, braucht Aufmerksamkeit.",
        "fi": "Jokin laitteistasi kaipaa huomiota.",
    },
    "page.about": {
        "en": "What do you know about me?",
        "de": "Was wissen Sie über mich?",
        "fi": "Mitä tiedätte minusta?",
    },
    "page.back": {"en": "Back", "de": "Zurück", "fi": "Takaisin"},
    "page.title.about": {
        "en": "What we know about you",
        "de": "Was wir über Sie wissen",
        "fi": "Mitä tiedämme sinusta",
    },
    "page.lead.about": {
        "en": "In plain words. Addresses are shortened: whoever has your link sees this page.",
        "de": "In einfachen Worten. Adressen sind gekürzt: Wer Ihren Link hat, sieht diese Seite.",
        "fi": "Selkein sanoin. Osoitteet on lyhennetty: linkkisi haltija näkee tämän sivun.",
    },
    "about.you": {"en": "You", "de": "Sie", "fi": "Sinä"},
    "about.things": {"en": "What you have", "de": "Was Sie haben", "fi": "Mitä sinulla on"},
    "about.agreed": {
        "en": "What you have agreed to",
        "de": "Womit Sie einverstanden sind",
        "fi": "Mihin olet suostunut",
    },
    "about.spoken": {
        "en": "When we were in touch",
        "de": "Wann wir in Verbindung waren",
        "fi": "Milloin olemme olleet yhteydessä",
    },
    "about.name": {"en": "Name", "de": "Name", "fi": "Nimi"},
    "about.language": {"en": "Language", "de": "Sprache", "fi": "Kieli"},
    "about.reach": {
        "en": "How we reach you",
        "de": "Wie wir Sie erreichen",
        "fi": "Miten tavoitamme sinut",
    },
    "about.place": {"en": "Where you are", "de": "Wo Sie sind", "fi": "Missä olet"},
    "about.near": {"en": "near $street", "de": "nahe $street", "fi": "lähellä: $street"},
    "about.around": {
        "en": "around $lat, $lon",
        "de": "ungefähr bei $lat, $lon",
        "fi": "noin $lat, $lon",
    },
    "about.time": {"en": "Your time", "de": "Ihre Zeit", "fi": "Aikasi"},
    "about.busy": {
        "en": "busy times that we know: $count",
        "de": "belegte Zeiten, die wir kennen: $count",
        "fi": "tiedossamme olevia menoja: $count",
    },
    "about.booked": {"en": "Booked for you", "de": "Für Sie gebucht", "fi": "Varattu sinulle"},
    "about.insured": {"en": "Insurance policy", "de": "Versicherung", "fi": "Vakuutus"},
    "about.value": {
        "en": "What you have bought from us",
        "de": "Was Sie bei uns gekauft haben",
        "fi": "Mitä olet ostanut meiltä",
    },
    "about.seen": {
        "en": "Your browsers that we recognise",
        "de": "Ihre Browser, die wir wiedererkennen",
        "fi": "Selaimesi, jotka tunnistamme",
    },
    "about.use": {
        "en": "working $share\N{NO-BREAK SPACE}% of the time",
        "de": "funktioniert zu $share\N{NO-BREAK SPACE}% der Zeit",
        "fi": "toimii $share\N{NO-BREAK SPACE}% ajasta",
    },
    "about.yes": {"en": "yes, since $when", "de": "ja, seit $when", "fi": "kyllä, $when alkaen"},
    "about.no": {"en": "no, since $when", "de": "nein, seit $when", "fi": "ei, $when alkaen"},
    "about.silent": {
        "en": "You have said nothing yet. So you get word about what you have, and nothing else is "
        "kept or sent.",
        "de": "Sie haben noch nichts dazu gesagt. Sie hören also nur von dem, was Sie haben; sonst "
        "wird nichts gespeichert oder gesendet.",
        "fi": "Et ole vielä sanonut mitään. Saat siis viestejä vain siitä, mitä sinulla on; muuta "
        "ei tallenneta eikä lähetetä.",
    },
    "about.devices": {
        "en": "Messages about what you have",
        "de": "Nachrichten zu dem, was Sie haben",
        "fi": "Viestit siitä, mitä sinulla on",
    },
    "about.marketing": {"en": "Advertising", "de": "Werbung", "fi": "Mainonta"},
    "about.position": {
        "en": "Knowing where your telephone is",
        "de": "Wissen, wo Ihr Telefon ist",
        "fi": "Puhelimesi sijainti",
    },
    "about.web": {
        "en": "Knowing what you do on our web pages",
        "de": "Wissen, was Sie auf unseren Webseiten tun",
        "fi": "Toimintasi verkkosivuillamme",
    },
    "about.learning": {
        "en": "Learning what suits you",
        "de": "Lernen, was Ihnen passt",
        "fi": "Oppia, mikä sopii sinulle",
    },
    "about.last": {
        "en": "last on $when; in all: $count",
        "de": "zuletzt am $when; insgesamt: $count",
        "fi": "viimeksi $when; yhteensä: $count",
    },
    "about.nobody": {
        "en": "Nothing but this link.",
        "de": "Nichts außer diesem Link.",
        "fi": "Emme mitään, paitsi tämän linkin.",
    },
    "about.rights": {
        "en": "You may have all of it as a file, have it corrected, or have it erased: answer the "
        "message that brought you here, and say which.",
        "de": "Sie können alles als Datei bekommen, berichtigen oder löschen lassen: Antworten Sie "
        "auf die Nachricht, die Sie hierher brachte, und sagen Sie, was.",
        "fi": "Voit saada kaiken tiedostona, korjauttaa tai poistattaa sen: vastaa viestiin, joka "
        "toi sinut tänne, ja kerro mitä haluat.",
    },
    "state.held": {"en": "reserved", "de": "reserviert", "fi": "varattu"},
    "state.confirming": {"en": "booking", "de": "wird gebucht", "fi": "tilataan"},
    "state.confirmed": {"en": "booked", "de": "gebucht", "fi": "tilattu"},
    "state.declined": {"en": "left out", "de": "abgewählt", "fi": "jätetty pois"},
    "state.released": {"en": "cancelled", "de": "storniert", "fi": "peruttu"},
    "state.failed": {"en": "not available", "de": "nicht verfügbar", "fi": "ei saatavilla"},
    "state.waiting": {"en": "in preparation", "de": "in Vorbereitung", "fi": "valmistellaan"},
    "leg.tow": {"en": "Tow truck", "de": "Abschleppwagen", "fi": "Hinausauto"},
    "leg.ride": {"en": "Ride", "de": "Fahrt", "fi": "Kyyti"},
    "leg.rental": {"en": "Rental car", "de": "Mietwagen", "fi": "Vuokra-auto"},
    "leg.slot": {"en": "Service appointment", "de": "Werkstatttermin", "fi": "Huoltoaika"},
    "leg.cover": {"en": "Insurance", "de": "Versicherung", "fi": "Vakuutus"},
}  # fmt: skip
