// Authors' texts: plain, with `code` in backticks and *emphasis*. No DOM here.

const MARK = /`([^`]+)`|(?<![\p{L}\p{N}_*])\*([^\s*](?:[^*]*[^\s*])?)\*(?![\p{L}\p{N}_*])/gu;

/** A text as [kind, text] pairs, kind "text", "code" or "em": the twin of question/_words.py. */
export function pieces(text) {
  const found = [];
  let start = 0;
  for (const match of text.matchAll(MARK)) {
    found.push(["text", text.slice(start, match.index)], match[1] ? ["code", match[1]] : ["em", match[2]]);
    start = match.index + match[0].length;
  }
  return [...found, ["text", text.slice(start)]].filter(([, piece]) => piece);
}

/** A text as it is printed: a curved apostrophe within a word, and no line that breaks within 3 × 3. */
export function typeset(text) {
  return text.replace(/(?<=\p{L})'(?=\p{L})/gu, "’").replace(/(?<=\d) × (?=\d)/g, "\u00a0×\u00a0");
}

/** The text without its marks. */
export function plainText(text) {
  return pieces(text).map(([, piece]) => piece).join("");
}
