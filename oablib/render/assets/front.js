// Shows one language of the front page and filters its list. Without it both lists are there.
"use strict";
const NAMES = ["words", "run", "kind", "status"];
const lists = [...document.querySelectorAll("[data-language]")];
const choices = [...document.querySelectorAll("[data-chooses]")];
let language = (navigator.language || "").startsWith("nl") ? "nl" : "en";

const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
const holds = (text, wanted) => wanted.every((word) => text.includes(word));
const texts = new Map();
const textOf = (element) => {
  if (!texts.has(element)) texts.set(element, plain(element.textContent));
  return texts.get(element);
};
const fieldsOf = (list) => Object.fromEntries(NAMES.map((name) => [name, list.querySelector(`[data-field=${name}]`)]));

// Shows what of one report matches; the number of matches.
function filterReport(report, wanted, named, kind) {
  const context = plain(report.querySelector("h3").textContent) + " " + named;
  const rows = [...report.querySelectorAll("li[data-kind]")];
  let inside = 0;
  for (const row of rows) {
    const fits = (!kind || kind === row.dataset.kind) && holds(textOf(row) + " " + context, wanted);
    row.hidden = (wanted.length > 0 || kind !== "") && !fits;
    inside += fits ? 1 : 0;
  }
  const head = [...report.querySelectorAll("h3, .question, .answer")].map(textOf).join(" ") + " " + named;
  const itself = (!kind || kind === "report") && holds(head, wanted);
  const counted = kind && kind !== "report" ? inside : itself || inside ? 1 : 0;
  if (itself && !kind && !inside) rows.forEach((row) => { row.hidden = false; });
  report.querySelector("details").open = inside > 0 && kind !== "report" && (wanted.length > 0 || kind !== "");
  report.hidden = counted === 0;
  return counted;
}

function filter(list) {
  const fields = fieldsOf(list);
  const [run, kind, status_] = [fields.run.value, fields.kind.value, fields.status.value];
  const wanted = plain(fields.words.value).split(/\s+/).filter(Boolean);
  let found = 0;
  for (const entry of list.querySelectorAll(".run-entry")) {
    const chosen = !run || run === entry.dataset.run;
    const failed = entry.dataset.failed === "yes";
    const named = plain(entry.dataset.run + " " + entry.querySelector("h2").textContent);
    let here = 0;
    for (const report of entry.querySelectorAll("ol.reports > li")) {
      const fits = !status_ || status_ === report.dataset.status || (status_ === "failed" && failed);
      if (chosen && fits) here += filterReport(report, wanted, named, kind);
      else report.hidden = true;
    }
    const bare = !entry.querySelector("ol.reports") && failed && !kind && holds(named, wanted);
    const shown = chosen && (here > 0 || (bare && (!status_ || status_ === "failed")));
    entry.hidden = !shown;
    found += here;
  }
  const count = list.querySelector(".count");
  const words = count.dataset[(kind || "report") + (found === 1 ? "" : "s")];
  count.textContent = `${found} ${words}`;
}

function choose(code) {
  language = code;
  for (const list of lists) list.hidden = list.dataset.language !== code;
  for (const choice of choices) {
    if (choice.dataset.chooses === code) choice.setAttribute("aria-current", "true");
    else choice.removeAttribute("aria-current");
  }
  document.documentElement.lang = code;
  document.title = document.getElementById(code).querySelector("h1").dataset.title;
}

function remember() {
  const fields = fieldsOf(document.getElementById(language));
  const state = new URLSearchParams({ language });
  for (const name of NAMES) if (fields[name].value) state.set(name, fields[name].value);
  history.replaceState(null, "", "#" + state.toString());
}

const remembered = new URLSearchParams(location.hash.slice(1));
const asked = remembered.get("language") || location.hash.slice(1);
choose(lists.some((list) => list.dataset.language === asked) ? asked : language);
for (const list of lists) {
  const fields = fieldsOf(list);
  for (const name of NAMES) {
    if (remembered.has(name)) fields[name].value = remembered.get(name);
    fields[name].addEventListener("input", () => {
      // What is sought in one language is sought in the other as well.
      for (const other of lists) fieldsOf(other)[name].value = fields[name].value;
      lists.forEach(filter);
      remember();
    });
  }
  list.querySelector(".search").hidden = false;
  filter(list);
}
for (const choice of choices) {
  choice.addEventListener("click", (event) => {
    event.preventDefault();
    choose(choice.dataset.chooses);
    remember();
  });
}
