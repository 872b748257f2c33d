// Small programs run at once, or written down as a graph first. No DOM here.
import { softmax } from "../_math/nn.js";

const each = (f) => ([a]) => ({ shape: a.shape, data: a.data.map(f) });
const total = (values) => values.reduce((a, b) => a + b, 0);
const number = (value) => ({ shape: [], data: [value] });

function matmul([a, b]) {
  const [rows, inner, columns] = [a.shape[0], a.shape[1], b.shape[1]];
  const cell = (i, j) => total(Array.from({ length: inner }, (_, k) => a.data[i * inner + k] * b.data[k * columns + j]));
  const data = Array.from({ length: rows * columns }, (_, k) => cell(Math.floor(k / columns), k % columns));
  return { shape: [rows, columns], data };
}

const OPS = {
  matmul,
  add: ([a, b]) => ({ shape: a.shape, data: a.data.map((value, i) => value + b.data[i % b.data.length]) }),
  relu: each((value) => Math.max(value, 0)),
  tanh: each(Math.tanh),
  softmax: ([a]) => ({ shape: a.shape, data: softmax(a.data) }),
  sum: ([a]) => number(total(a.data)),
  mean: ([a]) => number(total(a.data) / a.data.length),
  positive: ([a]) => number(a.data[0] > 0 ? 1 : 0),
  where: ([c, a, b]) => (c.data[0] ? a : b),
};

/** The value { shape, data } of an operation. */
export function compute(op, args) {
  return OPS[op](args);
}

/** The shape that an operation's value will have, from the shapes of its arguments alone. */
export function shapeOf(op, shapes) {
  if (op === "matmul") return [shapes[0][0], shapes[1][1]];
  if (["sum", "mean", "positive"].includes(op)) return [];
  return op === "where" ? shapes[1] : shapes[0];
}

/** A nested list as { shape, data }. */
export function tensor(values) {
  const rows = Array.isArray(values[0]);
  return { shape: rows ? [values.length, values[0].length] : [values.length], data: values.flat() };
}

/** Which nodes the result needs: itself, and what feeds a needed one. */
export function neededBy(nodes, result) {
  const needed = nodes.map((_, i) => i === result);
  for (let i = nodes.length - 1; i >= 0; i--) if (needed[i]) for (const arg of nodes[i].args) needed[arg] = true;
  return needed;
}

/**
 * All that happens as a program runs on x in a mode: { nodes, events, result, pieces, failed }.
 *
 * A node is { op, name, args (numbers of nodes), kind ("input", "weight" or "op"), line, piece, shape, value }. An event is
 * { kind, line, node, ... }: "call" (an operation computed at once), "record" (written down), "run" (computed by the graph),
 * "drop" (nodes that nothing needs), "loop", "decide", "stop" (a stand-in has no value to decide by) and "return".
 */
export function follow({ body }, weights, x, mode) {
  const run = { nodes: [], events: [], names: {}, weights, mode, piece: 0, waiting: [], result: -1, failed: false };
  run.names.x = addNode(run, { op: "x", name: "x", args: [], kind: "input", line: 0, shape: x.shape, value: x });
  walk(run, body);
  if (mode === "eager") run.needed = run.nodes.map(() => true);
  else if (!run.failed) run.needed = neededBy(run.nodes, run.result);
  else run.needed = run.nodes.map(() => true);
  const events = run.failed ? run.events : settle(run);
  return { nodes: run.nodes, needed: run.needed, events, result: run.result, pieces: run.piece + 1, failed: run.failed };
}

function addNode(run, node) {
  run.nodes.push({ piece: run.piece, ...node });
  return run.nodes.length - 1;
}

function read(run, name) {
  if (!(name in run.names)) {
    const value = tensor(run.weights[name]);
    run.names[name] = addNode(run, { op: name, name, args: [], kind: "weight", line: 0, shape: value.shape, value });
  }
  return run.names[name];
}

function walk(run, body) {
  for (const statement of body) {
    if (run.failed) return;
    if ("value" in statement) finish(run, statement);
    else if ("times" in statement) repeat(run, statement);
    else if ("test" in statement) decide(run, statement);
    else operate(run, statement);
  }
}

function operate(run, { line, target, op, args: names }) {
  const args = names.map((name) => read(run, name));
  const of = args.map((arg) => run.nodes[arg]);
  const node = { op, name: target, args, kind: "op", line, shape: shapeOf(op, of.map(({ shape }) => shape)), value: compute(op, of.map(({ value }) => value)) };
  const k = addNode(run, node);
  run.names[target] = k;
  run.events.push({ kind: run.mode === "eager" ? "call" : "record", line, node: k });
  if (run.mode !== "eager") run.waiting.push(k);
}

