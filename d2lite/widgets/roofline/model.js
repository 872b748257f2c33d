// What a layer asks of a machine, and what the machine's roofline allows. No DOM here.

export const BYTES = { fp32: 4, bf16: 2, int8: 1 };
export const BATCHES = Array.from({ length: 13 }, (_, k) => 2 ** k);

/**
 * Operations (a multiply-add is two), and bytes that are there once for the batch (weights) and once for each sample
 * (inputs, outputs, keys and values), of a layer { layer, width, side, context } in a data type.
 */
export function costOf({ layer, width, side, context }, type) {
  const size = BYTES[type];
  if (layer === "dense") return { work: 2 * width ** 2, fixed: size * width ** 2, each: size * 2 * width };
  if (layer === "convolution") return { work: 18 * width ** 2 * side ** 2, fixed: size * 9 * width ** 2, each: size * 2 * width * side ** 2 };
  if (layer === "attention") return { work: 4 * context * width, fixed: 0, each: size * (2 * context * width + 2 * width) };
  return { work: width, fixed: 0, each: size * 2 * width };
}

/** Operations and bytes of a batch, and operations a byte. */
export function loadOf(cost, batch) {
  const [work, bytes] = [cost.work * batch, cost.fixed + cost.each * batch];
  return { work, bytes, intensity: work / bytes };
}

/** The type a machine calculates in when asked for another: the next larger that it has, or else its largest. */
export function typeOn(peaks, asked) {
  const order = ["int8", "bf16", "fp32"];
  return order.slice(order.indexOf(asked)).find((type) => peaks[type]) ?? order.findLast((type) => peaks[type]);
}

/** Seconds a load takes at least, for its bytes and for its operations; peak and bandwidth in operations and bytes a second. */
export function timesOf({ work, bytes }, { peak, bandwidth }) {
  const [memory, arithmetic] = [bytes / bandwidth, work / peak];
  return { memory, arithmetic, whole: Math.max(memory, arithmetic) };
}

/** The roof: operations a second that are possible at so many operations a byte. */
export function roofAt(intensity, { peak, bandwidth }) {
  return Math.min(peak, intensity * bandwidth);
}

/** The least batch, perhaps a fraction, at which arithmetic takes as long as memory; Infinity where none does. */
export function batchAtRidge(cost, { peak, bandwidth }) {
  const spare = cost.work / (peak / bandwidth) - cost.each; // bytes a sample may add before memory is the limit again
  if (spare <= 0) return Infinity;
  return cost.fixed / spare;
}
