"""内存怎样安排：哪些缓冲区合用一块，各在长数组的第几个字节。

三条规则，都只看指令表：

1. 只换形状的运算不做：结果是同一块内存的另一个看法（view）。
2. 逐元素的运算，如果它是某个输入最后的读者，就写在这个输入上（就地）。
3. 其余的中间结果，两个不同时活着的可以先后用同一段内存。
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from mlcore.replay.program import Instruction, Program, Slot

VIEWS = {
    **dict.fromkeys(("reshape", "permute", "slice"), 0),
    **dict.fromkeys(("reshape.backward", "permute.backward"), 0),
}
"""结果可以是第几个输入的另一个看法。"""

LOSSES = ("softmax_cross_entropy", "sigmoid_binary_cross_entropy", "mse")
"""前向留下的就是梯度：损失自己的梯度是 1 时，反向什么也不用做。"""

IN_PLACE: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("tanh", "relu", "sigmoid", "exp", "neg", "abs"), (0,)),
    # The kernels of the backward build the derivative first, on what was kept.
    **dict.fromkeys(("tanh.backward", "sigmoid.backward"), (1,)),
    "relu.backward": (1,),
    "exp.backward": (0, 1),
    **dict.fromkeys(("batch_norm", "layer_norm", "dropout"), (0,)),
    **dict.fromkeys(("batch_norm.backward", "layer_norm.backward"), (1,)),
    "dropout.backward": (0,),
    "neg.backward": (0,),
    **dict.fromkeys(("add", "sub", "mul", "div"), (0, 1)),
    **dict.fromkeys(("add.backward", "sub.backward"), (0,)),
    **dict.fromkeys(("softmax_cross_entropy", "mse"), (0,)),
    "cast": (),
}
"""结果可以写在第几个读的缓冲区上（形状、类型一样，而且那里面的东西不再有人要）。"""

LAYERS = ("convolution", "max_pool", "avg_pool", "batch_norm")
"""想要批排在最里面的运算：窗移到哪里，看到的都是一串连着的数。"""

SAME = ("tanh", "relu", "sigmoid", "exp", "neg", "abs", "add", "sub", "mul", "div", "dropout")
"""逐元素的运算：批怎样排都行，只要输入和结果一样。"""


def _backwards(*names: str) -> set[str]:
    return {*names, *[f"{name}.backward" for name in names]}


WANT_TURNED, PASS_ON = _backwards(*LAYERS), _backwards(*SAME, "reshape") | {"accumulate"}
# Operations whose kernels take any order of the axes.
ANY_ORDER = _backwards("linear", *LOSSES) | WANT_TURNED | PASS_ON
ALIGNMENT = 64


@dataclass(frozen=True)
class Plan:
    """排好的结果。

    Attributes
    ----------
    offset : dict
        中间结果的编号 → 在长数组里从第几个字节开始；合用的给同一个。
    view : dict
        编号 → 它是第几条指令的结果、只是哪个缓冲区的另一个看法；这条指令不用做。
    fortran : set
        批次那一维排在最里面的：批比宽长时，一次运算走得更远。
    size, naive : int
        长数组有多少字节；每个中间结果各占一块时要多少字节。
    """

    offset: dict[int, int]
    view: dict[int, tuple[int, int]]
    fortran: frozenset[int]
    size: int
    naive: int


def plan(program: Program) -> Plan:
    """给 program 的中间结果安排内存。"""
    slots, steps = program.slots, program.instructions
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    writes: dict[int, int] = defaultdict(int)
    for i, step in enumerate(steps):
        for slot in step.writes:
            first.setdefault(slot, i)
            writes[slot] += 1
        for slot in (*step.reads, *step.writes):
            last[slot] = i
    last[program.loss] = len(steps)
    order = _orders(program)

    block: dict[int, int] = {}
    ends: dict[int, int] = {}
    view: dict[int, tuple[int, int]] = {}
    loose: set[int] = set()  # Views that do not lie in one piece: they cannot be reshaped.
    for i, step in enumerate(steps):
        source = _viewed(program, step)
        for place, slot in enumerate(step.writes):
            if slots[slot].kind != "temporary" or first[slot] != i:
                continue
            if (
                source is not None
                and place == 0
                and not (step.op.startswith("reshape") and source in loose)
                and _may_view(source, slot, i, writes, last, slots, order)
            ):
                view[slot] = (source, i)
                if source in loose or step.op.startswith(("permute", "slice")):
                    loose.add(slot)
                if source in block:
                    block[slot] = block[source]
            else:
                taken = _in_place(step, slot, i, block, ends, view, slots, order)
                block[slot] = slot if taken is None else block[taken]
            if slot in block:
                root = block[slot]
                ends[root] = max(ends.get(root, 0), last[slot])

    roots = [slot for slot in block if block[slot] == slot]
    sizes = {root: _bytes(program, root) for root in roots}
    starts = _placed([(first[root], ends[root], sizes[root], root) for root in roots])
    total = max((starts[root] + sizes[root] for root in roots), default=0)
    return Plan(
        {slot: starts[root] for slot, root in block.items()},
        view,
        frozenset(order),
        total,
        sum(_bytes(program, slot.id) for slot in program.of_kind("temporary")),
    )


def _orders(program: Program) -> set[int]:
    """哪些中间结果把批排在最里面。

    二维的：批比宽长，而且谁读写它都行。多维的（还有摊平之后的）：与卷积、汇聚连着的才要，
    经过逐元素的运算、换形状，一路传下去。
    """
    slots = program.slots
    free = {slot.id for slot in program.of_kind("temporary") if len(slot.shape) > 1}
    reshaped: set[int] = set()
    groups: list[set[int]] = []
    wanted: set[int] = set()
    for step in program.instructions:
        touched = {*step.reads, *step.writes}
        if not _takes_any_order(program, step):
            free -= touched
        elif step.op.startswith("reshape"):
            reshaped |= touched
        if step.op in WANT_TURNED | PASS_ON:
            groups.append(touched)
        if step.op in WANT_TURNED:
            wanted |= {slot for slot in touched if len(slots[slot].shape) > 2}
    wanted &= free
    while True:
        more = {slot for group in groups if group & wanted for slot in group & free} - wanted
        if not more:
            break
        wanted |= more
    tall = {slot for slot in free - reshaped if len(slots[slot].shape) == 2}
    return wanted | {slot for slot in tall if slots[slot].shape[0] > slots[slot].shape[1]}


def _takes_any_order(program: Program, step: Instruction) -> bool:
    if step.op.startswith("reshape"):
        before, after = (program.slots[slot].shape for slot in (step.reads[0], step.writes[0]))
        return len(before) > 1 and len(after) > 1 and before[0] == after[0]
    if step.op.startswith("convolution"):
        return bool(step.attrs["forward"]["groups"] == 1)
    if step.op.startswith("linear") and len(program.slots[step.writes[0]].shape) > 2:
        return False
    return step.op in ANY_ORDER


def _viewed(program: Program, step: Instruction) -> int | None:
    if step.op in VIEWS:
        return step.reads[VIEWS[step.op]]
    name, _, back = step.op.partition(".")
    if back and name in LOSSES and step.attrs["needs"] == (True, False):
        seed = program.slots[step.reads[0]]
        kept = program.slots[step.reads[1]]
        if seed.kind == "constant" and kept.shape == step.attrs["shapes"][0]:
            return step.reads[1]
    return None


def _may_view(
    source: int,
    slot: int,
    i: int,
    writes: dict[int, int],
    last: dict[int, int],
    slots: tuple[Slot, ...],
    order: set[int],
) -> bool:
    if (source in order) != (slot in order):
        return False
    # What is changed later must be alone with its memory.
    return writes[slot] == 1 or (slots[source].kind == "temporary" and last[source] == i)


def _in_place(
    step: Instruction,
    slot: int,
    i: int,
    block: dict[int, int],
    ends: dict[int, int],
    view: dict[int, tuple[int, int]],
    slots: tuple[Slot, ...],
    order: set[int],
) -> int | None:
    for position in IN_PLACE.get(step.op, ()):
        read = step.reads[position]
        if (
            read in block
            and ends[block[read]] == i
            and read not in view
            and slots[read].shape == slots[slot].shape
            and slots[read].dtype == slots[slot].dtype
            and (read in order) == (slot in order)
        ):
            return read
    return None


def _bytes(program: Program, slot: int) -> int:
    size = program.slots[slot].size * np.dtype(program.slots[slot].dtype).itemsize
    return -(-size // ALIGNMENT) * ALIGNMENT


def _placed(blocks: list[tuple[int, int, int, int]]) -> dict[int, int]:
    """（从、到、字节数、名字）→ 起点：大的先放，放在同时活着的之间最低的空处。"""
    placed: list[tuple[int, int, int, int]] = []
    starts: dict[int, int] = {}
    for begin, end, size, name in sorted(blocks, key=lambda one: (-one[2], one[3])):
        at = 0
        for b, e, low, high in sorted(placed, key=lambda one: one[2]):
            if b <= end and begin <= e:
                if low >= at + size:
                    break
                at = max(at, high)
        placed.append((begin, end, at, at + size))
        starts[name] = at
    return starts
