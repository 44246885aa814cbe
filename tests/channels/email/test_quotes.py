"""What a customer newly wrote, apart from what their mail program put around it."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, strategies as st

from services.channels._email_mime import plain_of
from services.channels._email_quotes import folded

ROSIE = "Rosie <hello@rosies.example>"

ANSWERS = {
    "en gmail": f"Thanks!\n\nOn Mon, Nov 2, 2026 at 10:01 AM {ROSIE} wrote:\n\n> Hello\n> there\n",
    "en apple": f"Thanks!\n\nSent from my iPhone\n\n> On 2 Nov 2026, at 10:01, {ROSIE} wrote:\n> \n> Hello\n",
    "en wrapped": "Thanks!\n\nOn Mon, Nov 2, 2026 at 10:01 AM Rosie of the Bakery at the Corner\n<hello@rosies.example> wrote:\n\n> Hi\n",
    "en outlook": "Thanks!\n\n-----Original Message-----\nFrom: Rosie\nSent: Monday\nTo: me\nSubject: x\n\nHello",
    "en outlook new": f"Thanks!\n\n________________________________\nFrom: {ROSIE}\nSent: Monday, November 2, 2026\nTo: Marta\nSubject: Re: x\n\nHi",
    "de gmail": f"Danke!\n\nAm Mo., 2. Nov. 2026 um 10:01 Uhr schrieb {ROSIE}:\n\n> Hallo\n",
    "de thunderbird": "Danke!\n\nAm 02.11.26 um 10:01 schrieb Rosie:\n> Hallo\n",
    "de outlook": f"Danke!\n\nVon: {ROSIE}\nGesendet: Montag, 2. November 2026 10:01\nAn: Marta\nBetreff: AW: x\n\nHallo",
    "de gmx": "Danke!\n\nGesendet: Montag, 2. November 2026 um 10:01 Uhr\nVon: Rosie <r@x>\nAn: m@x\nBetreff: Re: x\nHallo",
    "fr gmail": f"Merci !\n\nLe lun. 2 nov. 2026 à 10:01, {ROSIE} a écrit :\n\n> Bonjour\n",
    "fr wrapped": f"Merci !\n\nLe lun. 2 nov. 2026 à 10:01, {ROSIE}\na\u00a0écrit\u00a0:\n\n> Bonjour\n",
    "fr outlook": f"Merci !\n\nDe : {ROSIE}\nEnvoyé : lundi 2 novembre 2026 10:01\nÀ : Marta\nObjet : RE: x\n\nBonjour",
    "es gmail": "¡Gracias!\n\nEl lun, 2 nov 2026 a las 10:01, Rosie (<hello@rosies.example>) escribió:\n\n> Hola\n",
    "es outlook": f"¡Gracias!\n\nDe: {ROSIE}\nEnviado el: lunes, 2 de noviembre de 2026 10:01\nPara: Marta\nAsunto: RE: x\n\nHola",
    "it gmail": f"Grazie!\n\nIl giorno lun 2 nov 2026 alle ore 10:01 {ROSIE} ha scritto:\n\n> Ciao\n",
    "it apple": f"Grazie!\n\nIl 2 nov 2026, alle 10:01, {ROSIE} ha scritto:\n\n> Ciao\n",
    "it outlook": f"Grazie!\n\nDa: {ROSIE}\nInviato: lunedì 2 novembre 2026 10:01\nA: Marta\nOggetto: R: x\n\nCiao",
    "pt gmail": f"Obrigada!\n\nEm seg., 2 de nov. de 2026 às 10:01, {ROSIE}\nescreveu:\n\n> Olá\n",
    "pt outlook": f"Obrigada!\n\nDe: {ROSIE}\nEnviada em: segunda-feira, 2 de novembro de 2026 10:01\nPara: Marta\nAssunto: RES: x\n\nOlá",
    "nl": f"Bedankt!\n\nOp ma 2 nov 2026 om 10:01 schreef {ROSIE}:\n\n> Hoi\n",
    "ja": f"ありがとう\n\n2026年11月2日(月) 10:01 {ROSIE}:\n\n> こんにちは\n",
}  # fmt: skip


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_the_quote_below_is_folded(text: str) -> None:
    new, rest = folded(text)
    assert new.strip() == text.partition("\n")[0]
    assert rest


KEPT = {
    "answers between": "On Mon, Nov 2, 2026 at 10:01 AM Rosie wrote:\n> Which day?\n\nTuesday.\n\n> How many?\n\nTwo.",
    "forwarded": "See below\n\n---------- Forwarded message ---------\nFrom: Bob\nDate: Mon\nSubject: y\nTo: z\n\nIt was bad",
    "only a quote": "> Hello\n> there",
    "prose with a colon": "I ordered on Monday:\n2 cakes\n3 breads",
    "prose that says wrote": "On Monday I ordered 3 cakes and I wrote:\nno nuts please!",
    "a list with dashes": "Please:\n-- two cakes\n-- no nuts",
    "from in prose": "From: the bakery\nTo: my table, it took an hour.",
    "a quote of somebody": "Your sign says\n> fresh every day\nand it was not.",
}  # fmt: skip


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_nothing_is_folded_where_it_is_what_they_say(text: str) -> None:
    assert folded(text) == (text, "")


def test_a_forwarded_mail_is_told_by_its_subject_too() -> None:
    text = "Look\n\nVon: Bob\nGesendet: Montag\nAn: Marta\nBetreff: Beschwerde\n\nEs war schlecht"
    assert folded(text, "WG: Beschwerde") == (text, "")
    assert folded(text, "AW: Beschwerde")[0] == "Look"


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("Hello\n-- \nMarta\nTel. 123", "Hello"),
        ("Hello\n\nVon meinem iPhone gesendet", "Hello"),
        ("Bonjour\n\nEnvoyé de mon iPhone", "Bonjour"),
        ("Hola\n\nEnviado desde mi Samsung", "Hola"),
        ("Ciao\n\nInviato da iPhone", "Ciao"),
        ("Olá\n\nEnviado do meu iPhone", "Olá"),
        ("Hi\n\nGet Outlook for Android", "Hi"),
        ("Kind regards\nMarta", "Kind regards\nMarta"),
        ("Sent from my iPhone", "Sent from my iPhone"),
    ],
)
def test_signatures(text: str, new: str) -> None:
    assert folded(text)[0].strip() == new


def test_the_answer_below_the_quote() -> None:
    assert folded("On Mon, 2 Nov 2026 Rosie wrote:\n> Which day?\n\nTuesday.")[0].strip() == "Tuesday."


GMAIL = """<div>Thanks!</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Nov 2, 2026 at 10:01 AM
Rosie &lt;<a href="mailto:r@x.example">r@x.example</a>&gt; wrote:<br></div><blockquote class="gmail_quote">Hello</blockquote></div>"""
OUTLOOK_WEB = """<p>Thanks!</p><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> Rosie<br><b>Gesendet:</b> Montag</div>
<p>Hallo</p>"""
OUTLOOK = """<p>Thanks!</p><div style='border-top:solid #E1E1E1 1.0pt'><p><b>From:</b> Rosie &lt;r@x&gt;<br><b>Sent:</b> Monday<br>
<b>To:</b> Marta<br><b>Subject:</b> RE: x</p></div><p>Hello</p>"""
THUNDERBIRD = """<p>Thanks!</p><div class="moz-cite-prefix">Am 02.11.26 um 10:01 schrieb Rosie:<br></div>
<blockquote type="cite">Hallo</blockquote>"""
ABOVE = """<blockquote type="cite"><p>Which day?</p></blockquote><p>Thanks!</p>"""


@pytest.mark.parametrize("html", [GMAIL, OUTLOOK_WEB, OUTLOOK, THUNDERBIRD, ABOVE])
def test_html(html: str) -> None:
    new, rest = folded(plain_of(html))
    assert new.strip() == "Thanks!"
    assert rest


WORDS = st.sampled_from(
    [
        *ANSWERS.values(),
        *KEPT.values(),
        "> x",
        "-- ",
        "On 1 x wrote:",
        "",
        "Hello",
        "From: a",
        "To: b",
        "Sent: 1",
    ]
)


@given(st.lists(WORDS, max_size=12).map("\n".join))
def test_both_halves_are_the_whole(text: str) -> None:
    new, rest = folded(text)
    assert new.strip() or not text.strip()
    assert sorted(line for line in text.split("\n") if line.strip()) == sorted(
        line for line in f"{new}\n{rest}".split("\n") if line.strip()
    )


@pytest.mark.parametrize(
    "piece",
    ["On ", ":\n", "> ", "On a\nb\nc\nd:\n", "a 1 wrote 1 ", "From: a\n", "-- \n", "\n", "<blockquote>"],
)
def test_quick_on_texts_built_to_be_slow(piece: str) -> None:
    text = piece * (90_000 // len(piece))
    began = time.thread_time()
    folded(text)
    plain_of(text[:20_000])
    assert time.thread_time() - began < 2.0
