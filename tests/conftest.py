"""所有测试共用的设置：性质测试的例子固定下来，慢机器上也不因为时间而失败。"""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "book", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("book")
