// The oldest browser kernel that our pages are made for, and what a style sheet must not hold because of it. WeChat on Android and
// the web views of old phones keep their kernel for years.
//
//   pages, style sheets, scripts of the payer's pages   Chromium 86 (2020-10), Safari 14
//   the program that makes the manager's screens live   Chromium 96: WebAssembly with reference types. Before that the manager's
//                                                       pages are plain pages: everything can be read, signed into and set.
//
// What an old kernel passes over without harm is allowed: a declaration that it does not know beside one that it does (100dvh after
// 100vh), or a rule that only embellishes. What makes it drop a whole rule or lose its layout is refused here; after_build.mjs
// refuses to deliver such a sheet.
export const OLDEST = "Chromium 86";

const TOO_NEW = [
  [/@media[^{]*\(\s*(width|height)\s*[<>=]/, "a range in a media query (Chromium 104): write min-width or max-width"],
  [/@media[^{]*[\d.]+\w*\s*[<>]=?\s*(width|height)/, "a range in a media query (Chromium 104): write min-width or max-width"],
  [/@(layer|container|property|scope|starting-style|view-transition)\b/, "an at-rule that is dropped whole (Chromium 85 to 118)"],
  [/:has\(/, ":has() (Chromium 105)"],
  [/:(is|where)\(/, ":is() and :where() (Chromium 88)"],
  [/:not\([^()]*,/, ":not() with a list (Chromium 88)"],
  [/[{;]\s*inset(-inline|-block)?(-start|-end)?\s*:/, "inset (Chromium 87): write top, right, bottom, left"],
  [/[{;]\s*aspect-ratio\s*:/, "aspect-ratio (Chromium 88): give the picture its width and height"],
  [/[{;]\s*(translate|rotate|scale)\s*:/, "translate, rotate and scale as properties (Chromium 104): write transform"],
  [/\b(color-mix|oklch|oklab|lch|lab|hwb|light-dark|color)\(/, "a colour function (Chromium 101 to 123)"],
  [/\b(round|rem|mod|sin|cos|pow|hypot)\(/, "a mathematical function (Chromium 111 to 125)"],
];

/** What of `css` the oldest kernel would stumble over, as sentences; nothing when it understands all of it. */
export function tooNew(css) {
  const plain = css.replace(/\/\*[\s\S]*?\*\//g, "").replace(/"[^"]*"|'[^']*'/g, '""');
  const found = TOO_NEW.filter(([sign]) => sign.test(plain)).map(([sign, sentence]) => `${sentence}: ${sign.exec(plain)[0].trim()}`);
  return nested(plain) ? [...found, "a rule inside a rule (Chromium 112)"] : found;
}

/** Whether a style rule holds another; only at-rules may. */
function nested(css) {
  const open = [];
  for (const [, before, brace] of css.matchAll(/([^{};]*)([{};])/g)) {
    if (brace === "}") open.pop();
    if (brace !== "{") continue;
    if (open.length && !open[open.length - 1].startsWith("@")) return true;
    open.push(before.trim());
  }
  return false;
}

/** The sheet without comments and needless white space; no word of it is rewritten. */
export function squeezed(css) {
  return css
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\s+/g, " ")
    .replace(/ ?([{}]) ?|([;,>:]) /g, "$1$2")
    .replace(/;}/g, "}")
    .trim();
}
