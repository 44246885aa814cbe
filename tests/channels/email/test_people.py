"""Who wrote, and whether a person did."""

from __future__ import annotations

import pytest

from services.model import Direction
from tests.channels.email.mails import SHOP, mail
from tests.channels.email.test_corpus import read


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-generated"},
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Away"},
        {"Precedence": "bulk"},
        {"Precedence": "auto_reply"},
        {"List_Id": "News <news.mill.example>"},
        {"List_Unsubscribe": "<https://mill.example/off>"},
        {"Return_Path": "<>"},
    ],
    ids=str,
)
def test_programs(headers: dict[str, str]) -> None:
    assert read(mail(message_id="<1@mail.example>", **headers).as_bytes()).is_automatic


DAEMONS = [
    "MAILER-DAEMON@mx.example",
    "no-reply@shop.example",
    "Shop <do-not-reply@shop.example>",
    "postmaster@mx.example",
]
AWAY = [
    "Automatic reply: Hello",
    "Abwesenheitsnotiz",
    "Réponse automatique : x",
    "Respuesta automática: x",
    "Risposta automatica: x",
    "Resposta automática: x",
]


@pytest.mark.parametrize("sender", DAEMONS)
def test_programs_by_their_address(sender: str) -> None:
    assert read(mail(sender=sender).as_bytes()).is_automatic


@pytest.mark.parametrize("subject", AWAY)
def test_out_of_office_by_its_subject(subject: str) -> None:
    assert read(mail(subject=subject).as_bytes()).is_automatic


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Auto_Submitted": "no"},
        {"Precedence": "first-class"},
        {"X_Mailer": "Gmail"},
        {"Feedback_ID": "x"},
    ],
    ids=str,
)
def test_people(headers: dict[str, str]) -> None:
    assert not read(mail(message_id="<1@mail.example>", **headers).as_bytes()).is_automatic


def test_a_group_address_of_our_own_brings_customers() -> None:
    """info@ as a group: each customer's mail comes marked as from a list."""
    heard = read(
        mail(
            List_Id="<info.rosies.example>", List_Unsubscribe="<https://x.example>", Precedence="list"
        ).as_bytes()
    )
    assert not heard.is_automatic


@pytest.mark.parametrize("sender", [SHOP, "Website <wordpress@rosies.example>", "noreply@forms.example"])
@pytest.mark.parametrize("headers", [{}, {"Auto_Submitted": "auto-generated"}], ids=["plain", "marked"])
def test_contact_forms(sender: str, headers: dict[str, str]) -> None:
    heard = read(mail(sender=sender, Reply_To="Marta Weber <marta@mail.example>", **headers).as_bytes())
    assert heard.direction is Direction.INBOUND
    assert (heard.author.name, heard.author.handle) == ("Marta Weber", "marta@mail.example")
    assert heard.reply_context["to"] == "marta@mail.example"
    assert not heard.is_automatic
    assert heard.can_reply


def test_a_form_that_names_no_customer_cannot_be_answered() -> None:
    heard = read(mail("Name: Marta", sender=SHOP).as_bytes())
    assert heard.direction is Direction.INBOUND
    assert not heard.can_reply


def test_a_copy_of_our_own_mail_is_ours() -> None:
    heard = read(mail(sender=SHOP, to="marta@mail.example").as_bytes())
    assert heard.direction is Direction.OUTBOUND


def test_threads_hang_on_ids_alone() -> None:
    one = read(mail(subject="Question", message_id="<1@mail.example>").as_bytes())
    other = read(mail(subject="Question", message_id="<2@mail.example>").as_bytes())
    assert one.conversation_key != other.conversation_key
    only_direct = mail(message_id="<3@mail.example>")
    only_direct["In-Reply-To"] = "<1@mail.example>"
    answer = read(only_direct.as_bytes())
    assert (answer.conversation_key, answer.parent_id) == ("<1@mail.example>", "<1@mail.example>")
    chain = read(mail(message_id="<4@x>", references="<1@mail.example> <9@x> <3@mail.example>").as_bytes())
    assert (chain.conversation_key, chain.parent_id) == ("<1@mail.example>", "<3@mail.example>")


def test_a_stranger_whose_domain_ends_like_ours_is_a_stranger() -> None:
    heard = read(mail(sender="Eve <eve@notrosies.example>", Reply_To="x@mail.example").as_bytes())
    assert heard.author.handle == "eve@notrosies.example"
    assert heard.reply_context["to"] == "x@mail.example"
