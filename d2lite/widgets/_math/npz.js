// NumPy's .npz files, as `d2lite.models.weights.save` writes them: a zip archive of arrays. No DOM here.

const MOST = 4_000_000; // bytes of a file, and of each array in it
const TYPES = { "|i1": Int8Array, "<f4": Float32Array, "<f8": Float64Array };

/** The arrays of a file by name: { shape, values }, or a text where the array is one; an Error says why it is none. */
export async function readNpz(buffer) {
  if (buffer.byteLength > MOST) throw new Error(`the file has ${(buffer.byteLength / 1e6).toFixed(1)} MB: expected at most ${MOST / 1e6}`);
  const view = new DataView(buffer);
  const found = {};
  for (const { name, method, size, full, offset } of directory(view)) {
    if (full > MOST) throw new Error(`${name} has ${(full / 1e6).toFixed(1)} MB: expected at most ${MOST / 1e6}`);
    const start = offset + 30 + view.getUint16(offset + 26, true) + view.getUint16(offset + 28, true);
    const packed = new Uint8Array(buffer, start, size);
    found[name.replace(/\.npy$/, "")] = readArray(method === 0 ? packed : await inflate(packed), name);
  }
  return found;
}

/** The entries of a zip archive's central directory. */
function directory(view) {
  let end = view.byteLength - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw new Error("the file is no .npz archive, or it is cut off");
  const entries = [];
  let at = view.getUint32(end + 16, true);
  for (let k = view.getUint16(end + 10, true); k > 0; k--) {
    const [method, size, full, length] = [view.getUint16(at + 10, true), view.getUint32(at + 20, true), view.getUint32(at + 24, true), view.getUint16(at + 28, true)];
    const name = new TextDecoder().decode(new Uint8Array(view.buffer, at + 46, length));
    entries.push({ name, method, size, full, offset: view.getUint32(at + 42, true) });
    at += 46 + length + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One array in NumPy's own format: a line of Python that describes it, then its numbers. */
function readArray(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const wide = bytes[6] > 1;
  const start = (wide ? 12 : 10) + (wide ? view.getUint32(8, true) : view.getUint16(8, true));
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, start));
  const kind = /'descr': '([^']+)'/.exec(head)?.[1];
  const shape = (/'shape': \(([^)]*)\)/.exec(head)?.[1] ?? "").split(",").filter((part) => part.trim()).map(Number);
  const body = bytes.slice(start);
  if (/^<U\d+$/.test(kind)) return String.fromCodePoint(...new Uint32Array(body.buffer)).replace(/\0+$/, "");
  if (!TYPES[kind]) throw new Error(`${name} holds numbers of the kind ${kind}: expected int8, float32 or float64`);
  return { shape, values: new TYPES[kind](body.buffer) };
}
