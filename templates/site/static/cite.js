// Copying a citation. The page is whole without it.
(() => {
  "use strict";
  const entry = document.querySelector(".cite");
  if (!entry || !navigator.clipboard) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = "复制";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(entry.textContent);
    button.textContent = "已复制";
  });
  entry.nextElementSibling.append(button);
})();
