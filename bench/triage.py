"""What judging costs: loading the model, one message, its file, learning from two hundred corrections."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.measure import PROJECT, Figure, Session, environment
from services.triage.complaints import WEIGHTS, ComplaintModel

LOAD = """
import time
from services.triage.complaints import shipped
began = time.process_time()
shipped()
print((time.process_time() - began) * 1000)
"""
TEXTS = (
    "We came in on Saturday for the birthday cake, and it was not ready although it was ordered for ten.",
    "@rosies do you have the dark rye on Mondays?",
    "Wunderbares Brot, immer freundlich, gerne wieder!",
    "Bonjour, j'attends toujours une réponse à mon message de lundi. Pouvez-vous me rappeler ?",
    "ok",
)
MANY = 400


def _load_ms() -> float:
    done = subprocess.run(
        [sys.executable, "-c", LOAD],
        cwd=PROJECT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def _judge_ms(model: ComplaintModel, texts: list[str]) -> float:
    began = time.thread_time()
    for text in texts:
        model.judge(text)
    return (time.thread_time() - began) * 1000 / len(texts)


def _learn_ms() -> float:
    model = ComplaintModel()
    for number in range(199):
        model.remember(f"{TEXTS[number % len(TEXTS)]} number {number} of the week", number % 2)
    began = time.thread_time()
    model.correct("and one more that says the bread was late", 1)
    return (time.thread_time() - began) * 1000


def run(session: Session) -> list[Figure]:
    loads = [_load_ms() for _ in range(session.runs + 1)][1:]
    model = ComplaintModel()
    short = [f"{text} {number}" for number in range(MANY // len(TEXTS)) for text in TEXTS]
    long = [" ".join(TEXTS[:4]) * 2 + f" {number}" for number in range(50)]
    return [
        Figure("triage", "loading the model, CPU", "ms", loads, 50),
        Figure(
            "triage", "one message, CPU", "ms", [_judge_ms(model, short) for _ in range(session.runs)], 1, 0.5
        ),
        Figure(
            "triage",
            "one of 120 words, CPU",
            "ms",
            [_judge_ms(model, long) for _ in range(session.runs)],
            1,
            0.5,
        ),
        Figure("triage", "its file", "MB", [WEIGHTS.stat().st_size / 1e6], 1.5),
        Figure("triage", "one more correction after 199, CPU", "ms", [_learn_ms() for _ in range(3)], 1000),
    ]
