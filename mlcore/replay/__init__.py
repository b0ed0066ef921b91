"""录下一步训练，再重放：不建图，不要新的内存。

:func:`record` 得到一份可以打印、可以画的 :class:`Program`；:class:`Replay` 按批的形状录、存、重放，
NumPy 和 torch 都行。
"""

from mlcore.replay.program import Instruction as Instruction
from mlcore.replay.program import Program as Program
from mlcore.replay.program import Slot as Slot
from mlcore.replay.record import NotRecordable as NotRecordable
from mlcore.replay.record import record as record
from mlcore.replay.replay import Replay as Replay
