// Runs the charts of one page over the rows that it carries, and lets its controls set their parameters.
"use strict";
(() => {
  const main = document.querySelector("main");
  const told = JSON.parse(document.getElementById("parts").textContent);
  const AT = Symbol("row");

  // Charts share the columns. Each has rows of its own, because a chart may add fields to them.
  async function columnsOf(name) {
    const bytes = Uint8Array.from(atob(document.getElementById(`rows-of-${name}`).textContent), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).json();
  }

  function rowsOf(table) {
    class Row {
      constructor(at) { this[AT] = at; }
    }
    for (const [name, column] of Object.entries(table.columns)) {
      const get = Array.isArray(column)
        ? function () { return column[this[AT]]; }
        : function () { return column.values[column.codes[this[AT]]]; };
      const set = function (value) {
        Object.defineProperty(this, name, { value, writable: true, enumerable: true, configurable: true });
      };
      Object.defineProperty(Row.prototype, name, { get, set, enumerable: true });
    }
    return Array.from({ length: table.rows }, (_, at) => new Row(at));
  }

  // A tooltip that also a finger and a reader of the screen find: the chart's own texts are on its marks.
  const tip = document.getElementById("tip");
  function tooltip(_handler, event, item, value) {
    tip.hidden = value === null || value === undefined || value === "";
    if (tip.hidden) return;
    const lines = typeof value === "object" ? Object.entries(value) : [["", value]];
    tip.replaceChildren(...lines.map(([name, text]) => {
      const line = document.createElement("div");
      const term = document.createElement("span");
      term.textContent = name;
      line.append(term, " ", String(text));
      return line;
    }));
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(event.clientX + 14, document.documentElement.clientWidth - width - 8);
    const top = event.clientY + 14 + height > window.innerHeight ? event.clientY - height - 14 : event.clientY + 14;
    tip.style.left = `${Math.max(8, left)}px`;
    tip.style.top = `${Math.max(8, top)}px`;
  }

  function* marks(item) {
    if (item.role === "mark" && item.marktype !== "group") yield item;
    for (const inner of item.items || []) yield* marks(inner);
  }

  function show(part, view) {
    const drawn = [...marks(view.scenegraph().root)].filter((mark) => mark.marktype !== "rule");
    if (part.card) {
      const places = part.element.querySelectorAll("[data-text]");
      places.forEach((place, at) => {
        const text = drawn[at]?.items[0]?.text;
        const known = text !== undefined && text !== null && !/^$|\b(NaN|null|undefined|Infinity)\b/.test(text);
        place.textContent = known ? String(text) : at ? "" : "–";
      });
      part.element.classList.toggle("unknown", places[0].textContent === "–");
      return;
    }
    const empty = !drawn.some((mark) => mark.items.length > 0);
    part.element.classList.toggle("empty", empty);
    part.element.querySelector(".nothing").hidden = !empty;
  }

  function valueOf(field, control) {
    if (field.options.length) return field.options[Number(control.value)];
    if (control.type === "checkbox") return control.checked;
    if (control.value === "") return field.value;
    return ["number", "range"].includes(control.type) ? Number(control.value) : control.value;
  }

  function controlOf(field) {
    return document.querySelector(`[name="filter-${CSS.escape(field.name)}"]:checked`)
      || document.querySelector(`[name="filter-${CSS.escape(field.name)}"]`);
  }

  async function start() {
    const tables = {};
    for (const name of told.queries) tables[name] = await columnsOf(name);
    const parts = [];
    for (const { id, card, spec } of told.parts) {
      const element = document.getElementById(id);
      for (const data of spec.data) if (data.name in tables) data.values = rowsOf(tables[data.name]);
      // A card's chart is run, and its texts are shown as texts of the page.
      const place = card ? document.createElement("div") : element.querySelector(".view");
      // Errors only (1): that an empty selection has no extent is no news, the page tells it.
      const options = { mode: "vega", renderer: "svg", actions: false, defaultStyle: false, tooltip, logLevel: 1 };
      const { view } = await window.vegaEmbed(place, spec, options);
      place.querySelector(".vega-bindings")?.remove(); // an empty form: the controls are the page's
      parts.push({ card, element, view });
    }
    window.dashboard = { tables, views: Object.fromEntries(parts.map((part) => [part.element.id, part.view])) };

    const status = document.getElementById("selection");
    let asked = 0;
    async function update() {
      const turn = ++asked;
      main.setAttribute("aria-busy", "true");
      const values = told.filters.map((field) => [field, valueOf(field, controlOf(field))]);
      await Promise.all(parts.map(async (part) => {
        const known = part.view.getState({ data: () => false, signals: () => true }).signals;
        for (const [field, value] of values) if (field.name in known) part.view.signal(field.name, value);
        await part.view.runAsync();
        show(part, part.view);
      }));
      if (turn !== asked) return;
      if (status) {
        status.textContent = told.filters.map((field) => {
          const control = controlOf(field);
          const text = control.selectedOptions?.[0]?.text ?? (control.type === "checkbox" ? (control.checked ? "yes" : "no") : control.value);
          return `${field.label}: ${text || field.value}`;
        }).join(" · ");
      }
      main.setAttribute("aria-busy", "false");
    }

    const form = document.getElementById("filters");
    form?.addEventListener("submit", (event) => event.preventDefault());
    form?.addEventListener("input", (event) => { if (!event.target.dataset.searches) update(); });
    form?.addEventListener("reset", () => {
      main.setAttribute("aria-busy", "true");
      setTimeout(() => { searches(form, true); update(); }); // the controls are reset after this event
    });
    if (form) searches(form, false);
    await update();
  }

  // Long lists can be searched: the list then has only what contains the text, and Enter takes the first.
  function searches(form, again) {
    for (const search of form.querySelectorAll("[data-searches]")) {
      const list = document.getElementById(search.dataset.searches);
      const found = document.getElementById(`${search.id}-found`);
      list.all ||= [...list.options];
      const narrow = () => {
        const text = search.value.trim().toLowerCase();
        const kept = list.value;
        const fitting = list.all.filter((option) => option.text.toLowerCase().includes(text));
        list.replaceChildren(...list.all.filter((option) => fitting.includes(option) || option.value === kept));
        list.value = kept;
        found.textContent = text ? `${fitting.length} of ${list.all.length}` : "";
        return fitting;
      };
      if (again) { narrow(); list.value = list.all.find((option) => option.defaultSelected).value; continue; }
      search.addEventListener("input", narrow);
      search.addEventListener("keydown", (event) => {
        if (event.key !== "Enter") return;
        const [first] = narrow();
        if (first) { list.value = first.value; list.dispatchEvent(new Event("input", { bubbles: true })); }
      });
    }
  }

  function openQuery() {
    const query = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (query instanceof HTMLDetailsElement) { query.open = true; query.scrollIntoView(); }
  }
  window.addEventListener("hashchange", openQuery);

  start().then(openQuery).catch((error) => {
    console.error(error);
    const notice = document.getElementById("failed");
    notice.hidden = false;
    notice.append(` ${error.message}`);
    main.setAttribute("aria-busy", "false");
  });
})();
