"""同一个交互图在 JupyterLab 里：真的打开、真的拖，内核里的 trait 跟着变。"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, Page, TimeoutError

from tests.browser.conftest import ROOT, free_port

CELLS = [
    "from mlcore.explorables.hand import HandWarp\n"
    "from mlcore.widgets import show\n"
    "w = show(HandWarp(), id='lab-hand')\nw",
    "print('拖过之后', w.matrix, w.scene['wrong'] if 'wrong' in w.scene else '')",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(text) for text in CELLS],
        metadata={
            "kernelspec": {
                "name": "python3",
                "display_name": "Python 3 (ipykernel)",
                "language": "python",
            },
            "language_info": {"name": "python"},
        },
    )
    nbformat.write(notebook, folder / "try.ipynb")
    port = free_port()
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    settings = [
        f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1",
        "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True",
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.user_settings_dir={folder}/settings",
        f"--LabApp.workspaces_dir={folder}/workspaces",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    log = (folder / "log.txt").open("w")
    server = subprocess.Popen([*command, *settings], env=environment, stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(240):
            if server.poll() is not None:
                pytest.fail(Path(log.name).read_text()[-3000:])
            with contextlib.suppress(OSError), urllib.request.urlopen(address + "api", timeout=1):
                break
            time.sleep(0.25)
        yield address
    finally:
        server.terminate()
        server.wait(20)
        log.close()


def run_until_drawn(page: Page) -> None:
    """运行全部格子，直到交互图画出来；内核还没接上时 JupyterLab 会先问用哪一个，那就答了再来。"""
    dialog = page.locator(".jp-Dialog")
    page.add_locator_handler(dialog, lambda: dialog.locator(".jp-mod-accept").first.click())
    for _ in range(8):
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
        with contextlib.suppress(TimeoutError):
            page.locator(".ex-stage").first.wait_for(timeout=6000)
            return
    pytest.fail("JupyterLab 里一直没有画出来")


# anywidget 最多等两秒；页面正忙着画别的（一张曲面、慢的机器），就等不到。
NEVER_WAITS = """
const wait = AbortSignal.timeout.bind(AbortSignal);
AbortSignal.timeout = (ms) => wait(ms === 2000 ? 0 : ms);
"""


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "busy"])
def test_the_explorable_moves_in_jupyterlab_and_the_kernel_follows(
    browser: Browser, lab: str, busy: bool
):
    context = browser.new_context(viewport={"width": 1280, "height": 1000}, locale="en-US")
    page = context.new_page()
    if busy:
        page.add_init_script(NEVER_WAITS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(lab + "lab/tree/try.ipynb", wait_until="load")
    page.wait_for_selector(".jp-Notebook", timeout=60_000)
    page.wait_for_selector(".jp-Notebook-ExecutionIndicator[data-status=idle]", timeout=60_000)
    run_until_drawn(page)
    stage = page.locator(".ex-stage").first
    page.wait_for_function("() => document.querySelectorAll('.ex-stage [role=slider]').length > 2")
    page.wait_for_timeout(800)
    before = stage.screenshot()
    labels = page.eval_on_selector_all(
        ".ex-stage [role=slider]", "all => all.map((e) => e.getAttribute('aria-label'))"
    )
    index = next(k for k, label in enumerate(labels) if "箭头" in label)
    handle = page.locator(".ex-stage [role=slider]").nth(index)
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for k in range(1, 9):
        page.mouse.move(x + 4 * k, y - 5 * k)
    page.mouse.up()
    page.wait_for_timeout(1000)
    assert stage.screenshot() != before
    page.locator(".jp-Cell").nth(1).locator(".jp-InputArea-editor").click()
    page.keyboard.press("Control+Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('.jp-OutputArea-output')]"
        ".some((e) => e.textContent.includes('拖过之后')"
        " && !e.textContent.includes('[[1.0, 0.0], [0.0, 1.0]]'))",
        timeout=20_000,
    )
    assert [error for error in errors if not (busy and "anywidget" in error)] == []
    context.close()
