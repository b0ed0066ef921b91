"""所有测试共用的设置：性质测试的例子固定下来；浏览器里的测试这一次跑哪些。"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.browser.policy import Plan, plan

settings.register_profile(
    "book", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("book")

PLAN = pytest.StashKey[Plan | None]()
LEFT_OUT = pytest.StashKey[dict[str, int]]()
HOW = {
    "live": "浏览器里的 {} 个测试这次没有轮到（规则见 tests/browser/policy.py）；全部都跑：--all"
    "（直接用 pytest 时：--live all）",
    "engines": "Firefox 和 WebKitGTK 的 {} 个测试没有跑；要跑：--browsers all",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("book", "浏览器里的测试跑哪些")
    group.addoption(
        "--live", choices=["all", "changed"], default="all",
        help="真的用一遍的图：all 全部；changed 改过的和轮到的六分之一",
    )  # fmt: skip
    group.addoption("--base", help="和哪个提交比，才知道改了什么")
    group.addoption("--turn", type=int, help="轮到第几次，平常是提交的个数")
    group.addoption(
        "--browsers", choices=["chromium", "all"], default="chromium",
        help="all：Firefox 和 WebKitGTK 也跑一遍",
    )  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    config.stash[LEFT_OUT] = {}
    config.stash[PLAN] = None
    given = getattr(config, "workerinput", None)
    if given is not None:
        config.stash[PLAN] = Plan.loads(given["plan"]) if given["plan"] else None
    elif config.getoption("live") == "changed":
        config.stash[PLAN] = make_plan(config)


def make_plan(config: pytest.Config) -> Plan:
    from tests.browser.explorables import exercises_by_page, places
    from tools.site import SITE

    base, turn = config.getoption("base"), config.getoption("turn")
    try:
        return plan(places(SITE), exercises_by_page(SITE), base, turn)
    except ValueError as error:
        raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    chosen = node.config.stash[PLAN]
    node.workerinput["plan"] = chosen.dumps() if chosen else ""


def pytest_report_header(config: pytest.Config) -> str | None:
    chosen = config.stash[PLAN]
    return f"浏览器里真的用一遍的：{chosen.said}" if chosen else None


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """没有轮到的、没有要的浏览器的，拿走并数着；一个也不悄悄少。"""
    chosen, engines = config.stash[PLAN], config.getoption("browsers") == "all"
    dropped: dict[str, list[pytest.Item]] = {"live": [], "engines": []}
    kept = []
    for item in items:
        if item.get_closest_marker("engines") and not engines:
            dropped["engines"].append(item)
        elif item.get_closest_marker("live") and chosen and not is_chosen(item, chosen):
            dropped["live"].append(item)
        else:
            kept.append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=[item for some in dropped.values() for item in some])
    config.stash[LEFT_OUT] = {why: len(some) for why, some in dropped.items()}


def is_chosen(item: pytest.Item, chosen: Plan) -> bool:
    """按测试的参数：一幅图（``place``）看编号，一页（``path``）看地址。"""
    given = item.callspec.params  # type: ignore[attr-defined]
    if "place" in given:
        return given["place"].id in chosen.places
    return given["path"] in chosen.pages


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["left_out"] = session.config.stash[LEFT_OUT]
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """几个进程收集到的是同一份，所以记一份就够。"""
    node.config.stash[LEFT_OUT] |= getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    for why, count in config.stash[LEFT_OUT].items():
        if count:
            terminalreporter.write_line(HOW[why].format(count))
