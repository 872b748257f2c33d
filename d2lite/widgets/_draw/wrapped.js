// What pictures of character models share: how a character is shown, where it stands in a wrapped text, how a chance is written.
import { formatNumber } from "../_core/format.js";

const VISIBLE = { " ": "␣", "\n": "↵", "\ufffd": "other" };

export const showCharacter = (c) => VISIBLE[c] || c;

/** Where each character of a text stands, [column, row], words kept whole where they fit, a space after a full row at its end; the last is the end's. */
export function layOut(characters, columns) {
  const places = [];
  let [column, row] = [0, 0];
  for (let t = 0; t < characters.length; t++) {
    const first = t === 0 || /\s/.test(characters[t - 1]);
    if (first && column > 0) {
      let end = t;
      while (end < characters.length && !/\s/.test(characters[end]) && end - t <= columns) end++;
      if (column + end - t > columns && end - t <= columns) [column, row] = [0, row + 1];
    }
    if (column > columns || (column === columns && characters[t] !== " ")) [column, row] = [0, row + 1];
    places.push([column, row]);
    column++;
    if (characters[t] === "\n") [column, row] = [0, row + 1];
  }
  places.push(column >= columns ? [0, row + 1] : [column, row]);
  return places;
}

/** The place of a wrapped text that is nearest to a point: of [column, row] each step wide and line high, from [6, 2]. */
export function nearestPlace(places, step, line, px, py) {
  const row = Math.floor((py - 2) / line);
  const distance = ([column, r]) => Math.abs(r - row) * 1e4 + Math.abs(6 + column * step - px);
  return places.reduce((best, place, t) => (distance(place) < distance(places[best]) ? t : best), 0);
}

export function formatShare(p) {
  return p >= 0.0995 ? `${Math.round(100 * p)}%` : p >= 0.001 ? `${formatNumber(100 * p, 2)}%` : "<0.1%";
}
