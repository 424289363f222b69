"""How well the voice is understood over the telephone, and how soon it is heard: `antesala bench voice`.

Each sentence is spoken, sent through 8 kHz µ-law, and written down again by Whisper base.
"""

from __future__ import annotations

import asyncio
import json
import re
import statistics
import time
import unicodedata
from contextlib import aclosing
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import soxr
from rich.console import Console
from rich.progress import track
from rich.table import Table

from audio.ears import open_ears
from audio.ears.mel import RATE as EARS_RATE
from audio.voice import VOICE_RATE, Engine, Voice
from audio.voice.kokoro import KokoroEngine
from audio.voice.kokoro_weights import why_not_natural
from audio.voice.pyttsx import PyttsxEngine
from audio.voice.sentences import ClauseVoice
from audio.voice.sound import Sound, from_pcm
from calls.words import LANGUAGES, Language
from evals.telephone import RATE, telephoned

BARS: dict[Language, float] = {"es": 0.05, "en": 0.10}
"""Word error rate of the natural voice must stay under these."""
SENTENCES: dict[Language, tuple[str, ...]] = {
    "es": (
        "Buenos días, soy Clara, la asistente de inteligencia artificial de la señora Vidal.",
        "¿En qué puedo ayudarle?",
        "Ahora mismo está reunida y no puede ponerse.",
        "¿Me dice su nombre, por favor?",
        "¿Y de qué se trata?",
        "¿A qué número podemos llamarle?",
        "Le repito el número: seis cero cero, uno uno uno, dos dos dos. ¿Es correcto?",
        "He tomado nota de su mensaje.",
        "Le llamaremos mañana antes de las doce de la mañana.",
        "Un momento, por favor. Estoy avisando a una persona.",
        "Lo siento, de eso no puedo opinar.",
        "La oficina abre de nueve de la mañana a seis y media de la tarde.",
        "Eso no lo sé con seguridad, pero puedo preguntarlo.",
        "Si quiere, puedo tomarle un recado.",
        "Gracias por esperar. Le paso ahora mismo.",
        "La reunión es el martes veinticuatro a las cuatro y media de la tarde.",
        "No le oigo bien. ¿Puede repetirlo, por favor?",
        "Los periodistas pueden escribir a prensa.",
        "¿Necesita alguna otra cosa?",
        "Gracias por llamar. Que tenga un buen día.",
    ),
    "en": (
        "Good morning, this is Clara, the AI assistant of the chief executive.",
        "How can I help you?",
        "She is in a meeting and cannot come to the phone right now.",
        "Could I have your name, please?",
        "And what is it about?",
        "What number can we call you on?",
        "Let me repeat the number: six zero zero, one one one, two two two. Is that right?",
        "I have noted your message.",
        "We will call you back tomorrow before noon.",
        "One moment, please. I am calling a person.",
        "I'm sorry, I can't give opinions on that.",
        "The office is open from nine in the morning to six thirty in the evening.",
        "I'm not certain, but I can ask.",
        "If you like, I can take a message.",
        "Thank you for waiting. I'm putting you through now.",
        "The meeting is on Tuesday the twenty-fourth at four thirty in the afternoon.",
        "I can't hear you well. Could you say that again, please?",
        "Journalists can write to the press office.",
        "Is there anything else I can do for you?",
        "Thank you for calling. Have a good day.",
    ),
}
DIGITS = {
    word: str(value)
    for words in (
        ["cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "once", "doce"],
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
    )
    for value, word in enumerate(words)
} | {"veinticuatro": "24", "twentyfourth": "24", "24th": "24", "thirty": "30", "media": "30"}


@dataclass(frozen=True, slots=True)
class Spoken:
    """One sentence by one voice. Times in seconds of wall time; `errors` and `words` make the word error rate."""

    voice: str
    language: Language
    text: str
    heard: str
    first: float
    took: float
    lasts: float
    errors: int
    words: int


def run(out: Path, data: Path | None = None) -> int:
    """Speaks every sentence with each voice that is here; writes voice.json and voice.png into `out`. 0: bars hold."""
    from settings import Settings

    folder = data or Settings.read().data
    out.mkdir(parents=True, exist_ok=True)
    spoken = asyncio.run(_all(folder))
    bars = {f"kokoro {language}": wer(spoken, "kokoro", language) < bar for language, bar in BARS.items()}
    if reason := why_not_natural(folder):
        Console().print(f"The natural voice was not measured: {reason}", markup=False)
        bars = {}
    show(spoken, Console())
    summary = {"bars": bars, "sentences": [asdict(each) for each in spoken]}
    (out / "voice.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1))
    plot(spoken, out / "voice.png")
    return 0 if all(bars.values()) else 1


def wer(spoken: list[Spoken], voice: str, language: Language) -> float:
    """Word error rate in 0..1."""
    ours = [each for each in spoken if each.voice == voice and each.language == language]
    return sum(each.errors for each in ours) / max(1, sum(each.words for each in ours))


def plain(text: str) -> str:
    """Lower case, no accents, no punctuation; digits as figures, those in a row as one number."""
    text = unicodedata.normalize("NFD", text.lower().replace("-", " ").replace("'", "").replace("ñ", "ny"))
    text = "".join(sign for sign in text if not unicodedata.combining(sign))
    text = text.replace("twenty fourth", "twentyfourth").replace("im ", "i am ")
    words = [DIGITS.get(word, word) for word in re.findall(r"[a-z0-9]+", text)]
    return re.sub(r"(?<=\d) (?=\d)", "", " ".join(words))


async def _all(data: Path) -> list[Spoken]:
    engines: list[Engine] = [PyttsxEngine()]
    if why_not_natural(data) is None:
        engines.append(KokoroEngine(data))
    ears = open_ears("auto", data_dir=data)
    await ears.warm()
    spoken = []
    for engine in engines:
        voice = ClauseVoice(engine)
        await voice.warm()
        for language in LANGUAGES:
            for text in track(SENTENCES[language], f"{voice.name} {language}", transient=True):
                sound, first, took = await _timed(voice, text, language)
                line = soxr.resample(telephoned(sound), RATE, EARS_RATE)
                heard = await ears.hear(np.asarray(line, np.float32), languages=(language,), current=language)
                wrong, words = errors(text, heard.text)
                lasts = len(sound) / VOICE_RATE
                spoken.append(Spoken(voice.name, language, text, heard.text, first, took, lasts, wrong, words))
        await voice.close()
    await ears.close()
    return spoken


async def _timed(voice: Voice, text: str, language: Language) -> tuple[Sound, float, float]:
    """The sound, seconds to its first chunk and to its last."""
    began, first, chunks = time.perf_counter(), 0.0, []
    async with aclosing(voice.speak(text, language)) as made:
        async for chunk in made:
            first = first or time.perf_counter() - began
            chunks.append(chunk)
    return from_pcm(b"".join(chunks)), first, time.perf_counter() - began


def errors(said: str, heard: str) -> tuple[int, int]:
    """Words wrongly heard, and words said; digits count however they are written."""
    import jiwer

    words = plain(said)
    if not words:
        return 0, 0
    result = jiwer.process_words([words], [plain(heard)])
    return result.substitutions + result.deletions + result.insertions, len(words.split())


def show(spoken: list[Spoken], console: Console) -> None:
    """The figures as a table, then what was misheard."""
    table = Table("voice", "language", "word errors", "first sound p50", "p95", "seconds per second of sound")
    for voice in dict.fromkeys(each.voice for each in spoken):
        for language in LANGUAGES:
            ours = [each for each in spoken if each.voice == voice and each.language == language]
            firsts = sorted(each.first for each in ours)
            table.add_row(
                voice,
                language,
                f"{100 * wer(spoken, voice, language):.1f} %",
                f"{1000 * statistics.median(firsts):.0f} ms",
                f"{1000 * firsts[int(0.95 * (len(firsts) - 1))]:.0f} ms",
                f"{sum(each.took for each in ours) / sum(each.lasts for each in ours):.2f}",
            )
    console.print(table)
    for each in spoken:
        if each.errors and each.voice != "pyttsx3":
            console.print(f"{each.voice}: {each.text} -> {each.heard}", markup=False, style="dim")


def plot(spoken: list[Spoken], target: Path) -> None:
    """Word errors and time to the first sound, by voice and language."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4.5), layout="constrained")
    errors, firsts = figure.subplots(1, 2)
    rows = list(dict.fromkeys((each.voice, each.language) for each in spoken))
    names = [f"{voice}\n{language}" for voice, language in rows]
    errors.bar(names, [100 * wer(spoken, *row) for row in rows])
    errors.set(title="Misheard over the telephone (Whisper base)", ylabel="word error rate (%)")
    times = [[1000 * each.first for each in spoken if (each.voice, each.language) == row] for row in rows]
    firsts.boxplot(times, tick_labels=names)
    firsts.set(title="Time to the first sound", ylabel="ms", yscale="log")
    figure.savefig(target, dpi=120)
