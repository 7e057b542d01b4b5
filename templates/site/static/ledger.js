// Finding a paper in the ledger, which is whole without it.
(() => {
  "use strict";
  const form = document.querySelector(".find");
  if (!form) return;
  const rows = [...document.querySelectorAll(".rows tbody tr")].map((row) => ({
    row,
    id: row.id.toLowerCase(),
    title: row.querySelector(".title").textContent.toLowerCase(),
    state: row.querySelector(".state").textContent,
  }));
  // An identifier in whatever it was copied with: an address, `arXiv:`, a DOI, a version.
  const identifier = /\d{4}\.\d{4,5}|[a-z-]+(?:\.[a-z]{2})?\/\d{7}/;
  const asks = (word) => {
    const id = identifier.exec(word)?.[0];
    return id ? (row) => row.id.endsWith(id) : (row) => row.id.includes(word) || row.title.includes(word);
  };
  const update = () => {
    const asked = form.q.value.toLowerCase().split(/\s+/).filter(Boolean).map(asks);
    let shown = 0;
    for (const each of rows) {
      const found = asked.every((ask) => ask(each)) && ["", each.state].includes(form.state.value);
      each.row.hidden = !found;
      shown += found;
    }
    const count = shown ? `${shown} / ${rows.length} 篇` : "没有找到：只查本期论文的编号与标题";
    form.querySelector("output").textContent = shown < rows.length ? count : "";
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update(); // what the browser kept from an earlier visit
})();
