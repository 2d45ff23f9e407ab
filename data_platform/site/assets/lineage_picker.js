"use strict";
// Picking a table or a column by typing parts of its name, description, unit or dataset; `data/search.js` fills it.
var dataPlatform = window.dataPlatform || {};
dataPlatform.picker = (() => {
  const { part } = dataPlatform.drawing;
  const input = document.getElementById("pick");
  const list = document.getElementById("picks");
  const most = 30;
  let entries = [];
  let chosen = -1;
  let pick = () => {};

  const wordsOf = (text) => text.toLowerCase().split(/[\s,;]+/).filter(Boolean);

  function fill(tables) {
    entries = tables.flatMap((table) => [
      entry(table.name, null, `${table.dataset} ${table.description}`, table.dataset),
      ...table.columns.map(([name, type, semantic, unit, description]) =>
        entry(table.name, name, `${type} ${semantic} ${unit} ${description}`, [semantic, unit].filter(Boolean).join(", "))),
    ]);
  }

  function entry(table, column, more, beside) {
    const name = (column === null ? table : `${table}.${column}`).toLowerCase();
    return { table, column, name, own: (column ?? table).toLowerCase(), more: more.toLowerCase(), beside };
  }

  // What it is called counts more than what is told of it; 0 where a word is missing.
  function worth(each, asked) {
    let sum = 0;
    for (const word of asked) {
      if (each.own === word || each.name === word) sum += 100;
      else if (each.own.startsWith(word)) sum += 60;
      else if (each.name.includes(word)) sum += 30;
      else if (each.more.includes(word)) sum += 5;
      else return 0;
    }
    return sum;
  }

  function search() {
    const asked = wordsOf(input.value);
    if (asked.length === 0) return [];
    const found = [];
    entries.forEach((each, order) => {
      const value = worth(each, asked);
      if (value > 0) found.push({ each, value, order });
    });
    found.sort((a, b) => b.value - a.value || a.order - b.order);
    return found.slice(0, most).map(({ each }) => each);
  }

  function show() {
    const found = search();
    list.replaceChildren(...found.map((each, index) => {
      const label = each.column === null ? each.table : `${each.table}.${each.column}`;
      const item = part("li", "", part("code", "", label), " ", part("span", "muted small", each.beside));
      item.id = `pick-${index}`;
      item.setAttribute("role", "option");
      item.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus
      item.addEventListener("click", () => take(each));
      item.picked = each;
      return item;
    }));
    if (found.length === 0 && input.value.trim() !== "") {
      const item = part("li", "nothing", "Nothing found.");
      item.setAttribute("role", "option");
      item.setAttribute("aria-disabled", "true");
      list.append(item);
    }
    choose(found.length ? 0 : -1);
    open(list.childElementCount > 0);
  }

  function open(isOpen) {
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (!isOpen) input.removeAttribute("aria-activedescendant");
  }

  function choose(index) {
    chosen = index;
    [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === index)));
    const item = list.children[index];
    if (!item) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", item.id);
    return item.scrollIntoView({ block: "nearest" });
  }

  function take(each) {
    open(false);
    input.value = "";
    pick(each);
  }

  input.addEventListener("input", show);
  input.addEventListener("focus", () => { if (input.value.trim() !== "") show(); });
  input.addEventListener("blur", () => open(false));
  document.getElementById("pick-form").addEventListener("submit", (event) => event.preventDefault());
  input.addEventListener("keydown", (event) => {
    const count = [...list.children].filter((item) => item.picked).length;
    if (event.key === "Escape") {
      if (list.hidden) input.value = "";
      open(false);
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && count > 0) {
      event.preventDefault();
      open(true);
      choose((chosen + (event.key === "ArrowDown" ? 1 : -1) + count) % count);
    } else if (event.key === "Enter") {
      event.preventDefault();
      const item = list.children[chosen];
      if (!list.hidden && item?.picked) take(item.picked);
    }
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });

  return { fill, onPick: (called) => { pick = called; } };
})();
