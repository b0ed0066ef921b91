"""书里的中文怎样写：空格、标点、套话、漏译的英文、同一个词的别的译法。

规则出自全书的写作约定；``problems`` 找出一段 Markdown 里违反它们的地方，``spaced`` 把缺的
空格补上。代码、公式、链接的地址和 HTML 不算正文。
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
CODE = "\ue000"
"""代替行内的代码和公式：和汉字之间也要空一格，但不算字。"""
LATIN = rf"[A-Za-z0-9{CODE}]"

FILLER = (
    "众所周知", "综上所述", "让我们", "值得注意的是", "值得一提的是", "总而言之", "显而易见",
    "不难发现", "不难看出", "毋庸置疑", "需要指出的是", "需要注意的是", "可以看到，", "在本章中",
    "本章将", "本章介绍", "接下来我们将", "简单来说", "换句话说，也就是", "从某种意义上",
)  # fmt: skip
PLACEHOLDER = "〔"
HALF_WIDTH = {",": "，", ";": "；", ":": "：", "!": "！", "?": "？", "(": "（", ")": "）"}


@dataclass(frozen=True)
class Problem:
    """正文里的一处问题：第几行、什么问题。"""

    line: int
    text: str

    def __str__(self) -> str:
        return f"第 {self.line} 行：{self.text}"


def _blank(found: re.Match[str]) -> str:
    return re.sub(r"[^\n]", " ", found[0])


def _mark(found: re.Match[str]) -> str:
    return CODE * len(found[0])


def masked(text: str) -> str:
    """同样长的文字，里面只剩正文；行内的代码和公式换成 ``CODE``，其余换成空格。"""
    text = re.sub(r"^(```+|~~~+|:::+).*?^\1[ \t]*$", _blank, text, flags=re.S | re.M)
    text = re.sub(r"\$\$.*?\$\$", _blank, text, flags=re.S)
    text = re.sub(r"<!--.*?-->|</?[a-zA-Z][^>]*>", _blank, text, flags=re.S)
    text = re.sub(r"(?<=\])\([^()\s]*\)|\]\[[\w-]+\]|https?://[\w./?=&%#~+-]+", _blank, text)
    text = re.sub(r"\{[\w:-]+\}(?=`)", _blank, text)
    text = re.sub(r"`[^`\n]+`", _mark, text)
    return re.sub(r"(?<!\\)\$[^$\n]+(?:\n[^$\n]+)?\$", _mark, text)


def _gaps(mask: str) -> Iterator[int]:
    """缺空格的位置：汉字和拉丁字母、数字、代码、公式紧挨着的地方（隔着粗体的星号也算）。"""
    pattern = rf"(?<={HAN})(?={LATIN})|(?<={LATIN})(?={HAN})"
    for found in re.finditer(pattern, mask):
        yield found.start()
    for found in re.finditer(rf"(?<={HAN})\*\*(?={LATIN})|(?<={LATIN})\*\*(?={HAN})", mask):
        opening = mask[: found.start()].count("**") % 2 == 0
        yield found.start() if opening else found.end()


def spaced(text: str) -> str:
    """补上汉字与拉丁字母、数字、代码、公式之间缺的空格。"""
    for position in sorted(_gaps(masked(text)), reverse=True):
        text = text[:position] + " " + text[position:]
    return text


def problems(
    text: str, rivals: Mapping[str, str] | None = None, *, english: bool = True
) -> list[Problem]:
    """一段 Markdown 里的全部问题。

    Parameters
    ----------
    text
        Markdown。
    rivals
        别的译法 → 本书的译法（见 ``book/glossary.yml``）。
    english
        是否找漏译的英文；列参考文献的「延伸」里不找。
    """
    mask = masked(text)
    found: list[tuple[int, str]] = []

    def around(position: int) -> str:
        return text[max(0, position - 6) : position + 6].replace("\n", " ").strip()

    for position in _gaps(mask):
        found.append((position, f"汉字和拉丁字母、数字、公式之间要空一格：「{around(position)}」"))
    for match in re.finditer(rf"(?<={HAN})[,;:!?(]|[()](?={HAN})|(?<={HAN})\)", mask):
        want = HALF_WIDTH[match[0]]
        message = f"中文里用全角的「{want}」：「{around(match.start())}」"
        found.append((match.start(), message))
    for match in re.finditer(rf"(?<={HAN})(\.\.\.|\.(?=\s|$)|\")|\"(?={HAN})", mask, re.M):
        message = f"中文里用「。」「……」和「」：「{around(match.start())}」"
        found.append((match.start(), message))
    for match in re.finditer(rf"[，。；：！？、）」][ \t]+(?={HAN})", mask):
        found.append((match.start(), f"全角标点后面不空格：「{around(match.start())}」"))
    for phrase in FILLER:
        for match in re.finditer(re.escape(phrase), mask):
            found.append((match.start(), f"套话「{phrase}」，删掉它"))
    for rival, term in (rivals or {}).items():
        for match in re.finditer(re.escape(rival), mask):
            found.append((match.start(), f"本书把「{rival}」一律叫做「{term}」"))
    for match in re.finditer(PLACEHOLDER, mask):
        found.append((match.start(), f"还有没换掉的提示：「{around(match.start())}」"))
    if english:
        for match in _english(mask):
            found.append((match.start(), f"漏译的英文：「{match[0].strip()}」"))
    found.sort()
    return [Problem(text.count("\n", 0, position) + 1, message) for position, message in found]


def _english(mask: str) -> Iterator[re.Match[str]]:
    """连着三个以上的英文词；括号、书名号、引号和斜体里的（术语的原文、作品名）不算。"""
    quoted = r"（[^）\n]*）|《[^》\n]*》|“[^”\n]*”|(?<!\*)\*[^*\n]+\*(?!\*)"
    yield from re.finditer(
        r"\b[A-Za-z]{2,}(?:[ ,'-]+[A-Za-z]{2,}){2,}\b", re.sub(quoted, _blank, mask)
    )


def prose_length(text: str) -> int:
    """正文有多少个汉字。"""
    return len(re.findall(HAN, masked(text)))
