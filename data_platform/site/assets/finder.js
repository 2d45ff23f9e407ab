"use strict";
// Search over what `data/search.js` hands in: every word must be found; names count more than descriptions.
var dataPlatform = window.dataPlatform || {};
(() => {
  const most = 50;
  const form = document.getElementById("search");
  const input = document.getElementById("query");
  const list = document.getElementById("results");
  const status = document.getElementById("found");
  const tables = document.getElementById("tables");
  let entries = [];

  // Of equals what a reader asks for comes before what it is made from.
  const nearness = { curated: 3, staged: 2, raw: 1 };
  // What a word is worth where: as a whole word, at the beginning of one, anywhere.
  const worth = { name: [100, 60, 30], more: [40, 25, 10], description: [15, 12, 5] };

  // Without accents and capitals, letter by letter: what is found in the folded text stands at the same place in the text.
  const foldedLetter = (letter) => {
    const plain = letter.normalize("NFD").replace(/\p{Mn}/gu, "").toLowerCase();
    return plain.length === letter.length ? plain : letter;
  };
  const folded = (text) => text.normalize("NFC").replace(/[^\x00-\x7f]/gu, foldedLetter).toLowerCase();
  const words = (text) => folded(text).split(/[\s,;]+/).filter(Boolean);

  function entry(table, column) {
    const [name, more, description] = column
      ? [column[0], `${column[3]} ${column[2]} ${column[1]}${column[5] ? " personal" : ""}`, column[4]]
      : [table.name, `${table.dataset} ${table.owners.join(" ")} ${table.made_by}`, table.description];
    const fields = { name, more, description };
    const text = Object.fromEntries(Object.entries(fields).map(([field, value]) => [field, folded(value)]));
    return { table, column, text, all: `${text.name}\n${text.more}\n${text.description}` };
  }

  const isLetter = (character) => character !== undefined && /[\p{L}\p{N}]/u.test(character);

  function worthOf(text, word, [whole, start, anywhere]) {
    let best = 0;
    for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
      const begins = !isLetter(text[at - 1]);
      const ends = !isLetter(text[at + word.length]);
      best = Math.max(best, begins && ends ? whole : begins ? start : anywhere);
      if (best === whole) break;
    }
    return best;
  }

  function score(each, asked) {
    let sum = 0;
    let own = 0;
    for (const word of asked) {
      let best = 0;
      if (each.all.includes(word)) {
        for (const field of ["name", "more", "description"]) {
          best = Math.max(best, worthOf(each.text[field], word, worth[field]));
        }
        if (each.text.name === word || (!each.column && each.text.name.endsWith(`.${word}`))) best = 150;
        own += 1;
      } else if (each.column && each.tableText.includes(word)) {
        best = 8; // "revenue taxi": the column says one word, its table the other
      }
      if (best === 0) return 0;
      sum += best;
    }
    if (own === 0) return 0;
    return (sum * own) / asked.length + (each.column ? 0 : 20) + nearness[each.table.name.split(".")[0]];
  }

  function search(query) {
    const asked = words(query);
    if (asked.length === 0) return [];
    const found = [];
    for (const each of entries) {
      const value = score(each, asked);
      if (value > 0) found.push([value, each]);
    }
    return found.sort((a, b) => b[0] - a[0] || a[1].order - b[1].order).map(([, each]) => each);
  }

  // Text with <mark> around what was asked for, made of text nodes: nothing in it is ever read as HTML.
  function marked(text, asked) {
    const fragment = document.createDocumentFragment();
    text = text.normalize("NFC");
    const lower = folded(text);
    if (lower.length !== text.length) return fragment.append(text), fragment; // a rare capital became two letters
    const hits = new Uint8Array(text.length);
    for (const word of asked) {
      for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + 1)) hits.fill(1, at, at + word.length);
    }
    for (let from = 0; from < text.length;) {
      let to = from;
      while (to < text.length && hits[to] === hits[from]) to += 1;
      const part = text.slice(from, to);
      if (hits[from]) fragment.append(Object.assign(document.createElement("mark"), { textContent: part }));
      else fragment.append(part);
      from = to;
    }
    return fragment;
  }

  // The part of a long text in which the first of the words stands.
  function excerpt(text, asked) {
    const around = 160;
    if (text.length <= around) return text;
    const lower = folded(text);
    const at = Math.min(...asked.map((word) => lower.indexOf(word)).filter((place) => place >= 0), Infinity);
    const from = at === Infinity || at < around - 40 ? 0 : text.lastIndexOf(" ", at - 30) + 1;
    const space = text.lastIndexOf(" ", from + around);
    const to = from + around >= text.length ? text.length : space > from ? space : from + around;
    return `${from > 0 ? "… " : ""}${text.slice(from, to)}${to < text.length ? " …" : ""}`;
  }

  function part(tag, className, ...content) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...content);
    return element;
  }

  function result({ table, column }, asked) {
    const link = document.createElement("a");
    link.href = `tables/${encodeURIComponent(table.name)}.html${column ? `#column-${encodeURIComponent(column[0])}` : ""}`;
    link.append(part("code", "", marked(column ? column[0] : table.name, asked)));
    const item = part("li", "", link);
    if (column) {
      item.append(" in ", part("code", "", marked(table.name, asked)));
      const kind = [column[1], column[2], column[3]].filter(Boolean).join(", ");
      item.append(" ", part("span", "muted small", marked(kind, asked)));
      if (column[5]) item.append(" ", part("span", "tag warn", "personal"));
    } else {
      const about = [table.dataset, ...table.owners].join(", ");
      item.append(" ", part("span", "muted small", marked(about, asked)));
    }
    const description = column ? column[4] : table.description;
    if (description) item.append(part("p", "small", marked(excerpt(description, asked), asked)));
    return item;
  }

  function show() {
    const asked = words(input.value);
    const found = search(input.value);
    list.replaceChildren(...found.slice(0, most).map((each) => result(each, asked)));
    list.hidden = found.length === 0;
    tables.hidden = asked.length > 0;
    const more = found.length > most ? `, the first ${most} of them here` : "";
    status.textContent = asked.length === 0 ? "" : found.length === 0 ? "Nothing found." : `${found.length} found${more}`;
  }

  function step(by) {
    const links = [...list.querySelectorAll("a")];
    const at = links.indexOf(document.activeElement) + by;
    if (at < 0) input.focus();
    else links[Math.min(at, links.length - 1)]?.focus();
  }

  dataPlatform.search = (data) => {
    entries = data.tables.flatMap((table) => {
      const own = entry(table);
      const columns = table.columns.map((column) => ({ ...entry(table, column), tableText: own.all }));
      return [own, ...columns];
    });
    entries.forEach((each, order) => { each.order = order; });
    show();
  };

  input.addEventListener("input", show);
  window.addEventListener("pageshow", show); // the browser may have kept what was typed
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  document.addEventListener("keydown", (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      input.focus();
      input.select();
    } else if (event.key === "Escape" && form.contains(event.target)) {
      input.value = "";
      show();
      input.focus();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && form.contains(event.target)) {
      event.preventDefault();
      step(event.key === "ArrowDown" ? 1 : -1);
    }
  });
})();
