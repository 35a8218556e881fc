// Filters the list of the front page. Without it the whole list is there, and no search box.
"use strict";
const fields = ["words", "run", "kind", "status"].map((name) => document.getElementById(name));
const [words, run, kind, status_] = fields;
const entries = [...document.querySelectorAll(".run-entry")];

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const holds = (text, wanted) => wanted.every((word) => text.includes(word));
const texts = new Map();
const textOf = (element) => {
  if (!texts.has(element)) texts.set(element, plain(element.textContent));
  return texts.get(element);
};

// Shows what of one report matches; the number of matches.
function filterReport(report, wanted, named) {
  const context = plain(report.querySelector("h3").textContent) + " " + named;
  const rows = [...report.querySelectorAll("li[data-kind]")];
  let inside = 0;
  for (const row of rows) {
    const fits = (!kind.value || kind.value === row.dataset.kind) && holds(textOf(row) + " " + context, wanted);
    row.hidden = (wanted.length > 0 || kind.value !== "") && !fits;
    inside += fits ? 1 : 0;
  }
  const head = [...report.querySelectorAll("h3, .question, .answer")].map(textOf).join(" ") + " " + named;
  const itself = (!kind.value || kind.value === "report") && holds(head, wanted);
  const counted = kind.value && kind.value !== "report" ? inside : itself || inside ? 1 : 0;
  if (itself && !kind.value && !inside) rows.forEach((row) => { row.hidden = false; });
  report.querySelector("details").open = inside > 0 && kind.value !== "report" && (wanted.length > 0 || kind.value !== "");
  report.hidden = counted === 0;
  return counted;
}

function filter() {
  const wanted = plain(words.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const entry of entries) {
    const chosen = !run.value || run.value === entry.dataset.run;
    const failed = entry.dataset.failed === "yes";
    const named = plain(entry.dataset.run + " " + entry.querySelector("h2").textContent);
    let here = 0;
    for (const report of entry.querySelectorAll("ol.reports > li")) {
      const fits = !status_.value || status_.value === report.dataset.status || (status_.value === "failed" && failed);
      if (chosen && fits) here += filterReport(report, wanted, named);
      else report.hidden = true;
    }
    const bare = !entry.querySelector("ol.reports") && failed && !kind.value && holds(named, wanted);
    const shown = chosen && (here > 0 || (bare && (!status_.value || status_.value === "failed")));
    entry.hidden = !shown;
    found += here;
  }
  document.querySelector(".count").textContent = `${found} ${kind.value || "report"}${found === 1 ? "" : "s"}`;
}

function remember() {
  const state = new URLSearchParams();
  for (const field of fields) if (field.value) state.set(field.id, field.value);
  history.replaceState(null, "", "#" + state.toString());
}

for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  const field = fields.find((each) => each.id === name);
  if (field) field.value = value;
}
for (const field of fields) field.addEventListener("input", () => { filter(); remember(); });
document.querySelector(".search").hidden = false;
filter();
