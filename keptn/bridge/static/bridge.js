// What scripts add to pages that work without them: keys, copying, and a look that waits while nobody looks.
"use strict";

const typing = (target) => target.matches("input, textarea, select, [contenteditable]");

// Arrow keys, from evaluation to evaluation: in a heatmap, whose heads are what the Tab key stops at; along a chart.
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
function neighbour(link, [down, right]) {
  const dots = [...(link.closest(".chart")?.querySelectorAll("a") || [])];
  if (dots.length) return dots[dots.indexOf(link) + right];
  const rows = link.closest(".heat")?.rows, cell = link.closest("th, td");
  if (!rows || !cell) return null;
  for (let row = cell.parentNode.rowIndex + down, column = cell.cellIndex + right; rows[row]?.cells[column]; row += down, column += right) {
    const found = rows[row].cells[column].querySelector("a");
    if (found) return found;
  }
  return null;
}

// g and a letter: to a page; j and k: along a list; Escape: close what is open.
let going = false;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.order[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
    return;
  }
  if (typing(event.target)) return;
  if (going) {
    going = false;
    const link = document.querySelector(`header [data-key="${CSS.escape(event.key)}"]`);
    if (link) link.click();
    return;
  }
  const next = STEPS[event.key] && neighbour(event.target, STEPS[event.key]);
  if (next) { event.preventDefault(); next.focus(); }
  if (event.key === "g") going = true;
  if (event.key === "/") {
    const search = document.querySelector("input[type=search]");
    if (search) { event.preventDefault(); search.focus(); }
  }
  if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll("[data-row]")];
    const at = rows.findIndex((row) => row === document.activeElement || row.contains(document.activeElement));
    const row = rows[at + (event.key === "j" ? 1 : -1)] || rows[at] || rows[0];
    if (row) (row.matches("a") ? row : row.querySelector("a") || row).focus();
  }
});

// One order's form is open at a time, with its first field ready.
document.addEventListener("toggle", (event) => {
  if (!event.target.matches("details.order") || !event.target.open) return;
  for (const other of document.querySelectorAll("details.order[open]")) if (other !== event.target) other.open = false;
  const field = event.target.querySelector("input:not([type=hidden])");
  if (field) field.focus();
}, true);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy).textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    const all = document.createRange();
    all.selectNodeContents(document.getElementById(button.dataset.copy));
    getSelection().removeAllRanges();
    getSelection().addRange(all);
    button.textContent = "Selected: press Ctrl-C";
  }
});

// Nobody looks at a hidden page, so it asks for nothing and functions go to zero; an open form is not swapped away.
document.addEventListener("htmx:beforeRequest", (event) => {
  const looksAgain = event.target.hasAttribute("data-live");
  if (looksAgain && (document.hidden || event.target.querySelector("details.order[open], details.raw[open]"))) event.preventDefault();
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const looks of document.querySelectorAll("[data-live], [data-counts]")) htmx.trigger(looks, "look");
});
for (const [name, lost] of [["htmx:sendError", true], ["htmx:responseError", true], ["htmx:afterOnLoad", false]]) {
  document.addEventListener(name, (event) => {
    if (event.target.hasAttribute("data-live")) document.documentElement.toggleAttribute("data-lost", lost);
  });
}
