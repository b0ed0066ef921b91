"""可以放大的图（plotly）用的颜色：前端 palette.css 里浅色主题的那一套，一个测试对着看。"""

PAPER = "#faf6ee"
INK = "#24211c"
INK_FAINT = "#736a5c"
RULE = "#ddd4c4"
BLUE = "#0b6cab"
ORANGE = "#d3660e"
MAGENTA = "#c2258f"
CLASSES = (ORANGE, BLUE, "#008a64", "#2f93cc", "#9c7f00", "#b4608f", "#8a6d3b", "#6b6b6b")
"""第 0 类、第 1 类，然后是 Okabe–Ito 的次序。"""
