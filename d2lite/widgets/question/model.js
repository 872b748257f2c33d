// A question: what a typed answer means, and whether an answer is right. No DOM here.
// content is what Python checked: kind "choice", "number" or "order", prompt and what belongs to the kind.
import { formatCount, formatNumber, parseNumber } from "../_core/format.js";
import { plainText } from "../_core/prose.js";

export { pieces, typeset } from "../_core/prose.js";

const CLOSE = 1e-9; // what a sum in another order may differ by
const EXAMPLES = "such as 0.5, 1/2, 1e-3 or 50%";

/** A typed answer as a number, or NaN: 0.5, 0,5, 1/2, 1e-3, 50%, 60,000 and 60 000; its unit may stand after it. */
export function parseAnswer(typed, unit = "") {
  let text = String(typed).trim();
  const inPercent = unit.trim() === "%";
  if (unit && text.endsWith(unit)) text = text.slice(0, -unit.length).trim();
  else if (text.endsWith("%")) return inPercent ? NaN : parseAnswer(text.slice(0, -1)) / 100;
  const parts = text.split(/[/⁄÷]/);
  if (parts.length > 2) return NaN;
  const [above, below = 1] = parts.map((part) => parseNumber(withoutGroups(part.trim())));
  return below === 0 ? NaN : above / below;
}

/** 60,000 and 60 000 without what groups their digits; 0,125 has a decimal comma. */
function withoutGroups(text) {
  return /^[+−–-]?[1-9]\d{0,2}([,\s]\d{3})+(\.\d+)?$/.test(text) ? text.replace(/[,\s]/g, "") : text;
}

/** How far from a number one may be and mean it. */
export function allowance(number, tolerance) {
  return Math.max(tolerance, CLOSE) * (Math.abs(number) || 1);
}

/** A number, as precise as the tolerance asks. */
function formatValue({ answer, tolerance }) {
  const digits = Math.min(12, Math.max(3, Math.ceil(1 - Math.log10(Math.max(tolerance, CLOSE)))));
  const isPlain = Number.isInteger(answer) && Math.abs(answer) < 1e12;
  return isPlain ? formatCount(answer) : formatNumber(answer, digits, digits - 1);
}

/** A number and its unit. */
export function formatAnswer({ answer, unit, tolerance }) {
  const text = formatValue({ answer, tolerance });
  return unit ? `${text}${unit.trim() === "%" ? "" : "\u00a0"}${unit}` : text;
}

/** The right answer, in the form in which a reader gives one: an index, a text, or the indices in order. */
export function rightAnswer({ kind, options, items, answer, tolerance }) {
  if (kind === "choice") return options.findIndex(({ right }) => right);
  if (kind === "number") {
    const told = formatValue({ answer, tolerance }); // 0.2, not 0.19999999999999996
    return Math.abs(parseAnswer(told) - answer) <= allowance(answer, tolerance) ? told : String(answer);
  }
  return items.map((_, i) => i).sort((a, b) => items[a].value - items[b].value);
}

/** What there is before the reader has done anything. */
export function emptyAnswer({ kind, items }) {
  return kind === "choice" ? -1 : kind === "number" ? "" : items.map((_, i) => i);
}

/** Whether a value, of a browser's memory perhaps, is an answer to this question. */
export function isAnswer({ kind, options, items }, given) {
  if (kind === "choice") return Number.isInteger(given) && given >= 0 && given < options.length;
  if (kind === "number") return typeof given === "string" && given.length <= 60;
  return Array.isArray(given) && given.length === items.length && items.every((_, i) => given.includes(i));
}

/** { verdict: "right", "wrong" or "unreadable" (no answer yet), reply: the sentence for it }. */
export function judge(content, given) {
  if (content.kind === "choice") return judgeChoice(content, given);
  if (content.kind === "number") return judgeNumber(content, given);
  const right = rightAnswer(content);
  const count = given.filter((item, place) => item === right[place]).length;
  if (count === right.length) return { verdict: "right", reply: content.reply };
  const words = count === 0 ? "None of them stands in its" : count === 1 ? "One of them stands in its" : `${count} of them stand in their`;
  return { verdict: "wrong", reply: `${words} place.` };
}

function judgeChoice({ options }, given) {
  const option = options[given];
  if (!option) return { verdict: "unreadable", reply: "Choose an answer first." };
  return { verdict: option.right ? "right" : "wrong", reply: option.reply };
}

function judgeNumber(content, given) {
  const { answer, unit, tolerance, wrong, reply } = content;
  const value = parseAnswer(given, plainText(unit));
  if (!String(given).trim()) return { verdict: "unreadable", reply: `Write a number first, ${EXAMPLES}.` };
  if (!Number.isFinite(value)) {
    return { verdict: "unreadable", reply: `“${given.trim().slice(0, 30)}” is not a number: expected one ${EXAMPLES}.` };
  }
  if (Math.abs(value - answer) <= allowance(answer, tolerance)) {
    return { verdict: "right", reply: `It is ${formatAnswer(content)}. ${reply}`.trim() };
  }
  const distance = (entry) => Math.abs(value - entry.value);
  const near = wrong.filter((entry) => distance(entry) <= allowance(entry.value || answer, tolerance));
  const [known] = near.sort((a, b) => distance(a) - distance(b));
  return { verdict: "wrong", reply: known?.reply ?? plainHint(value, answer, tolerance) };
}

/** What can be said of a number that no misunderstanding gives. */
function plainHint(value, answer, tolerance) {
  const isNear = (number) => Math.abs(number - answer) <= allowance(answer, tolerance);
  if (answer !== 0 && isNear(-value)) return "The size is right, and the sign is not.";
  if (answer !== 0 && (isNear(value / 100) || isNear(value * 100))) {
    return `That is 100 times too ${isNear(value / 100) ? "large" : "small"}.`;
  }
  return value > answer ? "It is less than that." : "It is more than that.";
}

/** A list with the entry at one place moved to another. */
export function moved(list, from, to) {
  const rest = list.filter((_, i) => i !== from);
  return [...rest.slice(0, to), list[from], ...rest.slice(to)];
}
