// A picture of 28 x 28 gray levels, painted on. No DOM here.

const SIDE = 28;

/** A picture with one stroke of a round brush added: pixels within it take at least the value, or at most when it erases. */
export function paintStroke(pixels, from, to, brush, value) {
  const out = Array.from(pixels);
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(to[0] - from[0], to[1] - from[1])));
  for (let s = 0; s <= steps; s++) {
    const [cy, cx] = [0, 1].map((i) => from[i] + ((to[i] - from[i]) * s) / steps);
    paintDot(out, cy, cx, brush, value);
  }
  return out;
}

function paintDot(out, cy, cx, brush, value) {
  const radius = brush / 2;
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < SIDE; x++) {
      const distance = Math.hypot(y - cy, x - cx);
      const share = brush === 1 ? Number(Math.round(cy) === y && Math.round(cx) === x) : Math.min(1, Math.max(0, radius + 0.5 - distance));
      if (share === 0) continue;
      const k = y * SIDE + x;
      out[k] = value > 0 ? Math.max(out[k], Math.round(value * share)) : Math.round(out[k] * (1 - share));
    }
  }
}
