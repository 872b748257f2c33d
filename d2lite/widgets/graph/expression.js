// Expressions as a reader types them, read into the nodes of a graph. Nothing is evaluated by the browser's own parser. No DOM here.
export const FUNCTIONS = ["sin", "cos", "exp", "log", "tanh", "sigmoid", "relu"];
const MOST_NODES = 32;
const MOST_INPUTS = 10;
const LARGEST = 1e6; // of an input, up or down
const DEEPEST = 40; // brackets and signs within each other
const TOKEN = /\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([\p{L}_][\p{L}\p{N}_]*)|(\*\*|[-+*/^()=;,]))/uy;
const ALIKE = { "−": "-", "–": "-", "·": "*", "×": "*", "÷": "/", "²": "^2", "³": "^3" };

/** Thrown where the text is no expression; at is the place of the sign that is wrong. */
class Problem extends Error {
  constructor(message, at) {
    super(message);
    this.at = at;
  }
}

/**
 * Read a text: { nodes, names } or, if it is no expression, { problem, at }. nodes: [{ op, args, name, value }], each after those that
 * it uses, the result last; op is "input" (with name), "number" (with value), an operator, "negate" or a function; label is the name
 * that the reader gave a part.
 */
export function readExpression(text) {
  try {
    const reader = { tokens: split(plain(text)), next: 0, depth: 0, nodes: [], named: new Map(), used: new Set() };
    return prune(reader.nodes, readProgram(reader));
  } catch (problem) {
    if (problem instanceof Problem) return { problem: problem.message, at: problem.at };
    throw problem;
  }
}

/** Signs that mean the same as those of the keyboard. */
function plain(text) {
  return text.replace(/[−–·×÷²³]/g, (sign) => ALIKE[sign]);
}

function split(text) {
  const tokens = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ""; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(text);
    if (!found) {
      const [space] = /^\s*/.exec(text.slice(at));
      throw new Problem(`The sign “${[...text.slice(at).trim()][0]}” has no meaning here: expected names, numbers, + - * / ^ and brackets.`, at + space.length);
    }
    const [, number, name, sign] = found;
    const token = number ?? name ?? (sign === "**" ? "^" : sign);
    tokens.push({ kind: number ? "number" : name ? "name" : "sign", text: token, at: TOKEN.lastIndex - (number ?? name ?? sign).length });
  }
  return [...tokens, { kind: "end", text: "", at: text.length }];
}

/** Statements "name = expression;" and, last, the expression that is the result: the index of its node. */
function readProgram(reader) {
  for (;;) {
    const [first, second] = reader.tokens.slice(reader.next);
    if (first.kind === "name" && second.text === "=") {
      if (FUNCTIONS.includes(first.text)) throw new Problem(`The name “${first.text}” is taken by a function: expected another name.`, first.at);
      reader.next += 2;
      const node = readSum(reader);
      if (reader.named.has(first.text)) throw new Problem(`The name “${first.text}” is given twice: expected a new name.`, first.at);
      if (reader.used.has(first.text)) throw new Problem(`The name “${first.text}” is used before it is given: expected it to be given first.`, first.at);
      reader.named.set(first.text, node);
      reader.nodes[node].label ??= first.text;
      if (!take(reader, ";")) throw unexpected(reader, `“;” and then the result, after “${first.text} = …”`);
      continue;
    }
    const node = readSum(reader);
    take(reader, ";");
    if (now(reader).kind !== "end") throw unexpected(reader, now(reader).text === ")" ? "no bracket here, or a “(” before it" : "an operator, such as * for “times”, or the end");
    return node;
  }
}

const now = (reader) => reader.tokens[reader.next];

function take(reader, ...texts) {
  const token = now(reader);
  if (token.kind !== "sign" || !texts.includes(token.text)) return null;
  reader.next += 1;
  return token;
}

function unexpected(reader, expected) {
  const { kind, text, at } = now(reader);
  return new Problem(`${kind === "end" ? "The expression ends" : `There is “${text}”`}: expected ${expected}.`, at);
}

function add(reader, op, args = [], rest = {}) {
  reader.nodes.push({ op, args, ...rest });
  if (reader.nodes.length > MOST_NODES) throw new Problem(`The expression has more than ${MOST_NODES} parts: expected a shorter one.`, now(reader).at);
  return reader.nodes.length - 1;
}

