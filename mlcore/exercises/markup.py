"""练习里的文字 → HTML：段落、`代码`、**粗体**、$公式$ 和 ``` 围起来的代码块，只有这些。

公式写成 MathJax 和 JupyterLab 都认得的 ``\\(…\\)``；没有脚本的时候，它就是 TeX 原文。
"""

from __future__ import annotations

import html
import re

INLINE = re.compile(r"`(?P<code>[^`\n]+)`|\$(?P<math>[^$\n]+)\$|\*\*(?P<bold>[^*\n]+)\*\*")
FENCE = re.compile(r"^```\w*\n(?P<code>.*?)^```\s*$", re.DOTALL | re.MULTILINE)


def inline(text: str) -> str:
    """一行文字里的标记。"""
    parts, last = [], 0
    for found in INLINE.finditer(text):
        parts.append(html.escape(text[last : found.start()], quote=False))
        kind = found.lastgroup
        inner = html.escape(found[kind or ""], quote=False)
        if kind == "code":
            parts.append(f"<code>{inner}</code>")
        elif kind == "math":
            parts.append(rf'<span class="math">\({inner}\)</span>')
        else:
            parts.append(f"<strong>{inner}</strong>")
        last = found.end()
    parts.append(html.escape(text[last:], quote=False))
    return "".join(parts)


def blocks(text: str) -> str:
    """几段文字：空行分段，段里的换行不算。"""
    parts, last = [], 0
    for found in FENCE.finditer(text):
        parts.append(_paragraphs(text[last : found.start()]))
        parts.append(code_block(found["code"]))
        last = found.end()
    parts.append(_paragraphs(text[last:]))
    return "".join(parts)


def plain(text: str) -> str:
    """打印出来的样子：去掉公式和粗体的记号，代码的反引号留着。"""
    return INLINE.sub(lambda found: found["math"] or found["bold"] or found[0], text)


def code_block(source: str) -> str:
    """一块代码。"""
    inner = html.escape(source.strip("\n"), quote=False)
    return f'<pre class="exercise-code" tabindex="0"><code>{inner}</code></pre>'


def _paragraphs(text: str) -> str:
    chunks = [_joined(chunk.strip()) for chunk in re.split(r"\n\s*\n", text)]
    return "".join(f"<p>{inline(chunk)}</p>" for chunk in chunks if chunk)


def _joined(chunk: str) -> str:
    """接起段里的行：两边有一边是拉丁字母或数字时留一个空格，汉字之间不留。"""
    chunk = re.sub(r"(?<=[!-~])[ \t]*\n\s*(?=\w)|(?<=\w)[ \t]*\n\s*(?=[!-~])", " ", chunk)
    return re.sub(r"\s*\n\s*", "", chunk)
