"""Unsubscribe words: what stands below an e-mail, and on the page that its link opens."""

TEXTS: dict[str, dict[str, str]] = {
    "mail.unsubscribe": {
        "en": "No more e-mails like this: $link",
        "de": "Keine solchen E-Mails mehr: $link",
        "fi": "Ei enää tällaisia viestejä: $link",
    },
    "mail.unsubscribe.short": {
        "en": "No more e-mails like this",
        "de": "Keine solchen E-Mails mehr",
        "fi": "Ei enää tällaisia viestejä",
    },
    "stop.title.ask": {
        "en": "No more e-mails?",
        "de": "Keine E-Mails mehr?",
        "fi": "Ei enää viestejä?",
    },
    "stop.lead.ask": {
        "en": "What is arranged for you stays as it is.",
        "de": "Was für Sie vereinbart ist, bleibt bestehen.",
        "fi": "Sinulle sovitut asiat pysyvät ennallaan.",
    },
    "stop.title.done": {
        "en": "Done",
        "de": "Erledigt",
        "fi": "Tehty",
    },
    "stop.lead.done.purpose": {
        "en": "You get no more offers of this sort from us.",
        "de": "Sie bekommen keine solchen Angebote mehr von uns.",
        "fi": "Et saa meiltä enää tällaisia tarjouksia.",
    },
    "stop.lead.done.address": {
        "en": "We do not write to this e-mail address any more.",
        "de": "Wir schreiben nicht mehr an diese E-Mail-Adresse.",
        "fi": "Emme kirjoita enää tähän sähköpostiosoitteeseen.",
    },
    "stop.lead.done.resumed": {
        "en": "We write to this e-mail address again.",
        "de": "Wir schreiben wieder an diese E-Mail-Adresse.",
        "fi": "Kirjoitamme taas tähän sähköpostiosoitteeseen.",
    },
    "stop.purpose": {
        "en": "No more offers of this sort",
        "de": "Keine solchen Angebote mehr",
        "fi": "Ei enää tällaisia tarjouksia",
    },
    "stop.address": {
        "en": "No e-mails to this address at all",
        "de": "Gar keine E-Mails an diese Adresse",
        "fi": "Ei lainkaan viestejä tähän osoitteeseen",
    },
    "stop.resume": {
        "en": "Write to this address again",
        "de": "Wieder an diese Adresse schreiben",
        "fi": "Kirjoittakaa taas tähän osoitteeseen",
    },
    "stop.title.bad_link": {
        "en": "This link does not work",
        "de": "Dieser Link funktioniert nicht",
        "fi": "Linkki ei toimi",
    },
    "stop.lead.bad_link": {
        "en": "Please use the link of a newer letter, or answer it with a word.",
        "de": "Bitte nehmen Sie den Link einer neueren Nachricht, oder antworten Sie auf sie.",
        "fi": "Käytä uudemman viestin linkkiä tai vastaa viestiin.",
    },
    "stop.title.trouble": {
        "en": "That did not work just now",
        "de": "Das ging gerade nicht",
        "fi": "Se ei juuri nyt onnistunut",
    },
    "stop.lead.trouble": {
        "en": "Nothing was changed. Please try again in a minute.",
        "de": "Nichts wurde geändert. Bitte versuchen Sie es in einer Minute noch einmal.",
        "fi": "Mitään ei muutettu. Yritä hetken kuluttua uudelleen.",
    },
}
