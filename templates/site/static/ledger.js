// Finding a paper in the ledger, which is whole without it.
(() => {
  "use strict";
  const form = document.querySelector(".find");
  if (!form) return;
  const rows = [...document.querySelectorAll(".rows tbody tr")].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
    state: row.querySelector(".state").textContent,
  }));
  const update = () => {
    // A pasted address or a version number finds its paper too.
    const words = form.q.value.toLowerCase().replace(/\S*\/(abs|pdf|html)\//g, "").replace(/(\d{4}\.\d{4,5})v\d+/g, "$1");
    const asked = words.split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const { row, text, state } of rows) {
      row.hidden = !(asked.every((word) => text.includes(word)) && ["", state].includes(form.state.value));
      shown += !row.hidden;
    }
    form.querySelector("output").textContent = shown < rows.length ? `${shown} / ${rows.length} 篇` : "";
  };
  form.addEventListener("input", update);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  update(); // what the browser kept from an earlier visit
})();
