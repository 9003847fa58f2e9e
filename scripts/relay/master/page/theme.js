// theme.js: dark or light. A plain script in the head, so that the page is never painted in the wrong one first.
"use strict";

(() => {
  const root = document.documentElement;
  const wish = matchMedia("(prefers-color-scheme: dark)");

  // Storage can be forbidden; then a choice lasts as long as the page.
  const kept = () => {
    try { return localStorage.getItem("overview-theme"); } catch { return null; }
  };
  const keep = (theme) => {
    try { localStorage.setItem("overview-theme", theme); } catch { /* not kept */ }
  };

  const show = (theme) => {
    root.dataset.theme = theme;
    root.dispatchEvent(new Event("themechange"));
  };

  show(kept() ?? (wish.matches ? "dark" : "light"));
  wish.addEventListener("change", () => {
    if (!kept()) show(wish.matches ? "dark" : "light");
  });

  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("theme").addEventListener("click", () => {
      const theme = root.dataset.theme === "dark" ? "light" : "dark";
      keep(theme);
      show(theme);
    });
  });
})();