function readSum(reader) {
  let left = readProduct(reader);
  for (let sign; (sign = take(reader, "+", "-")); ) left = add(reader, sign.text, [left, readProduct(reader)]);
  return left;
}

function readProduct(reader) {
  let left = readSigned(reader);
  for (let sign; (sign = take(reader, "*", "/")); ) left = add(reader, sign.text, [left, readSigned(reader)]);
  return left;
}

/** A minus binds less than a power: −x^2 is −(x^2). */
function readSigned(reader) {
  if (++reader.depth > DEEPEST) throw new Problem(`The expression has more than ${DEEPEST} brackets or signs within each other: expected a plainer one.`, now(reader).at);
  const sign = take(reader, "-", "+");
  const inner = sign ? readSigned(reader) : readPower(reader);
  reader.depth -= 1;
  if (sign?.text !== "-") return inner;
  const node = reader.nodes[inner];
  if (node.op !== "number" || node.label) return add(reader, "negate", [inner]);
  node.value = -node.value;
  return inner;
}

function readPower(reader) {
  const base = readAtom(reader);
  return take(reader, "^") ? add(reader, "^", [base, readSigned(reader)]) : base;
}

function readAtom(reader) {
  const token = now(reader);
  if (token.kind === "number") {
    reader.next += 1;
    return add(reader, "number", [], { value: Number(token.text) });
  }
  if (token.kind === "name") return readName(reader, token);
  if (take(reader, "(")) return readBracket(reader);
  throw unexpected(reader, "a name, a number, a function or a “(”");
}

function readBracket(reader) {
  const inner = readSum(reader);
  if (!take(reader, ")")) throw unexpected(reader, "an operator or the closing “)”");
  return inner;
}

function readName(reader, { text, at }) {
  reader.next += 1;
  const called = now(reader).text === "(";
  if (FUNCTIONS.includes(text)) {
    if (!take(reader, "(")) throw new Problem(`The function “${text}” has no bracket: expected ${text}(…).`, at);
    return add(reader, text, [readBracket(reader)]);
  }
  if (called) throw new Problem(`The function “${text}” is not known: expected ${FUNCTIONS.join(", ")}, or “${text} * (…)” for a product.`, at);
  if (reader.named.has(text)) return reader.named.get(text);
  const found = reader.nodes.findIndex((node) => node.op === "input" && node.name === text);
  reader.used.add(text);
  if (found >= 0) return found;
  if (reader.nodes.filter(({ op }) => op === "input").length === MOST_INPUTS) throw new Problem(`The expression has more than ${MOST_INPUTS} inputs: expected fewer names.`, at);
  return add(reader, "input", [], { name: text });
}

/** Leave out what the result does not need. */
function prune(nodes, result) {
  const needed = new Set([result]);
  for (let i = nodes.length - 1; i >= 0; i--) if (needed.has(i)) nodes[i].args.forEach((arg) => needed.add(arg));
  const kept = nodes.map((_, i) => i).filter((i) => needed.has(i));
  const place = new Map(kept.map((old, i) => [old, i]));
  const left = kept.map((i) => ({ ...nodes[i], args: nodes[i].args.map((arg) => place.get(arg)) }));
  return { nodes: left, names: left.filter(({ op }) => op === "input").map(({ name }) => name) };
}

/** Read "w = 1, x = −0.5": { values: { w: 1, x: −0.5 } } or { problem }. */
export function readInputs(text) {
  const values = {};
  for (const part of plain(text).split(/[,;\n]/)) {
    if (part.trim() === "") continue;
    const found = /^\s*([\p{L}_][\p{L}\p{N}_]*)\s*[=:]\s*(\S+)\s*$/u.exec(part);
    const number = found && /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(found[2]) ? Number(found[2]) : NaN;
    if (Number.isNaN(number)) return { problem: `The inputs have “${part.trim()}”: expected a name and a number, such as x = 0.5.` };
    if (Math.abs(number) > LARGEST) return { problem: `The input “${part.trim()}” is too large: expected a number from −1,000,000 to 1,000,000.` };
    values[found[1]] = number;
  }
  return { values };
}

/** The inputs as a reader would type them. */
export function writeInputs(names, values) {
  return names.map((name) => `${name} = ${values[name] ?? 1}`).join(", ");
}
