// In <head>, not deferred: no flash of the wrong theme. Without a choice the system decides.
try { var t = localStorage.getItem("theme"); if (t) document.documentElement.dataset.theme = t; } catch (e) {}
