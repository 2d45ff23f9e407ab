"use strict";
// The drawing: tables as cards, in columns by how far they are from the one asked about, lines between their columns.
var dataPlatform = window.dataPlatform || {};
dataPlatform.drawing = (() => {
  const { idOf, columnOf, dataOf, same } = dataPlatform.walk;
  const svgNamespace = "http://www.w3.org/2000/svg";
  const mostTables = 120;
  const mostColumns = 14;
  const mostLines = 250;
  const box = document.getElementById("graph");
  let drawn = null; // {layers, svg, lines: [{from, to, path, hit}], places: id → element}

  function part(tag, className, ...content) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...content);
    return element;
  }

  // A long name breaks after a dot or an underscore.
  function breakable(text) {
    return text.split(/(?<=[._])/).flatMap((piece) => [piece, document.createElement("wbr")]);
  }

  // table → {depth, columns, rows}; what is left of the table asked about has a depth below zero.
  function cardsOf(start, edges) {
    const depth = new Map([[start.table, 0]]);
    const cards = new Map();
    const card = (table) => {
      if (!cards.has(table)) cards.set(table, { table, columns: new Map(), rows: false });
      return cards.get(table);
    };
    card(start.table);
    if (start.column !== null) card(start.table).columns.set(start.column.toLowerCase(), start.column);
    for (const edge of edges) {
      for (const end of [edge.from, edge.to]) {
        if (end.column === null) card(end.table).rows = true;
        else card(end.table).columns.set(end.column.toLowerCase(), end.column);
      }
    }
    // The longest way counts, so that every line goes from left to right.
    for (let round = 0, moved = true; moved && round <= cards.size; round += 1) {
      moved = false;
      for (const { from, to, side } of edges) {
        if (from.table === to.table) continue;
        const [near, far, way] = side === "from" ? [to.table, from.table, -1] : [from.table, to.table, 1];
        if (!depth.has(near)) continue;
        const wanted = depth.get(near) + way;
        if (!depth.has(far) || (way < 0 ? wanted < depth.get(far) : wanted > depth.get(far))) {
          if (far === start.table) continue;
          depth.set(far, wanted);
          moved = true;
        }
      }
    }
    for (const each of cards.values()) each.depth = depth.get(each.table) ?? 0;
    return cards;
  }

  // Cards of one depth stand in the order of what they are joined to, nearer to the middle: fewer lines cross.
  function layersOf(cards, edges) {
    const layers = new Map();
    for (const card of cards.values()) {
      if (!layers.has(card.depth)) layers.set(card.depth, []);
      layers.get(card.depth).push(card);
    }
    const depths = [...layers.keys()].sort((a, b) => a - b);
    const place = new Map();
    for (const depth of [...depths].sort((a, b) => Math.abs(a) - Math.abs(b))) {
      const layer = layers.get(depth);
      for (const card of layer) {
        const joined = edges.flatMap(({ from, to }) =>
          from.table === card.table ? [place.get(to.table)] : to.table === card.table ? [place.get(from.table)] : []);
        const known = joined.filter((each) => each !== undefined);
        card.wish = known.length ? known.reduce((sum, each) => sum + each, 0) / known.length : 0;
      }
      layer.sort((a, b) => a.wish - b.wish || a.table.localeCompare(b.table));
      layer.forEach((card, index) => place.set(card.table, (index + 1) / (layer.length + 1)));
    }
    return depths.map((depth) => layers.get(depth));
  }

  // In the order of the contract; of the table that was picked as a whole all columns, so that one can walk on.
  function columnsIn(card, start) {
    const all = Object.keys(dataOf(card.table)?.columns ?? {});
    if (start.column === null && card.table === start.table) return all;
    const named = all.filter((name) => card.columns.has(name.toLowerCase()));
    const known = new Set(named.map((name) => name.toLowerCase()));
    return [...named, ...[...card.columns].filter(([key]) => !known.has(key)).map(([, name]) => name)];
  }

  function row(node, label, href, places) {
    const column = columnOf(node);
    const link = part("a", "node", part("span", "node-name", ...breakable(label)));
    link.href = href(node);
    link.dataset.node = idOf(node);
    link.setAttribute("aria-label", `${label} of ${node.table}`);
    const told = column && (column.unit || column.semantic || column.type);
    if (told) link.append(part("span", "node-kind", told));
    places.set(idOf(node), link);
    return part("li", "", link);
  }

  function cardElement(card, start, href, places, isCrowded) {
    const data = dataOf(card.table);
    const whole = { table: card.table, column: null };
    const title = part("a", "card-title", ...breakable(card.table));
    title.href = href(whole);
    const element = part("section", "card", title);
    element.setAttribute("aria-label", card.table);
    element.classList.add(`layer-${data?.layer ?? "unknown"}`);
    if (card.table === start.table) element.classList.add("start");
    if (data && data.made_by !== "sql" && data.made_by !== "raw") {
      element.append(part("span", "tag card-made", data.made_by.replace("_", " ")));
    }
    const list = part("ul", "");
    // A table without columns of its own here is where the lines between tables end.
    places.set(idOf(whole), title);
    title.dataset.node = idOf(whole);
    const columns = columnsIn(card, start);
    const isFolded = isCrowded && card.table !== start.table;
    if (isFolded) element.append(part("p", "small muted card-count", columns.length === 1 ? "1 column" : `${columns.length} columns`));
    for (const name of isFolded ? [] : columns) {
      const node = { table: card.table, column: name };
      const item = row(node, name, href, places);
      if (start.column !== null && card.table === start.table && same(name, start.column)) {
        item.firstChild.setAttribute("aria-current", "true");
      }
      list.append(item);
    }
    if (card.rows && start.column !== null) list.append(row(whole, "every row", href, places));
    if (list.childElementCount > mostColumns && card.table !== start.table) fold(list);
    if (list.childElementCount > 0) element.append(list);
    return element;
  }

  function fold(list) {
    const more = part("button", "small", `all ${list.childElementCount} columns`);
    more.type = "button";
    const hidden = [...list.children].slice(mostColumns - 2);
    for (const item of hidden) item.hidden = true;
    more.addEventListener("click", () => {
      for (const item of hidden) item.hidden = false;
      more.parentElement.remove();
      hidden[0].querySelector("a").focus();
      drawLines();
    });
    list.append(part("li", "more", more));
  }

  // Between two places one line, solid where any of its edges hands on a value. Of a table with very many edges only
  // those between tables are drawn.
  const isCrowded = (start, edges) => start.column === null && edges.length > mostLines;

  function linesOf(start, edges) {
    const whole = isCrowded(start, edges);
    const endOf = (end) => (whole ? { table: end.table, column: null } : end);
    const lines = new Map();
    for (const edge of edges) {
      const [from, to] = [idOf(endOf(edge.from)), idOf(endOf(edge.to))];
      const key = `${from} ${to}`;
      if (!lines.has(key)) lines.set(key, { from, to, edges: [] });
      lines.get(key).edges.push(edge);
    }
    return [...lines.values()].filter((line) => line.from !== line.to);
  }

  // Returns how many tables were too many to be drawn; those that are farthest away are left out.
  function draw({ start, edges }, { href, reveal }) {
    let shown = edges;
    const tables = new Set(edges.flatMap((edge) => [edge.from.table, edge.to.table]));
    for (let step = Math.max(...edges.map((edge) => edge.step), 1); tables.size > mostTables && step > 1; step -= 1) {
      shown = shown.filter((edge) => edge.step < step);
      if (new Set(shown.flatMap((edge) => [edge.from.table, edge.to.table])).size <= mostTables) break;
    }
    const places = new Map();
    const cards = cardsOf(start, shown);
    const layered = layersOf(cards, shown);
    const layers = part("div", "layers", ...layered.map((layer) =>
      part("div", "depth", ...layer.map((card) => cardElement(card, start, href, places, isCrowded(start, shown))))));
    box.classList.toggle("deep", layered.length > 3);
    const svg = document.createElementNS(svgNamespace, "svg");
    svg.setAttribute("aria-hidden", "true");
    svg.classList.add("lines");
    const lines = linesOf(start, shown).map((line) => {
      const values = line.edges.filter((edge) => edge.how === "value");
      const told = line.edges.map((edge) => `${edge.how}: ${edge.sql || edge.file}`).slice(0, 8).join("\n");
      const [path, hit] = ["line", "hit"].map((name) => {
        const element = document.createElementNS(svgNamespace, "path");
        element.classList.add(name);
        svg.append(element);
        return element;
      });
      if (values.length) path.classList.add("value");
      if (values.some((edge) => edge.strong)) path.classList.add("strong");
      if (line.edges.some(dataPlatform.isDisputed)) path.classList.add("disputed");
      const title = document.createElementNS(svgNamespace, "title");
      title.textContent = told;
      hit.append(title);
      hit.addEventListener("click", () => reveal(line.edges[0]));
      return { ...line, path, hit };
    });
    layers.prepend(svg);
    box.replaceChildren(layers);
    drawn = { layers, svg, lines, places };
    layers.classList.toggle("tall", layers.scrollHeight > window.innerHeight);
    drawLines();
    const middle = box.querySelector(".card.start");
    box.scrollLeft = middle.offsetLeft - (box.clientWidth - middle.offsetWidth) / 2;
    return Math.max(0, tables.size - cards.size);
  }

  function visible(element) {
    if (element.offsetParent !== null) return element;
    return element.closest("ul")?.querySelector(".more button") ?? element;
  }

  function drawLines() {
    if (drawn === null) return;
    const { layers, svg, lines, places } = drawn;
    const origin = layers.getBoundingClientRect();
    svg.setAttribute("viewBox", `0 0 ${layers.scrollWidth} ${layers.scrollHeight}`);
    svg.setAttribute("width", layers.scrollWidth);
    svg.setAttribute("height", layers.scrollHeight);
    const stacked = getComputedStyle(layers).flexDirection === "column";
    const at = (id) => {
      const { left, right, top, height } = visible(places.get(id)).getBoundingClientRect();
      return { left: left - origin.left, right: right - origin.left, y: top - origin.top + height / 2 };
    };
    lines.forEach(({ from, to, path, hit }) => {
      if (!places.has(from) || !places.has(to)) return;
      const [a, b] = [at(from), at(to)];
      let way;
      if (stacked) {
        // One below the other: the line swings out into the margin, farther the longer it is.
        const out = Math.min(a.left, b.left) - Math.min(44, 12 + Math.abs(b.y - a.y) / 16);
        way = `M${a.left} ${a.y}C${out} ${a.y} ${out} ${b.y} ${b.left} ${b.y}`;
      } else {
        const bend = Math.max(24, (b.left - a.right) / 2);
        way = `M${a.right} ${a.y}C${a.right + bend} ${a.y} ${b.left - bend} ${b.y} ${b.left} ${b.y}`;
      }
      path.setAttribute("d", way);
      hit.setAttribute("d", way);
    });
  }

  function light(id) {
    if (drawn === null) return;
    drawn.svg.classList.toggle("lighting", id !== null);
    const joined = new Set();
    for (const { from, to, path } of drawn.lines) {
      const lit = id !== null && (from === id || to === id);
      path.classList.toggle("lit", lit);
      if (lit) joined.add(from).add(to);
    }
    for (const [each, element] of drawn.places) element.classList.toggle("joined", joined.has(each) && each !== id);
  }

  const nodeOf = (event) => event.target.closest?.("[data-node]") ?? null;
  for (const name of ["mouseover", "focusin"]) box.addEventListener(name, (event) => light(nodeOf(event)?.dataset.node ?? null));
  for (const name of ["mouseleave", "focusout"]) box.addEventListener(name, () => light(null));

  box.addEventListener("keydown", (event) => {
    const here = nodeOf(event);
    if (here === null || event.ctrlKey || event.metaKey || event.altKey) return;
    let next;
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const back = event.key === "ArrowLeft";
      const ways = drawn.lines.filter((line) => (back ? line.to : line.from) === here.dataset.node);
      const ends = ways.map((line) => visible(drawn.places.get(back ? line.from : line.to)));
      next = ends.sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0];
    } else if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      const among = [...here.closest(".depth").querySelectorAll("[data-node], .more button")];
      const usable = among.filter((each) => each.offsetParent !== null);
      next = usable[usable.indexOf(here) + (event.key === "ArrowUp" ? -1 : 1)];
    } else return;
    event.preventDefault();
    next?.focus();
  });

  new ResizeObserver(drawLines).observe(box);

  function focusStart() {
    const start = box.querySelector('[aria-current="true"]') ?? box.querySelector(".card.start .card-title");
    start?.focus();
  }

  return { draw, part, breakable, focusStart };
})();
