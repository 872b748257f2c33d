// A context that records what Canvas2D would draw as SVG, for pictures made by the build. Runs in node alone.
import { deflateSync } from "node:zlib";

const ANCHORS = { left: "start", start: "start", center: "middle", right: "end", end: "end" };
const SHIFTS = { top: 0.8, middle: 0.34, alphabetic: 0, bottom: -0.22 };
const KEPT = [
  "fillStyle", "strokeStyle", "lineWidth", "lineCap", "lineJoin", "globalAlpha", "font", "textAlign", "textBaseline",
];

const MARK = "\u0001"; // stands for the picture's own name until that is known
const FAR = 1e5; // px: what lies further out is drawn there

/** A length in tenths of a pixel. */
const tenths = (value) => Math.round(10 * Math.min(FAR, Math.max(-FAR, value)));

/** A number with one decimal, as short as it can be written. */
const short = (value) => String(tenths(value) / 10).replace(/^(-?)0\./, "$1.");

function escapeText(text) {
  return String(text).replace(/[&<>"]/g, (mark) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[mark]);
}

function pngChunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(data.length, 0);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ -1) >>> 0;
}

/** The byte nearest to left + above - corner among the three: what a PNG's filter 4 expects. */
function paeth(left, above, corner) {
  const far = [left, above, corner].map((byte) => Math.abs(left + above - corner - byte));
  return far[0] <= far[1] && far[0] <= far[2] ? left : far[1] <= far[2] ? above : corner;
}

/** A PNG's rows, packed: of each byte what differs from the one to its left (filter 1) or from Paeth's guess (4). */
function packedRows(pixels, width, height, channels, filter) {
  const rows = Buffer.alloc(height * (channels * width + 1));
  const byte = (i, j, c) => (i < 0 || j < 0 ? 0 : pixels[4 * (j * width + i) + c]);
  for (let j = 0, at = 0; j < height; j++) {
    rows[at++] = filter;
    for (let i = 0; i < width; i++) {
      for (let c = 0; c < channels; c++) {
        const left = byte(i - 1, j, c);
        const guess = filter === 1 ? left : paeth(left, byte(i, j - 1, c), byte(i - 1, j - 1, c));
        rows[at++] = byte(i, j, c) - guess;
      }
    }
  }
  return deflateSync(rows, { level: 9 });
}

/** RGBA bytes as a PNG picture in base64; with its alpha where anything shines through. */
export function encodePng(pixels, width, height) {
  const channels = pixels.some((byte, k) => k % 4 === 3 && byte < 255) ? 4 : 3;
  const shorter = (one, other) => (other.length < one.length ? other : one);
  const packed = [1, 4].map((filter) => packedRows(pixels, width, height, channels, filter)).reduce(shorter);
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, channels === 4 ? 6 : 2, 0, 0, 0], 8); // 8 bits of red, green, blue and, where wanted, alpha
  const parts = [pngChunk("IHDR", header), pngChunk("IDAT", packed), pngChunk("IEND", Buffer.alloc(0))];
  return Buffer.concat([Buffer.from([137, 80, 78, 71, 13, 10, 26, 10]), ...parts]).toString("base64");
}

/** The recording context; toSvg() gives what was drawn. It knows what layers.js and scales.js use. */
export class SvgContext {
  constructor(width, height, title = "") {
    Object.assign(this, { width, height, title, body: [], path: "", dash: [], stack: [], clips: 0, shift: [0, 0], turn: 0 });
    Object.assign(this, { fillStyle: "#000", strokeStyle: "#000", lineWidth: 1, lineCap: "butt", lineJoin: "miter" });
    Object.assign(this, { globalAlpha: 1, font: "10px sans-serif", textAlign: "start", textBaseline: "alphabetic" });
  }

  save() {
    const kept = Object.fromEntries(KEPT.map((name) => [name, this[name]]));
    this.stack.push({ ...kept, dash: this.dash, shift: this.shift, turn: this.turn, opened: 0 });
  }

  restore() {
    const { opened, ...kept } = this.stack.pop();
    this.body.push("</g>".repeat(opened));
    Object.assign(this, kept);
  }

  translate(x, y) {
    this.shift = [this.shift[0] + x, this.shift[1] + y];
  }

  /** What is written from now on stands turned; what else is drawn does not. */
  rotate(angle) {
    this.turn += angle;
  }

