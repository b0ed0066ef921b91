"""书里的交互图：每章一个模块，共用这里的控件、基类和会话。"""

from mlcore.explorables.base import Explorable, Scene
from mlcore.explorables.controls import (
    Button,
    Choice,
    Control,
    Dataset,
    Matrix,
    Numbers,
    Pad,
    Point,
    Slider,
    Toggle,
)
from mlcore.explorables.session import Session, class_path, load_class

__all__ = [
    "Button",
    "Choice",
    "Control",
    "Dataset",
    "Explorable",
    "Matrix",
    "Numbers",
    "Pad",
    "Point",
    "Scene",
    "Session",
    "Slider",
    "Toggle",
    "class_path",
    "load_class",
]
