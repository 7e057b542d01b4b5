// What CSS cannot do: copying a citation, and on a channel page sorting, opening everything, keys, and
// fetching the English abstracts of a long list.
// The pages are whole without it.
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

(() => {
  "use strict";
  const list = document.querySelector(".papers");
  const tools = document.querySelector(".scripted");
  if (!list || !tools) return;
  const papers = [...list.children];
  const original = [...papers];

  const button = (text, pressed, act) => {
    const element = document.createElement("button");
    element.type = "button";
    element.textContent = text;
    if (pressed !== null) element.setAttribute("aria-pressed", String(pressed));
    element.addEventListener("click", () => act(element));
    tools.append(element);
    return element;
  };

  const order = (papersInOrder, chosen) => {
    list.append(...papersInOrder);
    for (const element of sorts) element.setAttribute("aria-pressed", String(element === chosen));
  };
  const byNumber = (a, b) => (a.id < b.id ? 1 : -1);
  const sorts = [
    button("按匹配度", true, (chosen) => order(original, chosen)),
    button("按编号", false, (chosen) => order([...papers].sort(byNumber), chosen)),
  ];
  button("全部展开", null, (element) => {
    const open = element.textContent === "全部展开";
    for (const details of list.querySelectorAll("details")) details.open = open;
    element.textContent = open ? "全部收起" : "全部展开";
  });
  const keys = document.createElement("span");
  keys.className = "keys";
  keys.append("键盘 ", ...["j", "k", "o"].map((key) => Object.assign(document.createElement("kbd"), { textContent: key })));
  keys.title = "j 下一篇，k 上一篇，o 打开或收起详情";
  tools.parentElement.append(keys);
  tools.hidden = false;

  // A long list leaves English abstracts to a page of their own. The first details opened bring them all
  // with one request; where it fails, the links to that page stay, and the next opening tries again.
  let asked = false;
  const bring = async () => {
    const links = list.querySelectorAll("a.elsewhere");
    if (asked || !links.length) return;
    asked = true;
    try {
      const answer = await fetch(links[0].href);
      if (!answer.ok) throw new Error(answer.status);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const link of links) {
        const abstract = page.getElementById(decodeURIComponent(link.hash.slice(1)))?.querySelector("p");
        if (!abstract) continue;
        const title = document.createElement("h3");
        title.textContent = link.textContent;
        const focused = link === document.activeElement;
        link.parentElement.replaceWith(title, document.adoptNode(abstract));
        if (focused) {
          title.tabIndex = -1;
          title.focus();
        }
      }
    } catch {
      asked = false;
    }
  };
  list.addEventListener("toggle", (event) => event.target.open && bring(), true);

  const visible = () => [...list.children].filter((paper) => paper.offsetParent !== null);
  const none = document.querySelector(".none");
  document.querySelector(".filters").addEventListener("change", () => {
    none.hidden = visible().length > 0;
  });

  // j and k go to the next and previous paper, o opens its details.
  let current = null;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
    const step = { j: 1, k: -1 }[event.key];
    if (step) {
      const shown = visible();
      const at = shown.indexOf(current);
      current = shown[Math.min(Math.max(at + step, 0), shown.length - 1)];
      if (!current) return;
      current.scrollIntoView({ block: "start" });
      current.querySelector("h2 a").focus({ preventScroll: true });
    } else if (event.key === "o" && current) {
      const details = current.querySelector("details");
      details.open = !details.open;
    }
  });
})();
