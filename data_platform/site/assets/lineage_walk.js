"use strict";
// Which edges lead to a column and away from it. A table's data are loaded when a walk comes to the table.
var dataPlatform = window.dataPlatform || {};
dataPlatform.walk = (() => {
  const loaded = new Map(); // table → its data
  const asked = new Map(); // table → promise of its data, null where there are none

  dataPlatform.lineage = (data) => loaded.set(data.table, data);

  function load(table) {
    if (!asked.has(table)) {
      asked.set(table, new Promise((resolve) => {
        const script = document.createElement("script");
        script.src = `lineage/${encodeURIComponent(table)}.js`;
        script.onload = script.onerror = () => {
          script.remove();
          resolve(loaded.get(table) ?? null);
        };
        document.head.append(script);
      }));
    }
    return asked.get(table);
  }

  const same = (a, b) => a === b || (a !== null && b !== null && a.toLowerCase() === b.toLowerCase());
  const idOf = (node) => JSON.stringify([node.table, node.column === null ? null : node.column.toLowerCase()]);

  // An edge looks the same from both of its ends; `to.column` null: it decides about every row of the table.
  function arriving(data, edge) {
    const { how, sql, file, line, found } = edge;
    const from = { table: edge.source, column: edge.source_column };
    return { from, to: { table: data.table, column: edge.column }, how, sql, file, line, found };
  }
  function leaving(data, edge) {
    const { how, sql, file, line, found } = edge;
    const from = { table: data.table, column: edge.source_column };
    return { from, to: { table: edge.table, column: edge.column }, how, sql, file, line, found };
  }
  const keyOf = (edge) => JSON.stringify([idOf(edge.from), idOf(edge.to), edge.how, edge.file, edge.line, edge.sql]);

  // The edges at a node; a node without a column is the table with all that it has.
  function edgesAt(node, side) {
    const data = loaded.get(node.table);
    if (!data) return [];
    if (side === "from") {
      const own = (edge) => node.column === null || edge.column === null || same(edge.column, node.column);
      return data.from.filter(own).map((edge) => arriving(data, edge));
    }
    const own = (edge) => node.column === null || same(edge.source_column, node.column);
    return data.to.filter(own).map((edge) => leaving(data, edge));
  }

  async function walkSide(start, side, { steps, indirect }) {
    const wanted = (edge) => indirect || edge.how === "value";
    const edges = new Map();
    const seen = new Set([idOf(start)]);
    let front = [start];
    await load(start.table);
    for (let step = 1; step <= steps && front.length > 0; step += 1) {
      const next = new Map();
      for (const node of front) {
        for (const edge of edgesAt(node, side).filter(wanted)) {
          if (!edges.has(keyOf(edge))) edges.set(keyOf(edge), { ...edge, step, side });
          const end = side === "from" ? edge.from : edge.to;
          const after = start.column === null ? { table: end.table, column: null } : end;
          // What decides about all rows of a reader is not followed through every one of the reader's columns.
          const stops = start.column !== null && after.column === null;
          if (!stops && !seen.has(idOf(after))) next.set(idOf(after), after);
        }
      }
      for (const id of next.keys()) seen.add(id);
      front = [...next.values()];
      await Promise.all(front.map((node) => load(node.table)));
    }
    const found = [...edges.values()];
    await Promise.all(found.map((edge) => load((side === "from" ? edge.from : edge.to).table)));
    return { edges: found, goesOn: front.some((node) => edgesAt(node, side).some(wanted)) };
  }

  // Of each edge whether only values flow between it and the column that was asked about.
  function strengthen(start, edges) {
    const strong = new Set([idOf(start)]);
    for (let grown = true; grown;) {
      grown = false;
      for (const edge of edges) {
        const [near, far] = edge.side === "from" ? [edge.to, edge.from] : [edge.from, edge.to];
        const reached = strong.has(idOf(near)) || (start.column === null && near.table === start.table);
        if (edge.how === "value" && !edge.strong && reached) {
          edge.strong = grown = true;
          strong.add(idOf(far));
        }
      }
    }
  }

  // All edges within so many steps; `goesOn` of a side: there are more beyond.
  async function walk(start, options) {
    const [from, to] = await Promise.all([walkSide(start, "from", options), walkSide(start, "to", options)]);
    const edges = [...from.edges, ...to.edges];
    strengthen(start, edges);
    return { start, edges, goesOn: { from: from.goesOn, to: to.goesOn } };
  }

  const columnOf = (node) => {
    const columns = loaded.get(node.table)?.columns ?? {};
    if (node.column === null) return null;
    if (Object.hasOwn(columns, node.column)) return columns[node.column];
    const name = Object.keys(columns).find((each) => same(each, node.column));
    return name === undefined ? null : columns[name];
  };

  return { walk, load, idOf, keyOf, same, columnOf, dataOf: (table) => loaded.get(table) ?? null };
})();