function repeat(run, { line, times, body }) {
  for (let turn = 1; turn <= times; turn++) {
    run.events.push({ kind: "loop", line, turn, times });
    walk(run, body);
  }
}

function decide(run, { line, test, body, other }) {
  const node = run.names[test];
  if (run.mode === "graph") {
    run.failed = true;
    run.events.push({ kind: "stop", line, node });
    return;
  }
  flush(run);
  const took = run.nodes[node].value.data[0] > 0;
  run.events.push({ kind: "decide", line, node, took });
  if (run.mode === "compiled") run.piece += 1;
  walk(run, took ? body : other);
}

function finish(run, { line, value }) {
  run.result = read(run, value);
  run.events.push({ kind: "return", line, node: run.result });
  flush(run);
}

/** What was written down is to be run here: which of it, `settle` knows, when all has been seen. */
function flush(run) {
  if (run.mode !== "eager") run.events.push({ kind: "flush", nodes: run.waiting });
  run.waiting = [];
}

/** A value that Python decides by is needed, too. */
function settle(run) {
  const asked = run.events.filter(({ kind }) => kind === "decide").map(({ node }) => neededBy(run.nodes, node));
  if (run.mode !== "eager") run.needed = run.needed.map((needed, i) => needed || asked.some((list) => list[i]));
  return run.events.flatMap((event) => {
    if (event.kind !== "flush") return [event];
    const dropped = event.nodes.filter((i) => !run.needed[i]);
    const kept = event.nodes.filter((i) => run.needed[i]);
    const drop = dropped.length ? [{ kind: "drop", line: -1, node: dropped[0], nodes: dropped }] : [];
    return [...drop, ...kept.map((node) => ({ kind: "run", line: -1, node }))];
  });
}

/** The state after so many events: per node whether it is "absent", "noted", "known" or "dropped", and what was counted. */
export function stateAfter({ nodes, events }, step) {
  const state = nodes.map(({ kind }) => (kind === "op" ? "absent" : "known"));
  const counts = { lines: 0, operations: 0 };
  for (const { kind, node, nodes: dropped, line } of events.slice(0, step)) {
    if (kind === "record") state[node] = "noted";
    if (kind === "call" || kind === "run") state[node] = "known";
    if (kind === "drop") for (const i of dropped) state[i] = "dropped";
    if (kind === "call" || kind === "run") counts.operations += 1;
    if (line >= 0) counts.lines += 1;
  }
  return { state, ...counts };
}

/** What each further input of the same shape costs: lines of Python and operations. */
export function nextInput({ nodes, events, needed, failed }, mode) {
  if (failed) return null;
  const ops = nodes.filter(({ kind }, i) => kind === "op" && needed[i]).length;
  const asks = events.filter(({ kind }) => kind === "decide").length;
  const lines = events.filter(({ line }) => line >= 0).length;
  return { lines: mode === "eager" ? lines : asks, operations: ops };
}

/**
 * Where nodes stand: depth (longest way from an input; a later piece below the earlier ones) and column among those of that depth,
 * what nothing needs last; weights beside their users. cut: the depths above which a new piece begins.
 */
export function layOut(nodes, needed) {
  const depth = [];
  const cut = [];
  nodes.forEach(({ kind, args, piece }, i) => {
    const above = args.map((arg) => (nodes[arg].kind === "weight" ? 0 : depth[arg]));
    const earlier = nodes.slice(0, i).flatMap((node, k) => (node.piece < piece ? [depth[k]] : []));
    const floor = earlier.length ? Math.max(...earlier) + 0.6 : 0;
    depth[i] = kind === "op" ? 1 + Math.max(...above, floor) : 0;
    if (kind === "op" && earlier.length && depth[i] === 1 + floor) cut[piece - 1] = depth[i] - 0.8;
  });
  const perDepth = {};
  const places = nodes.map(() => null);
  const ordered = [...nodes.keys()].sort((i, k) => needed[k] - needed[i] || i - k);
  for (const i of ordered) {
    if (nodes[i].kind === "weight") continue;
    perDepth[depth[i]] = (perDepth[depth[i]] ?? 0) + 1;
    places[i] = { depth: depth[i], column: perDepth[depth[i]] - 1 };
  }
  nodes.forEach(({ kind }, i) => {
    if (kind !== "weight") return;
    const users = nodes.flatMap(({ args }, k) => (args.includes(i) ? [depth[k]] : []));
    places[i] = { depth: users.reduce((a, b) => a + b, 0) / users.length, column: -1 };
  });
  return { places, cut, rows: Math.max(...depth) + 1, columns: Math.max(...Object.values(perDepth)) };
}

