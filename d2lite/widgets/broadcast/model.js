// Broadcasting: two shapes, aligned from the right. No DOM here.
const MOST_AXES = 5;
const LARGEST = 9999;
const MOST_DRAWN = { axes: 3, cells: 60, whole: [3, 6, 12], cut: [3, 4, 6] }; // of sheets, rows, columns; of longer axes a few
const NAMES = ["a", "b"];
const OPERATIONS = { add: (a, b) => a + b, subtract: (a, b) => a - b, multiply: (a, b) => a * b };

const product = (sizes) => sizes.reduce((a, b) => a * b, 1);

/** A typed shape: { shape } or, if it is none, { problem }, a sentence. It may be written as Python writes it; no axes: a single number. */
export function readShape(text, name) {
  const inner = text.trim().replace(/^torch\.Size/i, "").replace(/[()[\]]/g, " ").trim();
  const listed = inner.replace(/(\d)\s*[x×]\s*(?=\d)/g, "$1,").replace(/\s*,$/, "");
  const sizes = inner === "" ? [] : listed.split(/\s*,\s*|\s+/);
  const wrong = sizes.findIndex((size) => !/^\d+$/.test(size) || Number(size) > LARGEST);
  if (wrong >= 0) {
    const came = sizes[wrong] ? `“${sizes[wrong]}”` : "left out";
    return { problem: `Axis ${wrong + 1} of the shape of ${name} is ${came}: expected a whole number from 0 to ${LARGEST}, such as 3.` };
  }
  if (sizes.length > MOST_AXES) return { problem: `The shape of ${name} has ${sizes.length} axes: expected at most ${MOST_AXES}.` };
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
  if (kind === "clash") return `${place} clashes: a has ${a} and b has ${b}, and neither is 1, so neither can be stretched.`;
  const end = size === 0 ? "which becomes 0: nothing is left" : `stretched to ${size}`;
  if (kind === "missing") return `${place}: ${NAMES[which]} has none, which counts as 1${size === 1 ? "" : `, ${end}`}.`;
  return `${place}: ${NAMES[which]} has 1, ${end}.`;
}

/** What PyTorch and NumPy say of two shapes that clash: { torch, numpy, dimension, axis }, the messages word for word; null if they fit. */
export function errorMessages(first, second) {
  const axes = alignAxes(first, second);
  const clash = axes.findLast(({ kind }) => kind === "clash");
  if (!clash) return null;
  const [a, b] = clash.sizes;
  const dimension = clash.axis + axes.length;
  const tuple = (shape) => `(${shape.join(",")}${shape.length === 1 ? "," : ""})`;
  return {
    torch: `The size of tensor a (${a}) must match the size of tensor b (${b}) at non-singleton dimension ${dimension}`,
    numpy: `operands could not be broadcast together with shapes ${tuple(first)} ${tuple(second)}`,
    dimension,
    axis: clash.axis,
  };
}

/**
 * A change that makes two shapes fit, or null: { which, shape, how }. how: "reshape", the one with fewer axes gets axes of 1, as far to the right
 * as may be; "transpose", both have two axes and b is turned over.
 */
export function suggestFix(first, second) {
  const shapes = [first, second];
  const which = first.length < second.length ? 0 : 1;
  const fits = (shape) => broadcastShapes(...shapes.with(which, shape));
  for (let extra = 1; shapes[which].length + extra <= shapes[1 - which].length; extra++) {
    const shape = withOnes(shapes[which], extra).find(fits);
    if (shape) return { which, shape, how: "reshape" };
  }
  const turned = [...second].reverse();
  if (first.length === 2 && second.length === 2 && broadcastShapes(first, turned)) return { which: 1, shape: turned, how: "transpose" };
  return null;
}

/** A shape with so many more axes of 1, in all ways, those at the right end first. */
function withOnes(shape, extra) {
  if (extra === 0) return [shape];
  const ways = [];
  for (let place = shape.length; place >= 0; place--) {
    for (const left of withOnes(shape.slice(0, place), extra - 1)) ways.push([...left, 1, ...shape.slice(place)]);
  }
  return ways;
}

/** The index in a tensor from which a cell of the result is read. */
export function sourceIndex(shape, index) {
  return shape.map((size, i) => (size === 1 ? 0 : index[index.length - shape.length + i]));
}

/** The k-th value of tensor a (0) or b (1): 10, 20, ..., 90 or 1, 2, ..., 9, over and over. */
export function valueOf(which, k) {
  return ((k % 9) + 1) * (which ? 1 : 10);
}

function ravel(shape, index) {
  return index.reduce((k, i, axis) => k * shape[axis] + i, 0);
}

/** One cell of the result: { index, sources, values, result }. */
export function workOut(first, second, operation, index) {
  const sources = [first, second].map((shape) => sourceIndex(shape, index));
  const values = [first, second].map((shape, which) => valueOf(which, ravel(shape, sources[which])));
  return { index, sources, values, result: OPERATIONS[operation](...values) };
}

/**
 * The indices of each axis that are drawn, a list an axis: all of them, or the first few and the last; of axes before the last three, the
 * first alone. Where the two clash, the larger size is drawn. Null if there is nothing to draw.
 */
export function shownIndices(first, second) {
  const sizes = alignAxes(first, second).map(({ size, sizes }) => size ?? Math.max(...sizes));
  if (sizes.includes(0)) return null;
  const whole = Math.max(0, sizes.length - MOST_DRAWN.axes);
  const counts = sizes.map((size, i) => (i < whole ? 1 : size > MOST_DRAWN.whole.at(i - sizes.length) ? MOST_DRAWN.cut.at(i - sizes.length) : size));
  while (product(counts) > MOST_DRAWN.cells) counts[counts.indexOf(Math.max(...counts))] -= 1;
  return counts.map((count, i) => Array.from({ length: count }, (_, k) => (i >= whole && k > 0 && k === count - 1 ? sizes[i] - 1 : k)));
}

/** The indices of all cells that are drawn, row by row. */
export function shownCells(shown) {
  return shown.reduce((cells, list) => cells.flatMap((cell) => list.map((i) => [...cell, i])), [[]]);
}

/**
 * The cells of one of the two tensors, stretched over what is drawn: [{ value, kind }]. kind: "own"; "copy", where a value is read again; or
 * "absent" (value null), where the tensor ends before the other does.
 */
export function stretchedCells(shapes, which, shown) {
  const shape = shapes[which];
  const offset = shown.length - shape.length;
  const stretched = alignAxes(...shapes).map((axis) => axis.which === which);
  return shownCells(shown).map((index) => {
    const from = shape.map((_, i) => (stretched[offset + i] ? 0 : index[offset + i]));
    if (from.some((i, axis) => i >= shape[axis])) return { value: null, kind: "absent" };
    return { value: valueOf(which, ravel(shape, from)), kind: index.some((i, axis) => i > 0 && stretched[axis]) ? "copy" : "own" };
  });
}
