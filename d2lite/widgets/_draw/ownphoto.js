// A photo of the reader's own as a picture of 28 x 28: from a file, a telephone's camera or by dropping it. It stays in the page.
import { make, makeButton } from "../_core/dom.js";
import { nameElement } from "../_core/frame.js";
import { shrinkPhoto } from "../_math/photo.js";

const MOST = 448; // px of the longer side that is looked at

/** A part: a button that asks for a photo; one may also be dropped on the explorer. It sets the traits pixels and image. */
export function ownPhoto({ name = "photo", label = "A photo of your own" } = {}) {
  return (app, parent) => {
    const field = make("input", { type: "file", accept: "image/*", class: "d2l-file", tabindex: -1, "aria-hidden": "true", hidden: true });
    const button = makeButton({ label, title: "It is read in this page and sent nowhere. You can also drop it on the picture." });
    const holder = make("div", { class: "d2l-direct d2l-own" }, button, field);
    nameElement(app, name, holder);
    parent.append(holder);
    let isHere = true;
    app.scope.add(() => (isHere = false));
    const take = async (file) => {
      const read = await readPhoto(file).catch(() => null);
      if (!isHere) return;
      if (!read) return void app.note(`${file.name || "This file"} is no picture that this browser can read: choose a PNG or JPEG.`);
      app.set({ image: -1, pixels: read.pixels, ...(app.entry("cover") ? { cover: [] } : {}) });
      app.announce(`Your photo, in 28 by 28 pixels${read.inverted ? ", as a negative" : ""}.`);
    };
    button.onclick = () => field.click();
    field.onchange = () => {
      if (field.files[0]) take(field.files[0]);
      field.value = ""; // so that the same file can be chosen again
    };
    acceptDrops(app, take);
  };
}

/** Files dropped on the explorer; other things are left to the page. */
function acceptDrops(app, take) {
  const hasFile = (event) => event.dataTransfer?.types.includes("Files");
  app.scope.on(app.body, "dragover", (event) => hasFile(event) && event.preventDefault());
  app.scope.on(app.body, "drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
  });
}

async function readPhoto(file) {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) => Math.max(1, Math.round(side * scale)));
  const ctx = make("canvas", { width, height }).getContext("2d");
  ctx.imageSmoothingQuality = "high";
  ctx.drawImage(bitmap, 0, 0, width, height);
  bitmap.close();
  return shrinkPhoto(ctx.getImageData(0, 0, width, height).data, width, height);
}
