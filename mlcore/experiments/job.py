"""一次实验的公共部分：种子、轮数、断点，按 Ctrl-C 时停在两步之间。"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlcore import checkpoint as checkpoints
from mlcore.train import Trainer, run

Result = dict[str, Any]
"""名字 → 数或文字，一行一个，先后就是表里的先后。"""

EVERY = 200
"""每几步存一次断点。"""


class Interrupted(Exception):
    """按了 Ctrl-C，断点已经存好。"""


@dataclass
class Job:
    """一次实验怎样跑。

    Parameters
    ----------
    seed : int
        一切随机数的种子。
    epochs : int
        练几轮。
    full : bool
        完整的版本（更大的网络），还是两个核几分钟的版本。
    replay : bool
        录下一步再重放。
    checkpoint : 路径，可选
        断点；在了就从那里接着练。
    progress : bool
        要不要进度条。

    Attributes
    ----------
    seconds : float
        练了几秒，不算取数据和打分；从断点续起的，只算这一次。
    resumed : int
        从第几步续起，从头练的是 0。
    """

    seed: int
    epochs: int
    full: bool = False
    replay: bool = True
    checkpoint: Path | None = None
    progress: bool = True
    seconds: float = field(default=0.0, init=False)
    resumed: int = field(default=0, init=False)

    def train(self, trainer: Trainer) -> Trainer:
        """练完 epochs 轮，或者到早停。

        Raises
        ------
        Interrupted
            按了 Ctrl-C。
        """
        if self.checkpoint is not None and checkpoints.exists(self.checkpoint):
            state = checkpoints.load(self.checkpoint)
            self.resumed = int(state["trainer"]["steps"])
        start = time.perf_counter()
        with _interruptions() as pressed:
            run(
                trainer, self.epochs, checkpoint=self.checkpoint, every=EVERY,
                progress=self.progress, stop=pressed.is_set,
            )  # fmt: skip
        self.seconds = time.perf_counter() - start
        if pressed.is_set():
            kept = f"断点在 {self.checkpoint}，" if self.checkpoint else "没有断点，"
            again = "同样的命令再运行一次，就从这里接着练" if self.checkpoint else "再来要从头练"
            raise Interrupted(
                f"停在第 {trainer.epoch + 1} 轮（共 {self.epochs} 轮），走了 {trainer.steps} 步；"
                f"{kept}{again}。"
            )
        return trainer


@contextmanager
def _interruptions() -> Iterator[threading.Event]:
    """在里面按 Ctrl-C 只是记下来；再按一次，才当场停下。"""
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed
        return
    before = signal.getsignal(signal.SIGINT)

    def press(number: int, frame: Any) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)
