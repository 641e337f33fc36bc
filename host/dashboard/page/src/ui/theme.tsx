/** Light or dark: as the system has it, unless the visitor chooses. */

import { useState } from "preact/hooks";

const THEMES = ["auto", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];

const LABELS: Readonly<Record<Theme, string>> = { auto: "System", light: "Light", dark: "Dark" };
const KEY = "wasmote.theme";

export function savedTheme(): Theme {
  let saved: string | null = null;
  try {
    saved = localStorage.getItem(KEY);
  } catch {
    // A browser may keep nothing: then the system's stays.
  }
  return THEMES.find((theme) => theme === saved) ?? "auto";
}

/** Charts read their colours anew at `themechange`. */
export function applyTheme(theme: Theme): void {
  document.documentElement.setAttribute("data-theme", theme);
  window.dispatchEvent(new Event("themechange"));
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  window.dispatchEvent(new Event("themechange"));
});

export function ThemeSwitch() {
  const [theme, setTheme] = useState(savedTheme);
  const choose = (chosen: Theme): void => {
    setTheme(chosen);
    applyTheme(chosen);
    try {
      localStorage.setItem(KEY, chosen);
    } catch {
      // As above.
    }
  };
  return (
    <label class="field inline">
      <span>Theme</span>
      <select
        value={theme}
        onChange={(event) => choose(THEMES.find((each) => each === event.currentTarget.value) ?? "auto")}
      >
        {THEMES.map((each) => (
          <option key={each} value={each}>
            {LABELS[each]}
          </option>
        ))}
      </select>
    </label>
  );
}
