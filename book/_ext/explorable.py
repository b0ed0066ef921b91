"""构建网站时认出交互图，用 NumPy 把它算好，烘焙成一打开就能看、能拖的画面。

两处会出现交互图：笔记本里 ``show(…)`` 存下的元素，和 Markdown 页上的指令

    ```{explorable} mlcore.explorables.cover:Cover
    :id: cover
    ```

两者都成为同一个 HTML 元素；写出页面时（``html-page-context``）把第一幅画面写进页面，
沿主控件的一串画面写成旁边的一个 ``.frames`` 文件。结果按「引擎、类、控件」的散列缓存。
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from . import assets
from .engine import ROOT, engine_wheel, short_hash

logger = logging.getLogger(__name__)

ALIVE = ("data-explorable=", 'class="cell-data"', 'class="exercise"')
"""页上有这些，就要带上引擎的地址：交互图、代码格、练习。"""
ELEMENT = re.compile(
    r'<div class="explorable(?P<wide> wide)?" id="(?P<id>[\w-]+)"'
    r' data-explorable="(?P<path>[\w.:]+)" data-start="(?P<start>[^"]*)">'
    r"(?P<poster>.*?)</div>",
    re.DOTALL,
)


@cache
def engine_hash() -> str:
    """引擎的散列：它变了，烘焙好的画面就都要重算。"""
    return short_hash(engine_wheel())


class ExplorableDirective(SphinxDirective):
    """Markdown 页上放一个交互图。"""

    required_arguments = 1
    option_spec = {
        "id": directives.unchanged_required,
        "controls": directives.unchanged,
        "narrow": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        from mlcore.explorables import load_class
        from mlcore.explorables.element import element

        values = json.loads(self.options.get("controls", "{}"))
        try:
            explorable = load_class(self.arguments[0])(**values)
            text = element(explorable, self.options.get("id", ""), "narrow" not in self.options)
        except (TypeError, ValueError, ImportError) as error:
            raise self.error(f"交互图 {self.arguments[0]} 放不进来：{error}") from error
        return [nodes.raw("", text, format="html")]


def stops_of(explorable: Any) -> list[Any]:
    """沿主控件要烘焙的值。"""
    main, stops = explorable.main, explorable.stops
    if main is None:
        return []
    if main == "steps" or isinstance(stops, tuple):
        return list(stops)
    control = explorable.valued_controls()[main]
    if control.type == "choice":
        return [value for value, _ in control.options]
    if control.type == "toggle":
        return [False, True]
    if stops < 2:
        return []
    return [
        control.low + (control.high - control.low) * i / (stops - 1) for i in range(stops)
    ]


def bake(path: str, start: dict[str, Any]) -> tuple[dict[str, Any], str, bytes | None]:
    """(给前端的说明, 第一幅画面的 JSON, 一串画面的文件或 None)。"""
    from mlcore.explorables import Session, load_class
    from mlcore.explorables.codec import inline, pack

    cls = load_class(path)
    first = Session(cls(**start))
    data = {"spec": cls.spec(), "class": path, "start": first.controls}
    scene = inline(first.view())
    stops = stops_of(first.explorable)
    if not stops:
        return data, scene, None
    session = Session(cls(**start))
    scenes = []
    for stop in stops:
        if cls.main == "steps":
            session.step(stop - session.steps)
        else:
            session.set({cls.main: stop})
        scenes.append(session.view())
    return data, scene, pack({"values": stops, "scenes": scenes})


def baked(
    app: Sphinx, path: str, start: dict[str, Any]
) -> tuple[dict[str, Any], str, bytes | None]:
    """``bake`` 加上按散列的缓存（在输出目录旁边的 ``.bake``）。"""
    key = short_hash(json.dumps([engine_hash(), path, start], sort_keys=True).encode())
    folder = Path(app.doctreedir).parent / ".bake"
    page, frames = folder / f"{key}.json", folder / f"{key}.frames"
    if page.exists():
        data, scene, framed = json.loads(page.read_text("utf8"))
        return data, scene, frames.read_bytes() if framed else None
    data, scene, packed = bake(path, start)
    folder.mkdir(parents=True, exist_ok=True)
    if packed is not None:
        frames.write_bytes(packed)
    page.write_text(json.dumps([data, scene, packed is not None], ensure_ascii=False), "utf8")
    return data, scene, packed


def hydrate(app: Sphinx, pagename: str, body: str, up: str) -> str:
    """把一页里的交互图元素换成带着画面的样子；``up`` 是回到网站根的相对路径。"""

    def fill(found: re.Match[str]) -> str:
        identity, path = found["id"], found["path"]
        claim(app, identity, pagename)
        start = json.loads(html.unescape(found["start"]))
        try:
            data, scene, packed = baked(app, path, start)
        except Exception as error:  # 任何一个图算不出来都要指名道姓，不能让构建只说一句崩了。
            failed(app, pagename, f"交互图 {identity}（{path}）", error)
            return found[0]
        if packed is not None:
            name = f"_assets/frames/{identity}-{short_hash(packed)}.frames"
            target = Path(app.outdir) / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(packed)
            data = {**data, "frames": up + name}
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("</", "<\\/")
        label = html.escape(data["spec"]["title"])
        return (
            f'<div class="explorable{found["wide"] or ""}" id="{identity}" role="group"'
            f' aria-label="{label}" data-explorable="{path}" data-state="baked">'
            f"{found['poster']}"
            f'<script type="application/json" class="ex-data">{text}</script>'
            f'<script type="application/json" class="ex-scene">{scene}</script></div>'
        )

    return ELEMENT.sub(fill, body)


CARD = re.compile(
    r'<div class="plotly-card" data-explorable="(?P<path>[\w.:]+)" data-start="(?P<start>[^"]*)">'
)


def deal(app: Sphinx, pagename: str, body: str, up: str) -> str:
    """``figure(…)`` 的卡片：把 plotly 的数据写成旁边的文件，地址写在卡片上。"""
    from mlcore.explorables import load_class
    from mlcore.explorables.codec import nested

    plotly = assets.address(app, pagename, "plotly", "plotly.min.js") if app.plotly else ""  # type: ignore[attr-defined]

    def fill(found: re.Match[str]) -> str:
        start = json.loads(html.unescape(found["start"]))
        try:
            drawn = load_class(found["path"])(**start).figure()
            data = json.dumps(nested(drawn), ensure_ascii=False, allow_nan=False).encode()
        except Exception as error:
            failed(app, pagename, f"{found['path']} 放大的图", error)
            return found[0]
        name = f"_assets/figures/{short_hash(data)}.json"
        target = Path(app.outdir) / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return f'<div class="plotly-card" data-figure="{up}{name}" data-plotly="{plotly}">'

    return CARD.sub(fill, body) if plotly else body


def failed(app: Sphinx, pagename: str, picture: str, error: Exception) -> None:
    """记下一幅算不出来的图，接着算别的：一次构建说出全部。"""
    app.failed_pictures.append((pagename, picture))  # type: ignore[attr-defined]
    logger.warning("%s：%s算不出来：%s", pagename, picture, error)


def refuse(app: Sphinx, exception: Exception | None) -> None:
    """有图算不出来，构建就没有成功：退出码不为零，不完整的页面也不留下，下一次会重写。"""
    pictures = app.failed_pictures  # type: ignore[attr-defined]
    if exception is not None or not pictures:
        return
    for pagename in {page for page, _ in pictures}:
        Path(app.builder.get_outfilename(pagename)).unlink(missing_ok=True)  # type: ignore[attr-defined]
    named = "；".join(f"{page} 的{picture}" for page, picture in pictures)
    logger.error("网站没有构建成功，有 %d 幅图算不出来：%s。", len(pictures), named)
    app.statuscode = 1


def claim(app: Sphinx, identity: str, pagename: str) -> None:
    """一个编号在整本书里只许用一次。"""
    owners: dict[str, str] = app.explorable_ids  # type: ignore[attr-defined]
    if owners.setdefault(identity, pagename) != pagename:
        logger.warning("交互图的编号 %s 在 %s 和 %s 都用了", identity, owners[identity], pagename)


def page_context(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    body = context.get("body")
    if not body or not any(mark in body for mark in ALIVE):
        return
    up = "../" * app.builder.get_target_uri(pagename).count("/")
    engine: dict[str, Any] = {
        "wheel": assets.address(app, pagename, "engine", "mlcore.whl"),
        "worker": assets.address(app, pagename, "engine", "worker.js"),
        "bytes": app.pyodide_bytes,  # type: ignore[attr-defined]
    }
    if app.pyodide:  # type: ignore[attr-defined]
        engine["pyodide"] = up + app.pyodide  # type: ignore[attr-defined]
    if app.plotly:  # type: ignore[attr-defined]
        engine["plotly"] = assets.address(app, pagename, "plotly", "plotly.min.js")
    script = json.dumps(engine, ensure_ascii=False)
    context["body"] = (
        deal(app, pagename, hydrate(app, pagename, body, up), up)
        + f'<script type="application/json" id="page-engine">{script}</script>'
    )
    context["has_explorable"] = True


def publish_engine(app: Sphinx) -> None:
    """登记 wheel 与 worker，把 Pyodide 放进网站。引擎一变，``pages`` 会重写每一页。"""
    from tools.pyodide import copy_into

    wheel = engine_wheel()
    worker = ROOT / "mlcore/widgets/static/page/worker.js"
    assets.add(app, "engine", {"mlcore.whl": wheel, "worker.js": worker})
    pyodide = copy_into(Path(app.outdir))
    if pyodide is None:
        logger.info("没有取到 Pyodide：网站照常构建，交互图只有烘焙好的画面。")
    app.plotly = publish_plotly(app)  # type: ignore[attr-defined]
    app.explorable_ids = {}  # type: ignore[attr-defined]
    app.failed_pictures = []  # type: ignore[attr-defined]
    app.pyodide = pyodide and pyodide.rstrip("/") + "/"  # type: ignore[attr-defined]
    app.pyodide_bytes = len(wheel) + sum(  # type: ignore[attr-defined]
        path.stat().st_size
        for path in (Path(app.outdir) / pyodide).iterdir()
        if path.suffix != ".gz"
    ) if pyodide else 0


def publish_plotly(app: Sphinx) -> bool:
    """plotly 包里带着的那个脚本放进网站；没装 plotly 就没有放大的按钮。"""
    found = find_spec("plotly")
    if found is None or found.origin is None:
        logger.info("没有装 plotly：网站照常构建，只是图不能放大。")
        return False
    script = Path(found.origin).parent / "package_data" / "plotly.min.js"
    assets.add(app, "plotly", {"plotly.min.js": script})
    return True


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("book._ext.assets")
    app.add_directive("explorable", ExplorableDirective)
    app.connect("builder-inited", publish_engine)
    app.connect("html-page-context", page_context)
    app.connect("build-finished", refuse, priority=950)  # 别的都收拾完了再说
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": False}
