// Pressing a canvas, by mouse and by a finger that may be about to scroll the page.
const SIDEWAYS = 5; // px a finger moves before it is no longer about to scroll

/**
 * Call act(event) where the reader presses a canvas and wherever the pointer goes while pressed. A finger may be about
 * to scroll the page: it acts when it moves sideways, or when it leaves without having moved.
 */
export function onPress(app, canvas, act) {
  let held = null; // { id, x, waits }
  app.scope.on(canvas, "pointerdown", (event) => {
    if (event.button !== 0 || held) return void (held = null);
    held = { id: event.pointerId, x: event.clientX, waits: event.pointerType === "touch" };
    canvas.setPointerCapture(event.pointerId);
    if (!held.waits) act(event);
  });
  app.scope.on(canvas, "pointermove", (event) => {
    if (held?.id !== event.pointerId || (held.waits && Math.abs(event.clientX - held.x) <= SIDEWAYS)) return;
    held.waits = false;
    act(event);
  });
  app.scope.on(canvas, "pointerup", (event) => {
    if (held?.id === event.pointerId && held.waits) act(event);
    held = null;
  });
  for (const type of ["pointercancel", "lostpointercapture"]) app.scope.on(canvas, type, () => (held = null));
}
