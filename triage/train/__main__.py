"""``python -m triage.train [--data FOLDER]``: fits the model, writes ``resources/triage/model.bin`` and the
model card. Without ``--data`` it learns from our own corpus alone."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from services.triage.complaints import WEIGHTS, WORDS
from services.triage.lexicon import Lexicon
from triage.train import card
from triage.train.calibrate import calibrated
from triage.train.fit import Fit
from triage.train.sources import NEVER_FITTED, collected, corpus

PROJECT = Path(__file__).resolve().parents[2]


def main() -> int:
    parser = argparse.ArgumentParser(prog="triage.train", description=__doc__)
    parser.add_argument(
        "--data", type=Path, help="folder of the labelled collections (complaints_train.csv ...)"
    )
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    parser.add_argument("--card", type=Path, default=PROJECT / "docs" / "model-card.md")
    options = parser.parse_args()
    lexicon = Lexicon.load(WORDS)
    texts = corpus(part="train") + collected(options.data, part="train")
    fit = Fit(lexicon)
    fit.run([one for one in texts if one.source not in NEVER_FITTED])
    held_back = corpus(part="test") + collected(options.data, part="dev")
    options.out.write_bytes(calibrated(fit, lexicon, held_back))
    print(f"{options.out}: {options.out.stat().st_size:,} bytes", file=sys.stderr)
    page = card.written(texts, held_back)
    options.card.write_text(page, encoding="utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    sys.exit(main())
