// Where the nodes of a graph stand: columns from the inputs to the result, rows that keep arrows apart. No DOM here.
const SWEEPS = 16;
const APART = { node: 1, number: 0.6, bend: 0.5 }; // rows that one takes

/**
 * { columns, rows, at: [{ column, row }] a node, edges: [{ from, to, k, points: [{ column, row }] }] }. An arrow to the k-th argument runs
 * through its points: over a column between two nodes it bends round what stands there. Rows begin at 0.
 */
export function layOut(nodes) {
  const distance = nodes.map(() => 0); // of the longest way to the result
  for (let i = nodes.length - 1; i >= 0; i--) for (const arg of nodes[i].args) distance[arg] = Math.max(distance[arg], distance[i] + 1);
  const last = Math.max(...distance);
  const items = nodes.map(({ op }, i) => ({ column: last - distance[i], row: 0, near: [], size: APART[op] ?? APART.node }));
  firstRows(nodes, items);
  const edges = nodes.flatMap(({ args }, to) => args.map((from, k) => ({ from, to, k, points: chain(items, from, to) })));
  const columns = Array.from({ length: last + 1 }, (_, c) => items.filter(({ column }) => column === c));
  columns.forEach(separate);
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    for (const column of sweep % 2 ? columns : [...columns].reverse()) {
      for (const item of column) if (item.near.length) item.row = mean(item.near.map(({ row }) => row));
      separate(column);
    }
  }
  const top = Math.min(...items.map(({ row }) => row));
  for (const item of items) item.row -= top;
  return { columns: last + 1, rows: Math.max(...items.map(({ row }) => row)), at: items.slice(0, nodes.length), edges };
}

const mean = (values) => values.reduce((a, b) => a + b, 0) / values.length;

/** Inputs and numbers one below the other, in the order in which they are met from the result; the others amid what they use. */
function firstRows(nodes, items) {
  const seen = new Set();
  let next = 0;
  const visit = (i) => {
    if (seen.has(i)) return;
    seen.add(i);
    const { args } = nodes[i];
    args.forEach(visit);
    items[i].row = args.length ? mean(args.map((arg) => items[arg].row)) : next++;
  };
  visit(nodes.length - 1);
}

/** Join two nodes by bends, one in each column between them, and return the whole way. */
function chain(items, from, to) {
  const [start, end] = [items[from], items[to]];
  const way = [start];
  for (let column = start.column + 1; column < end.column; column++) {
    const row = start.row + ((end.row - start.row) * (column - start.column)) / (end.column - start.column);
    const bend = { column, row, near: [], size: APART.bend };
    items.push(bend);
    way.push(bend);
  }
  way.push(end);
  way.slice(1).forEach((item, i) => {
    item.near.push(way[i]);
    way[i].near.push(item);
  });
  return way;
}

/** Move the items of a column apart, as a whole as little as may be. */
function separate(column) {
  const sorted = [...column].sort((a, b) => a.row - b.row);
  const wanted = mean(sorted.map(({ row }) => row));
  sorted.forEach((item, i) => {
    const before = sorted[i - 1];
    if (before) item.row = Math.max(item.row, before.row + (item.size + before.size) / 2);
  });
  const shift = wanted - mean(sorted.map(({ row }) => row));
  for (const item of sorted) item.row += shift;
}
