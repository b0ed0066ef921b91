"""把训练到一半的 Trainer 存成检查点，再读回来接着走。"""

from __future__ import annotations

import os

from mlcore import checkpoint
from mlcore.train.loop import Trainer


def save(trainer: Trainer, path: str | os.PathLike[str]) -> None:
    """把 trainer 的一切存成检查点，见 :mod:`mlcore.checkpoint`；数据不存，只记下它的校验和。"""
    checkpoint.save(path, {"trainer": trainer.state_dict(), "samples": trainer.samples})


def restore(trainer: Trainer, path: str | os.PathLike[str]) -> None:
    """读 :func:`save` 存下的检查点，trainer 从那里接着走，得到的每一位都一样。

    Raises
    ------
    CheckpointError
        文件读不出来。
    ValueError
        数据、批量、网络或优化器不是存的时候那些。
    """
    state = checkpoint.load(path)
    if "trainer" not in state or "samples" not in state:
        raise ValueError(f"检查点 {path} 里不是一个 Trainer：只有 {'、'.join(state)}")
    then, now = state["samples"], trainer.samples
    if then != now:
        raise ValueError(f"检查点 {path} 是用别的数据或批量练的：{then}，现在是 {now}")
    trainer.load_state_dict(state["trainer"])
