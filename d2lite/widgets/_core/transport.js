// Play, Step, Reset, and how fast: the controls of time.
import { addControl } from "./controls.js";
import { make, makeButton, makeIcon } from "./dom.js";
import { nameElement } from "./frame.js";
import { onKeys } from "./keys.js";

const PATHS = {
  play: "M5 3.2v9.6l7.6-4.8z",
  pause: "M4.5 3.5h2.4v9H4.5zM9.1 3.5h2.4v9H9.1z",
  step: "M4 3.5v9l5.6-4.5zM11 3.5h1.8v9H11z",
  reset: "M12 3.5v9L6.4 8zM3.2 3.5H5v9H3.2z",
};
const CALM = 500; // ms between frames for readers who ask for less motion

/**
 * Add the bar of Play, Step and Reset to parent; speed names the trait of steps a second (a Choice).
 * forward(n) takes n steps and returns false at the end; back(n), if given, goes back; reset() starts again; start() comes before
 * each playing.
 * Keys on the bar: space plays and pauses, right and left arrow step. Returns { element, pause(), playing() }.
 */
export function addTransport(app, parent, { forward, back = null, reset, start, speed = "speed" }) {
  const play = makeButton({ label: "Play", icon: PATHS.play, kind: "main" });
  const step = makeButton({ label: "Step", icon: PATHS.step, title: "One step (right arrow)" });
  const again = makeButton({ label: "Reset", icon: PATHS.reset, title: "Back to the first step" });
  const bar = make("div", { class: "d2l-transport", role: "group", "aria-label": "Play, step, reset" }, play, step, again);
  const clock = makeClock(app, forward, () => app.get(speed), show);
  function show(playing) {
    play.lastChild.textContent = playing ? "Pause" : "Play";
    play.replaceChild(makeIcon(playing ? PATHS.pause : PATHS.play), play.firstChild);
  }
  play.onclick = () => {
    if (!clock.playing()) start();
    clock.toggle();
  };
  const paused = (act) => () => {
    clock.pause();
    act();
  };
  const moves = { ArrowRight: paused(() => forward(1)), ArrowLeft: back && paused(() => back(1)) };
  step.onclick = moves.ArrowRight;
  again.onclick = paused(reset);
  onKeys(app, bar, (key, event) => {
    if (event.target.matches("select, input") || !moves[key]) return false;
    moves[key]();
    return true;
  });
  app.pauses.push(clock.pause);
  nameElement(app, "transport", bar);
  parent.append(bar);
  addControl(app, bar, speed, { segments: false });
  return { element: bar, pause: clock.pause, playing: clock.playing };
}

/** Counts out steps at a rate, a whole number a frame. */
function makeClock(app, forward, rate, show) {
  let [playing, last, owed] = [false, 0, 0];
  const set = (on) => {
    if (playing === on) return;
    show(on);
    playing = on;
    [last, owed] = [0, 0];
    app.root.classList.toggle("d2l-playing", on);
    app.refresh();
  };
  app.update((time) => {
    if (!playing) return false;
    last = last || time;
    if (app.reduced && time - last < CALM) return true;
    owed += (Math.min(CALM, time - last) / 1000) * rate();
    last = time;
    const whole = Math.floor(owed);
    owed -= whole;
    if (whole && forward(whole) === false) set(false);
    return playing;
  });
  app.scope.add(() => (playing = false));
  return { toggle: () => set(!playing), pause: () => set(false), playing: () => playing };
}
