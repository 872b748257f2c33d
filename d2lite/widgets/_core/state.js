// An explorer's state as text: links in and out, and the same state as a cell of Python. Pure: no DOM.
// A spec is the list of traits that Python describes: { name, kind, default, label, min, max, choices, ... }.
import { capitalized, formatCounted, formatNumber, parseNumber } from "./format.js";

export const MAX_LINK = 40000; // characters; longer links are refused whole
const MAX_SHOWN = 40;
const MAX_NOTES = 4;
const SENTENCE_END = /[.,;:!?)\]}"'”’»]+$/;

/** The choices of a trait, the first dozen by name. */
function listed(choices) {
  const rest = choices.length - 12;
  return choices.slice(0, 12).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

function shorten(raw) {
  const text = String(raw).replace(/\s+/g, " ");
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function clampNumber(entry, value, whole) {
  const inside = Math.min(entry.max, Math.max(entry.min, value));
  return whole ? Math.round(inside) : inside;
}

function coerceNumber(entry, raw, label) {
  const asked = typeof raw === "number" ? raw : parseNumber(raw);
  const range = `${formatNumber(entry.min)} to ${formatNumber(entry.max)}`;
  if (Number.isNaN(asked)) return { note: `${label} cannot be “${shorten(raw)}”: it is a number from ${range}.` };
  const value = clampNumber(entry, asked, entry.kind === "integer");
  if (value === asked) return { value };
  return { value, note: `${label} cannot be ${formatNumber(asked)}: ${formatNumber(value)} is used (${range}).` };
}

function coerceList(entry, raw, label) {
  const items = Array.isArray(raw) ? raw.flat() : raw === "" ? [] : String(raw).split(",");
  const width = entry.kind === "rows" ? entry.columns.length : 1;
  const count = items.length / width;
  const numbers = items.map((item) => (typeof item === "number" ? item : parseNumber(item)));
  if (!Number.isInteger(count) || count > entry.max_length || (entry.length && count !== entry.length)) {
    return { note: `${label} does not have the right number of values, so it is left out.` };
  }
  if (numbers.some(Number.isNaN)) return { note: `${label} holds something that is not a number, so it is left out.` };
  const column = (i) => (entry.kind === "rows" ? entry.columns[i % width] : entry);
  const inside = numbers.map((n, i) => clampNumber(column(i), n, column(i).integer));
  const moved = inside.some((n, i) => n !== numbers[i]);
  const value = width === 1 && entry.kind !== "rows" ? inside : chunk(inside, width);
  return moved ? { value, note: `Some of ${label} was outside its range and has been moved inside.` } : { value };
}

function chunk(flat, width) {
  return Array.from({ length: flat.length / width }, (_, i) => flat.slice(i * width, (i + 1) * width));
}

/** A raw value or text as the trait's value: { value, note }; value is undefined where it is refused. */
export function coerce(entry, raw) {
  const label = capitalized(entry.label);
  if (entry.kind === "real" || entry.kind === "integer") return coerceNumber(entry, raw, label);
  if (entry.kind === "numbers" || entry.kind === "rows") return coerceList(entry, raw, label);
  if (entry.kind === "choice") {
    const value = entry.choices.find((choice) => String(choice) === String(raw));
    if (value !== undefined) return { value };
    return { note: `${label} cannot be “${shorten(raw)}”: it is one of ${listed(entry.choices)}.` };
  }
  if (entry.kind === "flag") {
    const value = { true: true, false: false, 1: true, 0: false }[String(raw).toLowerCase()];
    return value === true || value === false ? { value } : { note: `${label} cannot be “${shorten(raw)}”: it is true or false.` };
  }
  const text = String(raw);
  if (/\p{Surrogate}/u.test(text)) return { note: `${label} holds half a character, so it is left out.` };
  if (text.length <= entry.max_length) return { value: text };
  return { note: `${label} is longer than ${entry.max_length} characters, so it is left out.` };
}

function decode(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** The names a spec lets a link set. */
export function linkEntries(spec) {
  return spec.filter((entry) => !entry.output);
}

/**
 * What a link's hash says to the explorer called id: { values, hide, more, notes }, or null when it speaks to another.
 * Whatever the hash holds, values are within their traits' ranges and notes are plain text.
 */
export function parseHash(hash, id, spec) {
  const body = plainBody(String(hash).replace(/^#/, ""));
  const split = body.indexOf("?");
  if (split < 0 || decode(body.slice(0, split)) !== id) return null;
  const result = { values: {}, hide: [], notes: [] };
  if (body.length > MAX_LINK) {
    result.notes.push(`The link is longer than ${MAX_LINK} characters, so it is not used.`);
    return result;
  }
  for (const part of body.slice(split + 1).split("&")) {
    if (part !== "") readPart(part, linkEntries(spec), result);
  }
  const more = result.notes.length - MAX_NOTES;
  if (more > 0) result.notes.splice(MAX_NOTES, more, `And ${formatCounted(more, "more part", "more parts")} of the link ${more === 1 ? "was" : "were"} not used as they are.`);
  return result;
}

/** A link as it was written: mail programs write its marks as %3F, %3D and %26, or its & as &amp;. */
function plainBody(body) {
  const isWhole = body.includes("?") && (body.includes("=") || !body.includes("%3D"));
  return ((isWhole ? null : decode(body)) ?? body).replaceAll("&amp;", "&");
}

/** A value as coerce reads it; at a link's end also without the marks of the sentence it stood in. */
function readValue(entry, raw) {
  const read = coerce(entry, raw);
  const bare = raw.replace(SENTENCE_END, "");
  if (!read.note || bare === raw) return read;
  const again = coerce(entry, bare);
  return again.note ? read : again;
}

function readPart(part, entries, result) {
  const split = part.indexOf("=");
  const name = decode(split < 0 ? part : part.slice(0, split));
  const raw = split < 0 ? "" : decode(part.slice(split + 1));
  if (name === null || raw === null) {
    result.notes.push(`The link holds “${shorten(part)}”, which cannot be read.`);
  } else if (name === "hide") {
    const items = raw.replace(SENTENCE_END, "").split(",").slice(0, 50);
    const isName = (item) => /^[a-z0-9_]{1,40}$/.test(item);
    const other = items.find((item) => item && !isName(item));
    result.hide = items.filter(isName);
    if (other) result.notes.push(`The link hides “${shorten(other)}”, which is not known here.`);
  } else if (name === "more") {
    result.more = /^(1|true)/.test(raw); // whether the fold of further settings is open
  } else {
    const entry = entries.find((candidate) => candidate.name === name);
    const { value, note } = entry ? readValue(entry, raw) : { note: `The link sets “${shorten(name)}”, which is not known here.` };
    if (value !== undefined) result.values[name] = value;
    if (note) result.notes.push(note);
  }
}

const MAX_TOLD = 6; // numbers of a list

function tellValue({ kind, choices, names, unit, label }, value) {
  const to = /\b(across|at|by|from|of|on|over|show|towards|with)$/.test(label) ? label : `${label} to`; // mask of shoe, not mask of to shoe
  if (kind === "choice") return `${to} ${names[choices.findIndex((choice) => choice === value)]}${unit || ""}`;
  if (kind === "flag") return `${label} ${value ? "on" : "off"}`;
  if (kind === "text") return value === "" ? `${label} to nothing` : `${label} to “${shorten(value)}”`;
  const numbers = [value].flat(Infinity);
  if (!numbers.length) return `${label} to none${kind === "rows" && !names ? " of your own" : ""}`;
  if (kind === "rows" && value.length > 1) return `${label} to ${value.length} of your own`;
  if (names) return `${label} to ${numbers.map((number) => names[number]).join(", ")}`;
  const text = numbers.length > MAX_TOLD ? `${numbers.length} values` : numbers.map((number) => formatNumber(number)).join(", ");
  return `${to} ${text}${unit && !/^[%/°]/.test(unit) ? " " : ""}${unit || ""}`;
}

/**
 * Values by name in words: "forget gate to closed and learning rate to 0.1". Of a choice and a list under one label, such as the
 * kernel's name and its numbers, one is told: the list where it holds something. What is silent says its place in the picture.
 * tell has an explorer's own words for some.
 */
export function tellValues(values, spec, tell = {}) {
  const entries = spec.filter(({ name }) => name in values);
  const isFull = ({ name }) => [values[name]].flat().length > 0;
  const isSaid = (entry) => {
    const twins = entries.filter((other) => other.label === entry.label && other !== entry);
    if (entry.silent) return entries.length === 1;
    return Array.isArray(values[entry.name]) ? isFull(entry) || !twins.length : !twins.some(isFull);
  };
  const told = Object.entries(values)
    .map(([name, value]) => [entries.find((entry) => entry.name === name), value])
    .filter(([entry]) => isSaid(entry))
    .map(([entry, value]) => tell[entry.name]?.(value, values) ?? tellValue(entry, value));
  return told.length > 1 ? `${told.slice(0, -1).join(", ")} and ${told.at(-1)}` : told.join();
}

/** The hash that brings back a state: the explorer's id, then every trait, an emptied list as one; whether the fold is open. */
export function formatHash(id, spec, values, hide = [], more = undefined) {
  const parts = linkEntries(spec).map(({ name }) => `${name}=${encodeURIComponent(String(values[name])).replace(/%2C/g, ",")}`);
  if (hide.length) parts.push(`hide=${hide.join(",")}`);
  if (more !== undefined) parts.push(`more=${Number(more)}`);
  return `#${id}?${parts.join("&")}`;
}

/** Whether two values, or dicts of them, are the same. */
export function same(a, b) {
  return JSON.stringify(a) === JSON.stringify(b);
}

function pythonLiteral(value) {
  if (Array.isArray(value)) return `[${value.map(pythonLiteral).join(", ")}]`;
  if (typeof value === "boolean") return value ? "True" : "False";
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** A cell of Python that makes an explorer in this state; call is such as "d2lite.widgets.BoundaryExplorer". */
export function formatPython(call, spec, values) {
  const parts = linkEntries(spec)
    .filter((entry) => !same(values[entry.name], entry.default))
    .map(({ name }) => `${name}=${pythonLiteral(values[name])}`);
  return `import ${call.split(".")[0]}\n\n${call}(${parts.join(", ")})`;
}
