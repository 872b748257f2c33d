// Broadcasting: two shapes, aligned from the right. No DOM here.
const MOST_AXES = 5;
const LARGEST = 9999;
const MOST_DRAWN = { axes: 3, cells: 60 };
const NAMES = ["first", "second"];
const OPERATIONS = { add: (a, b) => a + b, multiply: (a, b) => a * b };

/** A typed shape: { shape } or, if it is none, { problem }, a sentence. It may be written as Python writes it; no axes: a single number. */
export function readShape(text, name) {
  const inner = text.trim().replace(/^torch\.Size/i, "").replace(/[()[\]]/g, " ").trim();
  const listed = inner.replace(/(\d)\s*[x×]\s*(?=\d)/g, "$1,").replace(/\s*,$/, "");
  const sizes = inner === "" ? [] : listed.split(/\s*,\s*|\s+/);
  const wrong = sizes.findIndex((size) => !/^\d+$/.test(size) || Number(size) > LARGEST);
  if (wrong >= 0) {
    const came = sizes[wrong] ? `“${sizes[wrong]}”` : "left out";
    return { problem: `Axis ${wrong + 1} of the ${name} shape is ${came}: expected a whole number from 0 to ${LARGEST}, such as 3.` };
  }
  if (sizes.length > MOST_AXES) return { problem: `The ${name} shape has ${sizes.length} axes: expected at most ${MOST_AXES}.` };
  return { shape: sizes.map(Number) };
}

/**
 * Two shapes side by side, from the left: [{ axis, sizes, kind, which, size }]. axis counts from the right, -1 the last; sizes has null
 * where a shape has no such axis; kind: "equal", "stretched", "missing" or "clash"; which: the shape (0 or 1) that is stretched; size: the
 * result's, null at a clash.
 */
export function alignAxes(first, second) {
  const count = Math.max(first.length, second.length);
  return Array.from({ length: count }, (_, i) => {
    const sizes = [first, second].map((shape) => shape[shape.length - count + i] ?? null);
    return { axis: i - count, sizes, ...compare(sizes) };
  });
}

function compare([a, b]) {
  if (a === null) return { kind: "missing", which: 0, size: b };
  if (b === null) return { kind: "missing", which: 1, size: a };
  if (a === b) return { kind: "equal", which: null, size: a };
  if (a === 1) return { kind: "stretched", which: 0, size: b };
  if (b === 1) return { kind: "stretched", which: 1, size: a };
  return { kind: "clash", which: null, size: null };
}

/** The result's shape, or null if the two clash. */
export function broadcastShapes(first, second) {
  const sizes = alignAxes(first, second).map(({ size }) => size);
  return sizes.includes(null) ? null : sizes;
}

/** What happens along an axis, in a sentence. */
export function explainAxis({ axis, sizes: [a, b], kind, which, size }) {
  const place = `Axis\u00a0${axis}`.replace("-", "−");
  if (kind === "equal") return `${place}: both have ${size}.`;
  if (kind === "clash") return `${place} clashes: the first has ${a} and the second ${b}, and neither is 1, so neither can be stretched.`;
  const end = size === 0 ? "which becomes 0: nothing is left" : `stretched to ${size}`;
  if (kind === "missing") return `${place}: the ${NAMES[which]} has none, which counts as 1${size === 1 ? "" : `, ${end}`}.`;
  return `${place}: the ${NAMES[which]} has 1, ${end}.`;
}

/** The shorter shape with axes of 1 at its right end, if that makes the two fit: { which, shape }; else null. */
export function suggestShape(first, second) {
  const which = first.length < second.length ? 0 : 1;
  const shapes = [first, second];
  for (let shape = [...shapes[which], 1]; shape.length <= shapes[1 - which].length; shape = [...shape, 1]) {
    if (broadcastShapes(...(which ? [first, shape] : [shape, second]))) return { which, shape };
  }
  return null;
}

/** Index in each axis of the k-th cell of a shape, row by row. */
export function unravel(shape, k) {
  const index = [];
  for (const size of [...shape].reverse()) {
    index.unshift(k % size);
    k = Math.floor(k / size);
  }
  return index;
}

/** The index in a tensor from which a cell of the result is read. */
export function sourceIndex(shape, index) {
  return shape.map((size, i) => (size === 1 ? 0 : index[index.length - shape.length + i]));
}

/** The k-th value of the first (0) or second (1) tensor: 10, 20, ..., 90 or 1, 2, ..., 9, over and over. */
export function valueOf(which, k) {
  return ((k % 9) + 1) * (which ? 1 : 10);
}

function ravel(shape, index) {
  return index.reduce((k, i, axis) => k * shape[axis] + i, 0);
}

/** One cell of the result: { index, sources, values, result }. */
export function workOut(first, second, operation, k) {
  const index = unravel(broadcastShapes(first, second), k);
  const sources = [first, second].map((shape) => sourceIndex(shape, index));
  const values = [first, second].map((shape, which) => valueOf(which, ravel(shape, sources[which])));
  return { index, sources, values, result: OPERATIONS[operation](...values) };
}

/** Sizes of what is drawn, where the two clash the larger one; null if it has too many cells or axes, or none. */
export function drawnShape(first, second) {
  const shape = alignAxes(first, second).map(({ size, sizes }) => size ?? Math.max(...sizes));
  const cells = shape.reduce((a, b) => a * b, 1);
  return shape.length <= MOST_DRAWN.axes && cells <= MOST_DRAWN.cells && cells > 0 ? shape : null;
}

/**
 * The cells of one of the two tensors, stretched over what is drawn: [{ value, kind }]. kind: "own"; "copy", where a value is read again; or
 * "absent" (value null), where the tensor ends before the other does.
 */
export function stretchedCells(shapes, which, drawn) {
  const shape = shapes[which];
  const offset = drawn.length - shape.length;
  const stretched = alignAxes(...shapes).map((axis) => axis.which === which);
  return Array.from({ length: drawn.reduce((a, b) => a * b, 1) }, (_, k) => {
    const index = unravel(drawn, k);
    const from = shape.map((_, i) => (stretched[offset + i] ? 0 : index[offset + i]));
    if (from.some((i, axis) => i >= shape[axis])) return { value: null, kind: "absent" };
    return { value: valueOf(which, ravel(shape, from)), kind: index.some((i, axis) => i > 0 && stretched[axis]) ? "copy" : "own" };
  });
}
