// Colours: the page's CSS variables, and the same ones for places that have none (JupyterLab, VS Code, Colab).

export const THEMES = {
  light: {
    bg: "#fcfbf8", surface: "#f4f2ec", text: "#22272e", muted: "#5a616b", line: "#dedad0", control: "#8a8578",
    accent: "#0f6a6e", "accent-soft": "#e3eeec", "on-accent": "#ffffff", a: "#2f6fb3", b: "#ac5108", good: "#2b7a3f", bad: "#b3362f",
  },
  dark: {
    bg: "#16191d", surface: "#1e2227", text: "#dbdee2", muted: "#9ea6b0", line: "#343a42", control: "#6b737d",
    accent: "#6cc4c0", "accent-soft": "#1d3234", "on-accent": "#10201f", a: "#7fb2ea", b: "#ef9d55", good: "#7cc48d", bad: "#ef8a80",
  },
};
const FONTS = { font: "system-ui, sans-serif", mono: "ui-monospace, monospace" };

/** A theme for drawing without a page. */
export function plainTheme(name) {
  return { ...THEMES[name], ...FONTS, dark: name === "dark" };
}

function isDark() {
  const { documentElement: html, body } = document;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false";
  if (body.className.includes("vscode-")) return /vscode-(dark|high-contrast)(?!-light)/.test(body.className);
  const named = html.dataset.theme || html.getAttribute("theme");
  if (named === "dark" || named === "light") return named === "dark";
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

const FORCED = "(forced-colors: active)";

/**
 * The theme of a reader who has chosen the colours of all pages: the system's for paper, ink and lines, and of our two themes
 * the one that fits the paper for what tells data apart.
 */
function forcedTheme(root) {
  const system = (name) => {
    root.style.color = name;
    return getComputedStyle(root).color;
  };
  const [bg, text, line, accent] = ["Canvas", "CanvasText", "GrayText", "LinkText"].map(system);
  root.style.color = "";
  const dark = parseColor(bg).reduce((sum, part) => sum + part) < 384;
  const own = { bg, surface: bg, text, muted: text, line, control: text, accent, "accent-soft": bg, "on-accent": bg };
  return { ...plainTheme(dark ? "dark" : "light"), ...own };
}

/** The page's theme at root; variables the page does not have are set on root, so style sheets may use them too. */
export function readTheme(root) {
  for (const name of Object.keys(THEMES.light)) root.style.removeProperty(`--d2l-${name}`);
  if (matchMedia(FORCED).matches) {
    const theme = forcedTheme(root);
    for (const name of Object.keys(THEMES.light)) root.style.setProperty(`--d2l-${name}`, theme[name]);
    return finishTheme(root, theme);
  }
  const page = getComputedStyle(document.documentElement);
  const dark = isDark();
  const theme = { ...plainTheme(dark ? "dark" : "light") };
  for (const name of Object.keys(theme)) {
    if (name === "dark") continue;
    const given = page.getPropertyValue(`--d2l-${name}`).trim();
    if (given) theme[name] = given;
    else root.style.setProperty(`--d2l-${name}`, theme[name]);
  }
  return finishTheme(root, theme);
}

function finishTheme(root, theme) {
  theme.font = getComputedStyle(root).fontFamily || theme.font;
  root.style.colorScheme = theme.dark ? "dark" : "light";
  return theme;
}

/** Call back when the page changes its theme; return the function that stops it. */
export function watchTheme(callback) {
  const observer = new MutationObserver(callback);
  const options = { attributes: true, attributeFilter: ["class", "data-theme", "data-mode", "theme", "data-jp-theme-name"] };
  observer.observe(document.documentElement, options);
  observer.observe(document.body, options);
  const systems = ["(prefers-color-scheme: dark)", FORCED].map((query) => matchMedia(query));
  for (const system of systems) system.addEventListener("change", callback);
  return () => {
    observer.disconnect();
    for (const system of systems) system.removeEventListener("change", callback);
  };
}

/** [r, g, b] of "#rgb", "#rrggbb" or "rgb(r, g, b)". */
export function parseColor(text) {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text.trim());
  if (hex) {
    const digits = hex[1].length === 3 ? [...hex[1]].map((d) => d + d).join("") : hex[1];
    return [0, 2, 4].map((i) => parseInt(digits.slice(i, i + 2), 16));
  }
  const parts = text.match(/[\d.]+/g) || [];
  return parts.length >= 3 ? parts.slice(0, 3).map(Number) : [128, 128, 128];
}

/** The colour a part t of the way from one to another, as "rgb(r, g, b)". */
export function mixColor(from, to, t) {
  const [a, b] = [parseColor(from), parseColor(to)];
  return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * t)).join(", ")})`;
}

/** 256 colours through the given stops, as bytes r, g, b in a row: for heat maps. */
export function makeRamp(...stops) {
  const colors = stops.map(parseColor);
  const ramp = new Uint8ClampedArray(768);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (colors.length - 1);
    const k = Math.min(colors.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) ramp[3 * i + c] = colors[k][c] + (colors[k + 1][c] - colors[k][c]) * (at - k);
  }
  return ramp;
}
