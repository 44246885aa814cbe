"""The shipped model and what corrections do to it."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from math import sqrt
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import given, strategies as st

from services.triage import ComplaintModel, Triage, complaint_scores, spam_scores
from services.triage.complaints import WEIGHTS, Correction, shipped
from services.triage.linear import ONE, narrow, widen
from services.triage.personal import sorts
from services.triage.tokens import features, flags

PROJECT = Path(__file__).resolve().parents[3]
DATA = PROJECT.parent / "shared" / "data" / "complaints"
TEXTS = [
    "The cake was dry and nobody answered my call.",
    "Thank you, the bread was lovely as ever!",
    "Do you open on Sunday?",
    "Ordered for eleven, it came at ten past one.",
    "Die Lieferung kam drei Tage zu spät, und keiner ruft zurück.",
    "Buongiorno, fate anche torte senza glutine?",
    "https://spam.example WIN a prize now!!!",
    "ok",
]


def test_what_is_looked_up_is_what_was_counted() -> None:
    linear = shipped().linear
    mask = (1 << int(linear.header["bits"])) - 1
    for text in [*TEXTS, TEXTS[0] * 200]:
        found = features(text)
        facts = [0.25, *flags(text)]
        logits, said = linear.logits(text, [0.25])
        assert said == facts
        for at, (table, decoded) in enumerate(linear._tables):
            own = sum(decoded[table[crc32(one.encode()) & mask]] for one in found) / sqrt(len(found)) / ONE
            weights, bias = linear.header["flags"][at], linear.header["bias"][at]
            expected = own + sum(w * f for w, f in zip(weights, facts, strict=True)) + bias
            assert logits[at] == pytest.approx(expected, abs=1e-9)  # the same whole numbers


@given(st.floats(-3, 3), st.floats(3, 9))
def test_a_byte_keeps_a_weight_nearly(weight: float, biggest: float) -> None:
    kept = widen(biggest)[narrow(weight, biggest)]
    assert abs(kept - weight) <= 0.02 * biggest
    assert kept * weight >= 0


@given(st.text(max_size=300))
def test_every_text_has_scores(text: str) -> None:
    (complaint,), (spam,) = complaint_scores([text]), spam_scores([text])
    assert 0 <= complaint <= 1
    assert 0 <= spam <= 1
    verdict = ComplaintModel().judge(text)
    assert all(reason in text for reason in verdict.reasons)


def test_no_text_is_too_long_or_too_strange() -> None:
    for text in ("a" * 100_000, "word " * 50_000, "\x00\ud800" * 50, "🙃" * 5000, "ن" * 3000, "\n" * 9000):
        began = time.thread_time()
        assert len(complaint_scores([text])) == 1
        assert time.thread_time() - began < 1


def test_it_is_small_and_quick() -> None:
    assert WEIGHTS.stat().st_size < 1_500_000
    load = (
        "import time; from services.triage.complaints import shipped; began = time.process_time(); shipped();"
    )
    loads = [
        float(
            subprocess.run(
                [sys.executable, "-c", f"{load} print(time.process_time() - began)"],
                cwd=PROJECT,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
        for _ in range(3)
    ]
    assert min(loads) < 0.050
    model = ComplaintModel()
    texts = [f"{one} {number}" for one in TEXTS for number in range(40)]
    times = []
    for _ in range(3):
        began = time.thread_time()
        for text in texts:
            model.judge(text)
        times.append((time.thread_time() - began) / len(texts))
    assert min(times) < 0.001


def test_a_correction_is_felt_by_the_next_message_and_leaves_no_trace() -> None:
    model = ComplaintModel()
    before = model.score(TEXTS)
    assert before == complaint_scores(TEXTS)
    model.correct("Ordered for noon, it came at three.", 1)
    assert model.score([TEXTS[3]])[0] > before[3]
    model.correct(TEXTS[0], 0)
    assert model.score([TEXTS[0]])[0] < before[0]
    model.take_back(TEXTS[0])
    model.take_back("Ordered for noon, it came at three.")
    assert model.score(TEXTS) == before
    assert model.cutoff == ComplaintModel().cutoff
    assert model.corrections == ()


def test_the_later_word_counts() -> None:
    model, other = ComplaintModel(), ComplaintModel()
    model.correct("It is what it is.", 1)
    model.correct("It is what it is.", 0)
    other.correct("It is what it is.", 0)
    assert model.score(TEXTS) == other.score(TEXTS)
    assert model.corrections == (Correction("It is what it is.", 0),)


def test_the_order_of_looking_does_not_matter() -> None:
    model = ComplaintModel()
    told = [Correction(text, number % 2) for number, text in enumerate(TEXTS)]
    for one in told:
        model.correct(one.text, one.label)
    anew = ComplaintModel()
    anew.teach(told, [])
    assert anew.score(TEXTS) == model.score(TEXTS)


def test_a_hundred_wrong_corrections_are_undone_without_rest() -> None:
    chance = random.Random(4)
    texts = [f"{chance.choice(TEXTS)} {chance.randrange(10**6)}" for _ in range(100)]
    model = ComplaintModel()
    model.teach(
        [Correction(text, int(score < 0.5)) for text, score in zip(texts, model.score(texts), strict=True)],
        [],
    )
    assert model.score(TEXTS) != complaint_scores(TEXTS)
    model.teach([], [])
    assert model.score(TEXTS) == complaint_scores(TEXTS)


def test_the_bell_rings_no_oftener_for_chatter_after_corrections() -> None:
    model = ComplaintModel()
    chatter = list(shipped().chatter)
    assert len(chatter) >= 100
    before = sum(score >= model.cutoff for score in model.score(chatter[16:]))
    for text in chatter[:15]:
        # Somebody who calls everything a complaint.
        model.remember(text, 1)
    model.correct(chatter[15], 1)
    assert sum(score >= model.cutoff for score in model.score(chatter[16:])) <= before + 1


def test_corrections_in_another_trade_help() -> None:
    file = DATA / "complaints_dev.csv"
    if not file.is_file():
        pytest.skip("the labelled texts are not there")
    import csv

    with file.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["source"] == "airline"]
    gains = []
    for seed in (1, 2, 3):
        random.Random(seed).shuffle(rows)
        taught, rest = rows[:200], [row["text"] for row in rows[200:]]
        answers = [row["label"] == "1" for row in rows[200:]]
        model = ComplaintModel()
        before = sorts(model.score(rest), answers)
        model.teach([Correction(row["text"], int(row["label"])) for row in taught], [])
        gains.append(sorts(model.score(rest), answers) - before)
    assert min(gains) > 0
    assert sum(gains) / len(gains) > 0.01


def test_spam_is_learned_apart() -> None:
    model = ComplaintModel()
    text = "Our newsletter: forty kinds of flour, delivered to your door"
    before, complaint = model.spam_score([text])[0], model.score([text])
    model.correct_spam(text, 1)
    assert model.spam_score([text])[0] > before
    assert model.score([text]) == complaint


def test_judging_while_it_learns() -> None:
    model = ComplaintModel()
    failures: list[BaseException] = []
    stop = threading.Event()

    def judge() -> None:
        try:
            while not stop.is_set():
                model.judge(random.choice(TEXTS))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=judge) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(12):
        model.correct(f"{TEXTS[number % len(TEXTS)]} {number}", number % 2)
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures


def test_the_program_learns_what_the_owner_told() -> None:
    told: list[tuple[str, str]] = []
    triage = Triage(lambda: told)
    text = "Ordered for eleven, it came at ten past one."
    before = triage.judge(text).score
    told.append(("Ordered for noon, it came at three.", "complaint"))
    assert triage.judge(text).score == before
    triage.relearn()
    after = triage.judge(text).score
    assert after > before
    told.clear()
    triage.relearn()
    assert triage.judge(text).score == before
    told.append(("Ordered for noon, it came at three.", "complaint"))
    assert Triage(lambda: told).judge(text).score == after


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("What time do you close on Sundays?", "question"),
        ("Thank you so much, the cake was wonderful!", "praise"),
        ("Buy 10k real followers now https://growth.example limited offer!!!", "spam"),
        ("The waiter was rude and the soup was cold. I want my money back.", "complaint"),
    ],
)
def test_kinds_of_messages(text: str, label: str) -> None:
    assert ComplaintModel().judge(text).label == label


@pytest.mark.parametrize(
    "text", ["You are all idiots!", "Shut up you stupid cow", "Ihr Arschlöcher", "sei una stronza"]
)
def test_who_only_insults_complains_of_nothing(text: str) -> None:
    verdict = ComplaintModel().judge(text, is_to_us=True)
    assert verdict.label == "abuse"
    assert not verdict.is_complaint


def test_an_insult_with_a_reason_is_a_complaint() -> None:
    verdict = ComplaintModel().judge("You idiots charged me twice and nobody answers, I want my money back!")
    assert verdict.is_complaint


def test_what_the_list_does_not_know_is_quoted_in_a_row() -> None:
    text = "Used to be our place. The rolls were from the day before and nobody even said sorry."
    verdict = ComplaintModel().judge(text, stars=1)
    assert verdict.is_complaint
    assert verdict.reasons
    assert all(" " in reason and reason in text for reason in verdict.reasons)


def test_the_two_hundredth_correction_is_as_good_as_at_once() -> None:
    model = ComplaintModel()
    model.teach([Correction(f"{TEXTS[at % 8]} number {at} of it", at % 2) for at in range(199)], [])
    began = time.thread_time()
    model.correct("One more, and the bread was late.", 1)
    assert time.thread_time() - began < 1
