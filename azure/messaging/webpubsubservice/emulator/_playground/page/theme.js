// Runs before the page is painted, so that it does not flash in the other theme.
"use strict";

(() => {
  const themes = ["auto", "light", "dark"];
  let theme = "auto";
  try {
    theme = localStorage.getItem("theme") ?? "auto";
  } catch {
    // This browser does not keep anything, so the system's theme is used.
  }

  function apply(next) {
    theme = themes.includes(next) ? next : "auto";
    document.documentElement.dataset.theme = theme;
    const button = document.getElementById("theme");
    if (button) button.textContent = `Theme: ${theme}`;
  }

  apply(theme);
  document.addEventListener("DOMContentLoaded", () => {
    apply(theme);
    document.getElementById("theme").addEventListener("click", () => {
      apply(themes[(themes.indexOf(theme) + 1) % themes.length]);
      try {
        localStorage.setItem("theme", theme);
      } catch {
        // As above.
      }
    });
  });
})();
