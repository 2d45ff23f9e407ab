// What keeps people from using a page, as a list of complaints: names, landmarks, headings, tables, contrast, width.
() => {
  const found = [];
  const told = (element) => element.outerHTML.slice(0, 120).replace(/\s+/g, " ");
  const isSeen = (element) => element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true });
  const all = (selector, within = document) => [...within.querySelectorAll(selector)].filter(isSeen);

  function nameOf(element) {
    const labelled = (element.getAttribute("aria-labelledby") ?? "").split(/\s+/).filter(Boolean);
    const names = labelled.map((id) => document.getElementById(id)?.textContent ?? "");
    if (element.labels) names.push(...[...element.labels].map((label) => label.textContent));
    names.push(element.getAttribute("aria-label") ?? "", element.getAttribute("alt") ?? "");
    if (!(element instanceof HTMLInputElement) && !(element instanceof HTMLSelectElement)) names.push(element.textContent);
    for (const image of element.querySelectorAll("img[alt], svg[aria-label]")) {
      names.push(image.getAttribute("alt") ?? image.getAttribute("aria-label"));
    }
    return names.join(" ").trim();
  }

  if (!document.documentElement.lang) found.push("the page says no language");
  if (!document.title.trim()) found.push("the page has no title");
  if (!document.querySelector('meta[name="viewport"]')) found.push("the page says no viewport");
  if (all("main").length !== 1) found.push(`${all("main").length} main landmarks, one is right`);
  if (all("h1").length !== 1) found.push(`${all("h1").length} first headings, one is right`);

  let level = 0;
  for (const heading of all("h1, h2, h3, h4, h5, h6")) {
    const next = Number(heading.tagName[1]);
    if (next > level + 1) found.push(`heading of level ${next} after ${level}: ${told(heading)}`);
    if (!heading.textContent.trim()) found.push(`empty heading: ${told(heading)}`);
    level = next;
  }
  for (const control of all("a[href], button, input, select, textarea, summary, [role=button], [tabindex='0']")) {
    if (!nameOf(control)) found.push(`no name: ${told(control)}`);
  }
  for (const image of document.querySelectorAll("img")) {
    if (!image.hasAttribute("alt")) found.push(`no alternative text: ${told(image)}`);
  }
  for (const landmark of ["nav", "section[aria-labelledby], [role=region]"]) {
    const names = all(landmark).map((element) => nameOf(element).slice(0, 200));
    for (const [at, name] of names.entries()) {
      if (landmark === "nav" && names.length > 1 && !all("nav")[at].getAttribute("aria-label")) found.push("a nav of several has no name");
      if (!name) found.push(`a landmark without a name: ${told(all(landmark)[at])}`);
    }
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  for (const id of new Set(ids.filter((id, at) => ids.indexOf(id) !== at))) found.push(`id '${id}' is there twice`);
  for (const pointer of document.querySelectorAll("[for], [aria-controls], [aria-describedby], [aria-labelledby]")) {
    for (const kind of ["for", "aria-controls", "aria-describedby", "aria-labelledby"]) {
      for (const id of (pointer.getAttribute(kind) ?? "").split(/\s+/).filter(Boolean)) {
        if (!document.getElementById(id)) found.push(`${kind}="${id}" leads nowhere`);
      }
    }
  }
  for (const table of all("table")) {
    if (!table.querySelector("th")) found.push(`a table without headers: ${told(table)}`);
    for (const header of table.querySelectorAll("th")) {
      if (!["col", "row", "rowgroup", "colgroup"].includes(header.scope)) found.push(`a header of nothing: ${told(header)}`);
      if (!header.textContent.trim()) found.push(`an empty header: ${told(header)}`);
    }
  }
  // What scrolls must be reachable by keys.
  for (const element of all("*")) {
    const scrolls = element.scrollWidth > element.clientWidth + 1 && ["auto", "scroll"].includes(getComputedStyle(element).overflowX);
    const isReached = element.tabIndex >= 0 || element.querySelector("a[href], button, input");
    if (scrolls && !isReached && element !== document.documentElement) found.push(`keys cannot scroll ${told(element)}`);
  }

  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const parsed = new Map();
  function rgba(text) {
    if (!parsed.has(text)) {
      canvas.clearRect(0, 0, 1, 1);
      canvas.fillStyle = text;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
      parsed.set(text, [r, g, b, a / 255]);
    }
    return parsed.get(text);
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  function background(element) {
    const layers = [];
    for (let at = element; at; at = at.parentElement) layers.push(rgba(getComputedStyle(at).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below), [255, 255, 255, 1]);
  }
  function luminance([r, g, b]) {
    const [x, y, z] = [r, g, b].map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  }
  for (const element of all("body *")) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim());
    if (!hasText || element.closest("svg, noscript, script, style") || element.closest("[disabled], [aria-hidden=true]")) continue;
    const style = getComputedStyle(element);
    const behind = background(element);
    const [light, dark] = [luminance(over(rgba(style.color), behind)), luminance(behind)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    const pixels = parseFloat(style.fontSize);
    const isLarge = pixels >= 24 || (pixels >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) found.push(`contrast ${contrast.toFixed(2)}: ${told(element)}`);
  }

  const wide = document.documentElement.scrollWidth;
  if (wide > innerWidth) {
    const culprit = all("body *").find((element) => element.getBoundingClientRect().right > innerWidth + 1 && !element.closest(".scroll, pre"));
    found.push(`the page is ${wide} pixels wide on a screen of ${innerWidth}: ${culprit ? told(culprit) : ""}`);
  }
  return found;
}
