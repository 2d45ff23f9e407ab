"use strict";
// Beside UTC each reader sees a time by the own clock, and how long ago that is; what is due becomes late by itself.
(() => {
  const units = [["year", 31557600], ["month", 2629800], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const local = new Intl.DateTimeFormat("en-CA", {
    year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
    timeZoneName: "short",
  });
  const isUtc = ["UTC", "Etc/UTC", "GMT"].includes(Intl.DateTimeFormat().resolvedOptions().timeZone);

  function ago(at) {
    const seconds = (at - Date.now()) / 1000;
    const [unit, length] = units.find(([, each]) => Math.abs(seconds) >= each) ?? ["minute", 60];
    return relative.format(Math.round(seconds / length), unit);
  }

  function ownClock(at) {
    return local.format(at).replace(",", "");
  }

  for (const time of document.querySelectorAll("time[data-local], time[data-ago]")) {
    const at = new Date(time.dateTime);
    const told = [];
    if (!isUtc && "local" in time.dataset) told.push(ownClock(at));
    told.push(ago(at));
    if ("ago" in time.dataset) {
      time.title = [time.textContent, isUtc ? "" : ownClock(at)].filter(Boolean).join(" = ");
      time.textContent = told.join(", ");
    } else {
      const beside = document.createElement("span");
      beside.className = "beside";
      beside.textContent = ` ${told.join(", ")}`;
      time.after(beside);
    }
  }
  for (const tag of document.querySelectorAll("[data-due]")) {
    const isLate = new Date(tag.dataset.due) <= new Date();
    tag.textContent = isLate ? "late" : "expected";
    tag.classList.toggle("warn", isLate);
  }
})();
