"use strict";
// The lineage page: the address says what is looked at, `#layer.table.column?steps=all&indirect=0`.
(() => {
  const { walk, load, dataOf, columnOf, same } = dataPlatform.walk;
  const { part, breakable, draw, focusStart } = dataPlatform.drawing;
  const byId = (id) => document.getElementById(id);
  const [steps, indirect, told, focus, shown, overview, cut] =
    ["steps", "indirect", "told", "focus", "shown", "overview", "cut"].map(byId);
  let tables = new Map(); // lower case → name as the catalogue has it
  let turn = 0; // a walk that is overtaken by another one is not shown
  let hasWalked = false;
  let at = null; // what is shown
  let every = [];

  function written(node) {
    const options = new URLSearchParams();
    if (steps.value !== "1") options.set("steps", steps.value);
    if (!indirect.checked) options.set("indirect", "0");
    const name = node.column === null ? node.table : `${node.table}.${node.column}`;
    const asked = options.toString();
    return `#${encodeURIComponent(name)}${asked ? `?${asked}` : ""}`;
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return text; // a % that somebody typed
    }
  }

  // What the address asks for; null where it asks for nothing.
  function asked() {
    const [name, options = ""] = window.location.hash.slice(1).split("?");
    if (name === "") return null;
    const found = new URLSearchParams(options);
    steps.value = ["1", "2", "3", "all"].includes(found.get("steps")) ? found.get("steps") : "1";
    indirect.checked = found.get("indirect") !== "0";
    const [, table, column] = /^([^.]*\.[^.]*)(?:\.(.*))?$/s.exec(decoded(name)) ?? [];
    return { table: table ?? decoded(name), column: column || null };
  }

  function tag(text, className = "") {
    return part("span", `tag ${className}`, text);
  }

  function aboutElement(node) {
    const data = dataOf(node.table);
    const column = columnOf(node);
    const title = part("h2", "", part("code", "", ...breakable(node.table)));
    if (node.column !== null) title.append(part("code", "focus-column", ...breakable(`.${node.column}`)));
    const tags = part("p", "tags", tag(data.layer));
    if (data.made_by !== data.layer) tags.append(tag(data.made_by.replace("_", " ")));
    if (column !== null) {
      tags.append(tag(column.type));
      const meaning = [column.semantic, column.unit].filter(Boolean).join(", ");
      if (meaning) tags.append(tag(meaning, "accent"));
      if (column.privacy) tags.append(tag(`personal: ${column.privacy}`, "warn"));
    }
    const element = part("div", "", title, tags);
    const description = column === null ? data.description : column.description;
    if (description) element.append(part("p", "", description));
    if (column?.sql) element.append(part("pre", "", part("code", "", column.sql)));
    const file = data.from.find((edge) => edge.file)?.file;
    const place = column?.sql && file && column.line ? [part("code", "", `${file}:${column.line}`), " · "] : [];
    element.append(part("p", "small", ...place, ...committed(data), pageLink(node)));
    const rules = column === null ? null : dataPlatform.list.rulesOf(node);
    if (rules) element.append(rules);
    return element;
  }

  function committed({ commit }) {
    if (commit === null) return [];
    const partitions = commit.partitions === 1 ? "1 partition" : `${commit.partitions} partitions`;
    return [`Last commit: ${commit.version}, ${commit.at.slice(0, 16).replace("T", " ")} UTC, ${partitions} · `];
  }

  function pageLink({ table, column }) {
    const link = part("a", "", `The page of ${table}`);
    link.href = `tables/${encodeURIComponent(table)}.html${column === null ? "" : `#column-${encodeURIComponent(column)}`}`;
    return link;
  }

  function disagreements(node) {
    const all = dataOf(node.table).disagreements;
    const own = all.filter((each) => node.column === null || same(each.column, node.column));
    if (own.length === 0) return [];
    const title = part("h3", "", "What is declared and what permuting shows differ");
    const items = own.map((each) => part("li", "", part("code", "", `${each.source}.${each.source_column}`), " → ",
      part("code", "", each.column), ` (${each.said === "declared" ? "declared, not seen" : "seen, not declared"}): ${each.text}`));
    const notice = part("div", "notice warn", title, part("ul", "", ...items));
    return [notice];
  }

  // The columns at the far ends of a side's edges, and how many of them flow into its value or are computed from it.
  function ends(edges, side, noun) {
    const far = (edge) => JSON.stringify(side === "from" ? edge.from : edge.to);
    const own = edges.filter((edge) => edge.side === side);
    const all = new Set(own.map(far)).size;
    const strong = new Set(own.filter((edge) => edge.strong).map(far)).size;
    return dataPlatform.list.counted(all, noun) + (strong < all ? `, ${strong} of them by value` : "");
  }

  function tell({ start, edges, goesOn }) {
    const name = start.column === null ? start.table : `${start.table}.${start.column}`;
    const more = goesOn.from || goesOn.to ? " There are more beyond: choose how far." : "";
    told.textContent = `${name}: ${ends(edges, "from", "source")}; ${ends(edges, "to", "reader")}.${more}`;
  }

  async function show() {
    const mine = turn += 1;
    const node = asked();
    at = null;
    overview.hidden = node !== null;
    if (node === null) {
      shown.hidden = true;
      told.textContent = "";
      document.title = "Lineage";
      return;
    }
    const table = tables.get(node.table.toLowerCase());
    const data = table === undefined ? null : await load(table);
    if (mine !== turn) return;
    if (data === null) return missing(`There is no table ${node.table}. Pick one above or below.`);
    const column = node.column === null ? null : Object.keys(data.columns).find((name) => same(name, node.column));
    if (column === undefined) return missing(`${table} has no column ${node.column}. It has ${Object.keys(data.columns).join(", ")}.`);
    const start = { table, column };
    const found = await walk(start, { steps: steps.value === "all" ? Infinity : Number(steps.value), indirect: indirect.checked });
    if (mine !== turn) return;
    at = start;
    shown.hidden = false;
    document.title = `${column ?? table} · Lineage`;
    focus.replaceChildren(aboutElement(start), ...disagreements(start));
    dataPlatform.list.show(found, { href: written });
    const left = draw(found, { href: written, reveal: dataPlatform.list.reveal });
    cut.hidden = left === 0;
    cut.textContent = `${left} tables farther away are not drawn; the list below has them.`;
    tell(found);
    if (hasWalked) focusStart();
    hasWalked = false;
  }

  function missing(text) {
    shown.hidden = true;
    overview.hidden = false;
    told.textContent = text;
  }

  function overviewOf(all) {
    const datasets = new Map();
    for (const table of all) {
      const layer = table.name.split(".")[0];
      if (!datasets.has(table.dataset)) datasets.set(table.dataset, new Map());
      const layers = datasets.get(table.dataset);
      if (!layers.has(layer)) layers.set(layer, []);
      const link = part("a", "", part("code", "", table.name));
      link.href = written({ table: table.name, column: null });
      layers.get(layer).push(part("li", "", link));
    }
    return [...datasets].map(([dataset, layers]) => part("section", "overview-dataset", part("h3", "", dataset),
      part("div", "overview-layers", ...[...layers].map(([layer, items]) =>
        part("div", "", part("h4", "muted", layer), part("ul", "", ...items))))));
  }

  dataPlatform.search = (data) => {
    every = data.tables;
    tables = new Map(every.map((table) => [table.name.toLowerCase(), table.name]));
    dataPlatform.picker.fill(every);
    byId("overview-tables").replaceChildren(...overviewOf(every));
    show();
  };

  // The address keeps how far and what is shown, so that it can be handed on; one step back leaves the column.
  function again() {
    if (at !== null) window.location.replace(written(at));
    else byId("overview-tables").replaceChildren(...overviewOf(every));
  }

  dataPlatform.picker.onPick((node) => {
    hasWalked = true;
    window.location.hash = written(node);
  });
  document.getElementById("graph").addEventListener("click", (event) => {
    if (event.target.closest("a")) hasWalked = true; // the walker's keys stay in the drawing
  });
  for (const control of [steps, indirect]) control.addEventListener("change", again);
  window.addEventListener("hashchange", show);
})();