  at(x, y) {
    return `${short(x + this.shift[0])} ${short(y + this.shift[1])}`;
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  beginPath() {
    this.path = "";
  }

  closePath() {
    this.path += "Z";
  }

  moveTo(x, y) {
    if (Number.isNaN(x + y)) return;
    this.path += `M${this.at(x, y)}`;
    this.pen = [tenths(x + this.shift[0]), tenths(y + this.shift[1])];
  }

  lineTo(x, y) {
    if (Number.isNaN(x + y)) return;
    if (!this.path) {
      this.moveTo(x, y);
      return;
    }
    const [px, py] = this.pen;
    this.pen = [tenths(x + this.shift[0]), tenths(y + this.shift[1])];
    const [dx, dy] = [short((this.pen[0] - px) / 10), short((this.pen[1] - py) / 10)];
    if (dx !== "0" || dy !== "0") this.path += `l${dx}${dy.startsWith("-") ? "" : " "}${dy}`;
  }

  rect(x, y, width, height) {
    this.path += `M${this.at(x, y)}h${short(width)}v${short(height)}h${short(-width)}Z`;
  }

  arc(x, y, radius, start, end) {
    const r = short(radius);
    const place = (angle) => [x + radius * Math.cos(angle), y + radius * Math.sin(angle)];
    if (end - start >= 2 * Math.PI - 1e-6) {
      this.path += `M${this.at(x - radius, y)}a${r} ${r} 0 1 0 ${short(2 * radius)} 0a${r} ${r} 0 1 0 ${short(-2 * radius)} 0Z`;
      return;
    }
    const large = end - start > Math.PI ? 1 : 0;
    this.path += `${this.path ? "L" : "M"}${this.at(...place(start))}A${r} ${r} 0 ${large} 1 ${this.at(...place(end))}`;
  }

  clip() {
    const id = `${MARK}${(this.clips += 1)}`;
    this.body.push(`<clipPath id="${id}"><path d="${this.path}"/></clipPath><g clip-path="url(#${id})">`);
    if (this.stack.length) this.stack[this.stack.length - 1].opened += 1;
  }

  alpha() {
    return this.globalAlpha < 1 ? ` opacity="${this.globalAlpha.toFixed(2)}"` : "";
  }

  strokeLook() {
    const dash = this.dash.length ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    const join = this.lineJoin === "round" ? ' stroke-linejoin="round"' : "";
    return ` stroke="${this.strokeStyle}" stroke-width="${short(this.lineWidth)}"${dash}${join}`;
  }

  stroke() {
    const filled = `<path d="${this.path}" fill="${this.fillStyle}"${this.alpha()}/>`;
    if (!this.path) return;
    const both = this.body[this.body.length - 1] === filled; // one element for both
    if (both) this.body.pop();
    this.body.push(`<path d="${this.path}" fill="${both ? this.fillStyle : "none"}"${this.strokeLook()}${this.alpha()}/>`);
  }

  fill() {
    if (this.path) this.body.push(`<path d="${this.path}" fill="${this.fillStyle}"${this.alpha()}/>`);
  }

  fillRect(x, y, width, height) {
    const size = `width="${short(width)}" height="${short(height)}"`;
    const [px, py] = this.at(x, y).split(" ");
    this.body.push(`<rect x="${px}" y="${py}" ${size} fill="${this.fillStyle}"${this.alpha()}/>`);
  }

  strokeRect(x, y, width, height) {
    this.beginPath();
    this.rect(x, y, width, height);
    this.stroke();
  }

  clearRect() {}

  putText(text, x, y, look) {
    const [, weight, size] = /^(\d+)? ?([\d.]+)px/.exec(this.font);
    const [px, py] = this.at(x, y + (SHIFTS[this.textBaseline] || 0) * Number(size)).split(" ");
    const bold = Number(weight) > 500 ? ` font-weight="${weight}"` : "";
    const anchor = ANCHORS[this.textAlign] === "start" ? "" : ` text-anchor="${ANCHORS[this.textAlign]}"`;
    const turned = this.turn ? ` transform="rotate(${short((180 / Math.PI) * this.turn)} ${this.at(0, 0)})"` : "";
    this.body.push(`<text x="${px}" y="${py}" font-size="${size}"${bold}${anchor}${turned}${look}${this.alpha()}>${escapeText(text)}</text>`);
  }

  fillText(text, x, y) {
    this.putText(text, x, y, ` fill="${this.fillStyle}"`);
  }

  strokeText(text, x, y) {
    this.putText(text, x, y, ` fill="none"${this.strokeLook()}`);
  }

  measureText(text) {
    const size = Number(/([\d.]+)px/.exec(this.font)[1]);
    return { width: 0.55 * size * String(text).length };
  }

  recordPixels(pixels, width, height, [x, y, w, h], smooth) {
    const [px, py] = this.at(x, y).split(" ");
    const look = smooth ? "" : ' style="image-rendering:pixelated"';
    const place = `x="${px}" y="${py}" width="${short(w)}" height="${short(h)}"`;
    const data = encodePng(pixels, width, height);
    this.body.push(`<image ${place} preserveAspectRatio="none"${look} href="data:image/png;base64,${data}"/>`);
  }

  toSvg() {
    const size = `viewBox="0 0 ${this.width} ${this.height}" width="${this.width}" height="${this.height}"`;
    const open = `<svg xmlns="http://www.w3.org/2000/svg" ${size} role="img" font-family="system-ui, sans-serif">`;
    const body = this.body.join("");
    const name = `d2l-${crc32(Buffer.from(body)).toString(36)}-`; // pictures of one page do not share clips
    return `${open}<title>${escapeText(this.title)}</title>${body.replaceAll(MARK, name)}</svg>`;
  }
}
