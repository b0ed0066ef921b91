"""界面上的每一个字，只在这里。模板里写 ``{{ words.xxx }}``，别处不写界面文字。"""

from __future__ import annotations

TABLE: dict[str, str] = {
    "contents": "目录",
    "close_contents": "收起目录",
    "search": "搜索",
    "search_page": "搜索全书",
    "search_hint": "词、符号、半句话都行",
    "theme": "明暗",
    "project": "投影",
    "binder": "在 Binder 上打开",
    "print": "打印这一章",
    "skip": "跳到正文",
    "previous": "上一篇",
    "next": "下一篇",
    "begin": "开始读",
    "notebook": "下载这一章的笔记本",
    "permalink": "这一节的链接",
    "aside": "旁注",
    "code": "代码",
    "output": "运行结果",
    "from_file": "双击打开的网页只能读文字。要让图动起来，请在这个文件夹里运行 "
    "python serve.py，再从浏览器里打开它给出的地址。",
    "no_script": "这个浏览器没有开 JavaScript：文字都能读，图只能看，不能动。",
    "licence": "文字与图 CC BY 4.0，代码 BSD-3-Clause",
    "credits": "致谢与许可",
    "reading": "正在读",
    "to_cover": "回到封面",
    "footer": "书的信息",
    "pager": "前后两篇",
    "footnote_back": "回到正文",
    "search_needs_script": "搜索要用 JavaScript，而这个浏览器没有开。可以从目录里找。",
    "lost_title": "没有这一页",
    "lost_text": "地址写错了，或者这一页搬了家。",
}

# 收起的代码格：myst-nb 的英文提示 → 我们的话。
HIDDEN_CELL: dict[str, str] = {
    "Show code cell source": "代码",
    "Show code cell output": "运行结果",
    "Show code cell outputs": "运行结果",
    "Show code cell content": "代码和运行结果",
}
