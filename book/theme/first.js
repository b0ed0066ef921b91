// 先于第一次绘制：读回读者选过的主题，认出是双击打开的（那时模块和 worker 都不能用）。
(function (root) {
  try {
    var theme = localStorage.getItem('zhi-theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
  } catch (error) {}
  root.classList.add(location.protocol === 'file:' ? 'from-file' : 'scripted');
})(document.documentElement);
