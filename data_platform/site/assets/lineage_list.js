"use strict";
// The plain list of edges: what says so, where, of which type and unit, and which rules can reject what flows.
var dataPlatform = window.dataPlatform || {};
(() => {
  const { columnOf, dataOf, keyOf, same } = dataPlatform.walk;
  const { part, breakable } = dataPlatform.drawing;
  const box = document.getElementById("edges");
  const most = 150;
  const fewEdges = 16; // so many of a side are opened, whatever their distance
  const words = {
    value: "the value is computed from it", filter: "decides which rows there are", join: "rows are joined by it",
    group: "rows are grouped by it", window: "rows are cut or ordered by it for a window",
    order: "rows are ordered by it before a limit", distinct: "repeated rows are told by it",
  };
  const found = { sql: "read in the SQL", declared: "declared in the contract", permuted: "seen by permuting the input" };
  const broken = { reject: "rejects a row", drop: "drops a row", flag: "flags a row" };
  let items = new Map(); // key of an edge → its element

  const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

  // As contracts say it: DECIMAL(14,2), money, usd.
  function kindOf(column) {
    if (column === null) return "";
    const meaning = [column.semantic, column.unit].filter(Boolean).join(", ");
    return [column.type, meaning].filter(Boolean).join(", ");
  }

  function rulesOf(node) {
    const rules = columnOf(node)?.rules ?? [];
    if (rules.length === 0) return null;
    const stored = dataOf(node.table).layer === "curated";
    const list = part("ul", "rules", ...rules.map((rule) => {
      const does = stored && rule.kind === "reject" ? "stops the commit" : broken[rule.kind] ?? rule.kind;
      return part("li", "small", part("code", "", rule.name), ` ${does} where `, part("code", "", rule.sql));
    }));
    const rejecting = rules.filter((rule) => rule.kind === "reject").length;
    const summary = rejecting > 0
      ? `${counted(rejecting, "rule")} can reject ${node.column}`
      : `${counted(rules.length, "rule")} on ${node.column}`;
    return part("details", "small", part("summary", "", summary), list);
  }

  function disputeOf(edge) {
    const all = dataOf(edge.to.table)?.disagreements ?? [];
    return all.find((each) => each.source === edge.from.table && same(each.source_column, edge.from.column)
      && (edge.to.column === null || same(each.column, edge.to.column))) ?? null;
  }
  dataPlatform.isDisputed = (edge) => disputeOf(edge) !== null;

  function nodeLink(node, href) {
    const label = node.column ?? "every row";
    const link = part("a", "", part("code", "", ...breakable(`${node.table}.${label}`)));
    if (node.column === null) link.replaceChildren(part("code", "", ...breakable(node.table)), " every row");
    link.href = href(node);
    return link;
  }

  function edgeItem(edge, href) {
    const far = edge.side === "from" ? edge.from : edge.to;
    const ends = [nodeLink(edge.from, href), " → ", nodeLink(edge.to, href)];
    const head = part("p", "edge-ends", ...ends);
    const tags = part("p", "edge-tags", part("span", `tag ${edge.how === "value" ? "accent" : ""}`, edge.how));
    tags.append(" ", part("span", "muted small", words[edge.how] ?? ""));
    const item = part("li", "edge", head, tags);
    if (edge.sql) item.append(part("pre", "", part("code", "", edge.sql)));
    const said = edge.found.map((each) => found[each] ?? each).join(" and ");
    item.append(part("p", "small muted", part("code", "", `${edge.file}:${edge.line}`), ` · ${said}`));
    const kind = kindOf(columnOf(far));
    if (kind) item.append(part("p", "small", part("code", "", far.column), ` is ${kind}`));
    const rules = far.column === null ? null : rulesOf(far);
    if (rules) item.append(rules);
    const dispute = disputeOf(edge);
    if (dispute) item.append(part("p", "notice warn small", `In dispute: ${dispute.text}`));
    item.tabIndex = -1;
    items.set(keyOf(edge), item);
    return item;
  }

  function sideElement(title, nothing, edges, href) {
    const element = part("section", "side", part("h3", "", title));
    if (edges.length === 0) {
      element.append(part("p", "nothing", nothing));
      return element;
    }
    const groups = new Map(); // step and table → edges
    for (const edge of edges) {
      const far = edge.side === "from" ? edge.from : edge.to;
      const key = JSON.stringify([edge.step, far.table]);
      if (!groups.has(key)) groups.set(key, { step: edge.step, table: far.table, edges: [] });
      groups.get(key).edges.push(edge);
    }
    let left = most;
    const rest = [];
    for (const group of [...groups.values()].sort((a, b) => a.step - b.step)) {
      group.edges.sort((a, b) => (a.how === "value" ? 0 : 1) - (b.how === "value" ? 0 : 1));
      if (left <= 0) rest.push(group);
      else element.append(groupElement(group, href, group.step === 1 || edges.length <= fewEdges));
      left -= group.edges.length;
    }
    if (rest.length) {
      const more = part("button", "", `${counted(rest.reduce((sum, group) => sum + group.edges.length, 0), "edge")} more`);
      more.type = "button";
      more.addEventListener("click", () => more.replaceWith(...rest.map((group) => groupElement(group, href, false))));
      element.append(more);
    }
    return element;
  }

  function groupElement({ step, table, edges }, href, isOpen) {
    const away = step === 1 ? "next to it" : `${step} steps away`;
    const link = part("a", "", part("code", "", table));
    link.href = href({ table, column: null });
    const title = part("summary", "", link, " ", part("span", "muted small", `${away}, ${counted(edges.length, "edge")}`));
    const group = part("details", "edge-group", title, part("ul", "edge-list", ...edges.map((edge) => edgeItem(edge, href))));
    group.open = isOpen;
    return group;
  }

  function show({ edges }, { href }) {
    items = new Map();
    const [from, to] = ["from", "to"].map((side) => edges.filter((edge) => edge.side === side));
    box.replaceChildren(
      sideElement("Comes from", "Nothing: no column of any table.", from, href),
      sideElement("Read by", "Nobody.", to, href),
    );
  }

  function reveal(edge) {
    for (const button of box.querySelectorAll(".side > button")) if (!items.has(keyOf(edge))) button.click();
    const item = items.get(keyOf(edge));
    item?.closest("details.edge-group").setAttribute("open", "");
    item?.scrollIntoView({ block: "center" });
    item?.focus({ preventScroll: true });
  }

  dataPlatform.list = { show, reveal, rulesOf, counted };
})();
