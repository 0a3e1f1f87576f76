// On a narrow screen, a table that is wider than the page shows each row as a list of its cells.
const narrow = window.matchMedia("(max-width: 46em)");

const fit = (table) => {
  const box = table.parentElement;
  table.classList.remove("stacked");
  table.classList.toggle("stacked", narrow.matches && box.scrollWidth > box.clientWidth);
};

for (const table of document.querySelectorAll("article table.docutils")) {
  const labels = [...table.querySelectorAll("thead th")].map((cell) => cell.textContent.trim());
  for (const cell of table.querySelectorAll("tbody td")) {
    cell.dataset.label = labels[cell.cellIndex] || "";
  }
  // Also when it is shown later, as in a tab.
  new ResizeObserver(() => fit(table)).observe(table.parentElement);
}
