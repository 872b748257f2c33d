// Boxes as [x1, y1, x2, y2] in pixels, y downwards: twin of the measures in d2lite/vision/boxes.py. No DOM here.

export function boxArea(box) {
  return (box[2] - box[0]) * (box[3] - box[1]);
}

/** The area two boxes share; 0 where they touch or are apart. */
export function sharedArea(a, b) {
  const width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union; 0 where the union is empty. */
export function boxIou(a, b) {
  const shared = sharedArea(a, b);
  const union = boxArea(a) + boxArea(b) - shared;
  return union > 0 ? shared / union : 0;
}

export function boxMiddle([x1, y1, x2, y2]) {
  return [(x1 + x2) / 2, (y1 + y2) / 2];
}
