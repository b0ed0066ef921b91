"""「看图」一节的记号表：每个记号画一小幅，颜色取自调色板，两个主题都对。"""

from __future__ import annotations

WIDTH, HEIGHT = 64, 40

MARKS: tuple[tuple[str, str], ...] = (
    (
        '<g fill="var(--blue)"><circle cx="22" cy="14" r="5"/><circle cx="40" cy="25" r="5"/></g>',
        "蓝：第 1 类，正数",
    ),
    (
        '<rect x="17" y="9" width="9" height="9" fill="var(--orange)"/>'
        '<rect x="36" y="21" width="9" height="9" fill="var(--orange)"/>',
        "橙：第 0 类，负数",
    ),
    (
        '<circle cx="32" cy="20" r="11" fill="none" stroke="var(--accent)" stroke-width="3"/>'
        '<circle cx="32" cy="20" r="4" fill="var(--accent)"/>',
        "绿色的环，能拖；点上套的圈、描的边，是判错了",
    ),
    (
        '<path d="M14 30 46 12M37 11l10 1-4 9" fill="none" stroke="var(--magenta)"'
        ' stroke-width="2.5"/>',
        "洋红的箭头：最陡的下坡（梯度的反方向）",
    ),
    (
        '<path d="M6 12h52" stroke="var(--blue)" stroke-width="1"/>'
        '<path d="M6 25h52" stroke="var(--orange)" stroke-width="6"/>',
        "连线的粗细：权重的大小",
    ),
    (
        '<g fill="var(--ink)"><circle cx="21" cy="20" r="5"/>'
        '<circle cx="44" cy="20" r="14" opacity=".12"/>'
        '<circle cx="44" cy="20" r="9" opacity=".12"/></g>',
        "墨点是确定，雾是不确定",
    ),
)


def look_table() -> str:
    box = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}" aria-hidden="true"'
    rows = "".join(
        f"<li><svg {box}>{drawing}</svg><span>{text}</span></li>" for drawing, text in MARKS
    )
    return f'<ul class="look">{rows}</ul>'
