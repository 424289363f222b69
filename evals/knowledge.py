"""How well callers' questions find the executive's preferences: `antesala bench knowledge`.

The set is the project's own: questions.yaml over the office in office/; nothing is fitted on it. The calibration is
fitted on questions_fitted.yaml (``python -m evals.knowledge --fit``). Beside it, in the same run: Chroma with dense
search alone, and BM25 alone. Thresholds of all three are set in the same way, on the questions that fit.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import chromadb
import numpy as np
import torch
import yaml
from chromadb.config import Settings
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from calls.words import LANGUAGES, Circle, Language, Preference
from evals.recall_speed import speed
from knowledge.embedding import E5, ChromaEmbedding, FastSentence, Rows
from knowledge.index import Index, entries
from knowledge.meaning import Meaning
from knowledge.measured import write
from knowledge.office_folder import read_office
from knowledge.recall import Calibration, Memory
from knowledge.topics import Topics
from knowledge.wording import all_words, fold

HERE = Path(__file__).parent
DAY = date(2026, 11, 23)
FALSE_AT_FITTING = 0.03
"""The threshold leaves this share of the unanswerable questions that it is fitted on an answer."""
RIDGE = 0.03
"""What keeps the heads of the topics small."""
FIRST, IN_THREE, FALSE = 0.92, 0.98, 0.05

Ranked = list[tuple[str, float]]
Asks = Callable[[str, Language], Ranked]


@dataclass(frozen=True, slots=True)
class Question:
    """`right` is empty when nothing on file answers it."""

    text: str
    language: Language
    right: frozenset[str]


@dataclass(frozen=True, slots=True)
class Result:
    """Shares of the questions. `answered`: the right one comes first and is sure enough to be spoken."""

    name: str
    first: float
    in_three: float
    crossing: float
    answered: float
    wrong: float
    false: float


def questions(name: str = "questions") -> list[Question]:
    """Those with an answer on file first."""
    listed = yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))
    found = []
    for each in (*listed["answered"], *listed["unanswered"]):
        language: Language = next(known for known in LANGUAGES if known in each)
        right = frozenset([each["is"], *each.get("also", [])]) if "is" in each else frozenset[str]()
        found.append(Question(each[language], language, right))
    return found


# --- who is asked -----------------------------------------------------------------------------------


def ours(memory: Memory) -> Asks:
    def ask(text: str, language: Language) -> Ranked:
        return [(each.preference.id, each.score) for each in memory.recall(text, Circle.INNER, language, DAY).matches]

    return ask


def dense_alone(preferences: Sequence[Preference], e5: E5, folder: Path) -> Asks:
    """Chroma as its tutorial uses it, with the same multilingual E5."""
    client = chromadb.PersistentClient(folder, Settings(anonymized_telemetry=False))
    embedding: Any = ChromaEmbedding(e5)
    collection = client.create_collection(
        "plain", embedding_function=embedding, configuration={"hnsw": {"space": "cosine"}}
    )
    listed = entries(preferences)
    collection.add(ids=[entry.id for entry in listed], documents=[entry.text for entry in listed])

    def ask(text: str, language: Language) -> Ranked:
        found = collection.query(query_texts=[text], n_results=12, include=["distances"])
        distances = found["distances"] or [[]]
        best: dict[str, float] = {}
        for id_, distance in zip(found["ids"][0], distances[0], strict=True):
            best.setdefault(id_.rsplit(":", 1)[0], 1 - distance)
        return list(best.items())

    return ask


def bm25_alone(preferences: Sequence[Preference]) -> Asks:
    """BM25 (k1 1.2, b 0.75) over folded words, a document for each preference."""
    documents = {each.id: [*each.text.values(), each.when or ""] for each in preferences}
    bags = {id_: Counter(all_words(fold(" ".join(texts)))) for id_, texts in documents.items()}
    usual = sum(bag.total() for bag in bags.values()) / len(bags)

    def weight(bag: Counter[str], word: str) -> float:
        held = sum(word in other for other in bags.values())
        rarity = math.log(1 + (len(bags) - held + 0.5) / (held + 0.5))
        return rarity * bag[word] * 2.2 / (bag[word] + 1.2 * (0.25 + 0.75 * bag.total() / usual))

    def ask(text: str, language: Language) -> Ranked:
        words = set(all_words(fold(text)))
        scores = {id_: sum(weight(bag, word) for word in words if word in bag) for id_, bag in bags.items()}
        return sorted(scores.items(), key=lambda pair: -pair[1])[:5]

    return ask


# --- measuring --------------------------------------------------------------------------------------


def measure(name: str, ask: Asks, written: dict[str, set[Language]]) -> Result:
    sure = _threshold(ask, questions("questions_fitted"))
    asked = [(question, ask(question.text, question.language)) for question in questions()]
    known = [(question, ranked) for question, ranked in asked if question.right]
    strange = [ranked for question, ranked in asked if not question.right]
    crossing = [pair for pair in known if not any(pair[0].language in written[id_] for id_ in pair[0].right)]
    spoken = [(question, ranked) for question, ranked in known if ranked and ranked[0][1] > sure]
    right = [pair for pair in spoken if pair[0].right & {pair[1][0][0]}]
    return Result(
        name, _share(known, 1), _share(known, 3), _share(crossing, 1), len(right) / len(known),
        (len(spoken) - len(right)) / len(known), sum(bool(r) and r[0][1] > sure for r in strange) / len(strange),
    )  # fmt: skip


def _share(known: Sequence[tuple[Question, Ranked]], first: int) -> float:
    """How often a right one is among the `first`."""
    return sum(bool(question.right & {id_ for id_, _ in ranked[:first]}) for question, ranked in known) / len(known)


def _threshold(ask: Asks, asked: Sequence[Question]) -> float:
    answers = [ask(each.text, each.language) for each in asked if not each.right]
    return float(np.quantile([ranked[0][1] if ranked else 0.0 for ranked in answers], 1 - FALSE_AT_FITTING))


def run(out: Path, fast: bool = False) -> int:
    """Prints tables, writes knowledge.json into `out`; how many bars were missed. `fast` leaves the speed out."""
    out.mkdir(parents=True, exist_ok=True)
    office, e5, fast_encoder = read_office(HERE / "office"), E5(), FastSentence()
    preferences, executive = office.preferences, office.policy.executive
    meaning = Meaning(((e5, 1.0), (fast_encoder, 0.5)))
    written = {each.id: set(each.text) for each in preferences}
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        index = Index(Path(folder) / "ours", meaning)
        memory = Memory(preferences, index, meaning, Topics(meaning), executive=executive)
        memory.index()
        heard = [each for each in preferences if each.audience != "nobody"]
        contenders = {
            "antesala": ours(memory),
            "chroma dense alone": dense_alone(heard, e5, Path(folder) / "plain"),
            "bm25 alone": bm25_alone(heard),
        }
        results = [measure(name, ask, written) for name, ask in contenders.items()]
        Console().print(_table(results))
        asked = [(each.text, each.language) for each in questions()]
        speeds = [] if fast else speed(preferences, (e5, fast_encoder), asked, Path(folder))
    report = {"results": [asdict(each) for each in results], "speed": [asdict(each) for each in speeds]}
    (out / "knowledge.json").write_text(json.dumps(report, indent=1))
    best = results[0]
    missed = [best.first < FIRST, best.in_three < IN_THREE, best.false > FALSE, *(not each.holds for each in speeds)]
    return sum(missed)


def _table(results: Sequence[Result]) -> Table:
    known = sum(bool(each.right) for each in questions())
    table = Table(title=f"Recall: {known} questions with an answer on file, {len(questions()) - known} without")
    for column in ("", "right first", "in first 3", "crossing", "answered", "wrong", "false answers"):
        table.add_column(column, justify="right" if column else "left")
    for each in results:
        shares = (each.first, each.in_three, each.crossing, each.answered, each.wrong, each.false)
        table.add_row(each.name, *(f"{share:.1%}" for share in shares))
    return table


# --- fitting ----------------------------------------------------------------------------------------


def fit() -> Calibration:
    """The calibration that questions_fitted.yaml asks for: weights by rank, then chance by logistic regression."""
    office, asked = read_office(HERE / "office"), questions("questions_fitted")
    meaning = default_meaning()
    topics = Topics(meaning)
    tried: list[tuple[float, Calibration]] = []
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        index = Index(Path(folder), meaning)
        for words, subjects in product((0.2, 0.3, 0.4), (0.5, 0.7, 0.9)):
            memory = Memory(
                office.preferences, index, meaning, topics, Calibration(words, subjects), office.policy.executive
            )
            memory.index()
            ranked = [memory.scored(each.text, Circle.INNER, each.language, DAY) for each in asked]
            right = [each.best[0][0].id in question.right for question, each in zip(asked, ranked, strict=True)]
            first = sum(right) / sum(bool(question.right) for question in asked)
            signs = np.array([[1.0, each.best[0][1], each.clear] for each in ranked])
            fitted = _chance(signs, np.array(right), np.array([not question.right for question in asked]))
            tried.append((first, Calibration(words, subjects, *fitted)))
            print(f"{first:.3f} {tried[-1][1]}")
    return max(tried, key=lambda pair: pair[0])[1]


def _chance(x: NDArray[np.float64], y: NDArray[np.bool_], strange: NDArray[np.bool_]) -> list[float]:
    """A weight for each column of `x` by a ridge logistic regression of `y` (Newton), and the threshold."""
    w = np.zeros(x.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-x @ w))
        w = w + np.linalg.solve((x.T * (p * (1 - p))) @ x + 0.05 * np.eye(len(w)), x.T @ (y - p) - 0.05 * w)
    chance: NDArray[np.float64] = 1 / (1 + np.exp(-x @ w))
    return [*map(float, w), float(np.quantile(chance[strange], 1 - FALSE_AT_FITTING))]


def default_meaning() -> Meaning:
    return Meaning(((E5(), 1.0), (FastSentence(), 0.5)))


def measure_sentences() -> None:
    """Writes the vectors that are the same for every office (knowledge/measured.npz)."""
    meaning = default_meaning()
    topics = Topics(meaning)
    rows = {"about": topics.about_rows(), "asked": topics.asked_rows(), "heads": heads(*topics.ways_to_ask())}
    write(meaning.name, {**meaning.means(), **rows})


def heads(rows: Rows, of: NDArray[np.int64]) -> Rows:
    """A linear head a topic, its bias last, by softmax regression of topic on row with a ridge of RIDGE."""
    x, y = torch.from_numpy(np.hstack([rows, np.ones((len(rows), 1), dtype=np.float32)])), torch.from_numpy(of)
    weights = torch.zeros(int(of.max()) + 1, x.shape[1], requires_grad=True)
    steps = torch.optim.LBFGS([weights], max_iter=200, history_size=10)

    def loss() -> torch.Tensor:
        steps.zero_grad()
        found = torch.nn.functional.cross_entropy(x @ weights.T, y, reduction="sum") + RIDGE / 2 * (weights**2).sum()
        found.backward()  # type: ignore[no-untyped-call]
        return found

    steps.step(loss)  # type: ignore[no-untyped-call]
    fitted: Rows = weights.detach().numpy()
    return fitted


if __name__ == "__main__":
    if "--measure" in sys.argv:
        measure_sentences()
    elif "--fit" in sys.argv:
        print(fit())
    else:
        raise SystemExit(run(Path("out"), fast="--fast" in sys.argv))
