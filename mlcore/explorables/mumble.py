"""章「贝叶斯」的最后一幅图：一个含糊的词，声音说了一半，语言说另一半。

给定声音 o，挑后验 P(s | o) ∝ P(o | s) P(s) 最大的词 s：P(o | s) 问这个词念出来像不像听到的，
P(s) 问这个词放在这里说得多不多（``curriculum`` Y1 §7.3 的语音识别）。
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from mlcore.backend import to_numpy
from mlcore.checks import real_number
from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import Choice, Numbers, Slider
from mlcore.explorables.tables import table
from mlcore.probability import normalise, posterior

Floats = np.ndarray[Any, np.dtype[np.float64]]

LEVEL = (5.0, 5.0, 5.0)
RISING = (3.0, 4.0, 5.0)
LOW = (2.0, 1.0, 1.0)
FALLING = (5.0, 3.0, 1.0)
LIGHT = (1.0, 1.0, 1.0)
"""五度标调：一声 55，二声 35，三声在一声前面念半个（211），四声 51，轻声在四声后面是低的 1。
每个字取开头、中间、结尾三处。"""

WORDS: tuple[tuple[str, str, tuple[float, ...], int], ...] = (
    ("事实", "shì shí", FALLING + RISING, 4593),
    ("适时", "shì shí", FALLING + RISING, 501),
    ("实施", "shí shī", RISING + LEVEL, 10713),
    ("时事", "shí shì", RISING + FALLING, 163),
    ("逝世", "shì shì", FALLING + FALLING, 1383),
    ("失事", "shī shì", LEVEL + FALLING, 148),
    ("史诗", "shǐ shī", LOW + LEVEL, 523),
    ("试试", "shì shi", FALLING + LIGHT, 693),
)
"""（词，拼音，六处的音高，次数）。次数是分词软件 jieba 0.42.1 的词典里记的。"""

FIT = {"通": 1.0, "勉": 0.03, "不": 0.001}
"""放在这句话里：通，勉强，不通。三档是我们定的，不是数出来的。"""

SENTENCES: tuple[tuple[str, str, str], ...] = (
    ("none", "＿＿", "通通通通通通通通"),
    ("fact", "请尊重＿＿，别猜了。", "通不不勉勉不勉不"),
    ("rule", "新规定从下个月起＿＿。", "不勉通不不不不勉"),
    ("news", "他每晚都看＿＿新闻。", "不不不通不勉勉不"),
    ("plane", "一架客机在海上＿＿。", "不不不不不通不勉"),
    ("coat", "这件毛衣你＿＿吧。", "不勉不不不不不通"),
)
"""（值，句子，照 ``WORDS`` 的次序，每个词放进去通不通）。"""

TEMPLATES: Floats = np.array([pitch for _, _, pitch, _ in WORDS])
COUNTS: Floats = np.array([count for *_, count in WORDS], dtype=np.float64)
FITS = {value: np.array([FIT[mark] for mark in marks]) for value, _, marks in SENTENCES}


class Decoded(NamedTuple):
    """每个词的先验、似然（最像的记作 1）、后验，和后验最大的是第几个。"""

    prior: Floats
    likelihood: Floats
    posterior: Floats
    best: int


def decode(heard: Any, noise: float, sentence: str = "none") -> Decoded:
    """听到的是哪个词。

    Parameters
    ----------
    heard : (6,)
        听到的音高，1 到 5。
    noise
        听不清的程度 σ，单位是度：每一处的音高都带着标准差 σ 的正态误差，所以
        P(o | s) ∝ exp(−Σ (o − s)² / 2σ²)。
    sentence
        ``SENTENCES`` 里的一个；先验 ∝ 次数 × 通不通。

    Raises
    ------
    ValueError
        σ 不大于 0，没有这句话，或者音高不是六个有限的数。
    """
    sigma = real_number("noise", noise, 0.0, above=True)
    if sentence not in FITS:
        raise ValueError(f"sentence 要是 {'、'.join(FITS)} 之一，得到 {sentence!r}")
    pitch = np.asarray(heard, dtype=np.float64)
    if pitch.shape != TEMPLATES.shape[1:] or not np.all(np.isfinite(pitch)):
        raise ValueError(f"heard 要是六个有限的数，得到形状 {pitch.shape}")
    apart = np.sum((pitch - TEMPLATES) ** 2, axis=1)
    likelihood = np.exp(-(apart - apart.min()) / (2 * sigma**2))
    prior = to_numpy(normalise(COUNTS * FITS[sentence]))
    after = to_numpy(posterior(prior, likelihood))
    return Decoded(prior, likelihood, after, int(np.argmax(after)))


class Mumble(Explorable):
    """听不清的一个词：拖音高、拖噪声、换句子，看最好的猜测在哪里改口。"""

    kind = "mumble"
    title = "他说的是哪个词"
    task = "把「听不清」慢慢往右拖，看它在哪里改口；再换一句话试试。"
    controls = (
        Choice(
            "sentence",
            "句子",
            tuple((v, text if v != "none" else "只听到这个词") for v, text, _ in SENTENCES),
            default="none",
            restarts=False,
            where="picture",
        ),
        Slider("noise", "听不清", 0.3, 5.0, 1.3, step=0.05, unit="度", where="picture"),
        Numbers("heard", "听到的音高", (4.6, 3.2, 1.6, 4.4, 3.4, 2.0), low=1.0, high=5.0),
    )

    def reset(self, controls: Mapping[str, Any]) -> None:
        """没有状态：听到的、噪声和句子就是全部。"""

    def decoded(self) -> Decoded:
        """现在的控件给出的判断。"""
        now = self.controls_now
        return decode(now["heard"], now["noise"], now["sentence"])

    def view(self) -> Scene:
        found = self.decoded()
        return {
            "words": [{"word": word, "pinyin": pinyin} for word, pinyin, _, _ in WORDS],
            "templates": TEMPLATES,
            "priors": {value: to_numpy(normalise(COUNTS * fits)) for value, fits in FITS.items()},
            "sentences": {value: text for value, text, _ in SENTENCES},
            "falling": table(lambda x: np.exp(-x), 0.0, 40.0, 161),
            "prior": found.prior,
            "likelihood": found.likelihood,
            "posterior": found.posterior,
            "best": found.best,
            "alert": None,
        }

    def poster(self) -> str:
        found = self.decoded()
        word = WORDS[found.best][0]
        return (
            "一张五度的声调图，上面是听到的两个字的音高，旁边是八个声音相近的词："
            + "、".join(word for word, *_ in WORDS)
            + f"。现在最好的猜测是「{word}」，后验 {100 * found.posterior[found.best]:.3g}%。"
        )
