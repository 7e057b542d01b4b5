// What CSS cannot do on a channel page: sorting, opening everything, keys, and fetching the English abstracts
// of a long list; and what reference managers read of a list.
// The pages are whole without it.
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

// COinS, from which reference managers save several papers at once; in the page it would weigh a tenth of it.
(() => {
  "use strict";
  for (const paper of document.querySelectorAll("article.paper")) {
    const title = (paper.querySelector(".original") ?? paper.querySelector("h2")).cloneNode(true);
    for (const tex of title.querySelectorAll(".tex")) tex.textContent = tex.textContent.replaceAll("\\", "\\ ");
    for (const math of title.querySelectorAll("math")) math.replaceWith(`$${math.getAttribute("alttext")}$`);
    const link = "a[href*=searchtype]";
    const names = (paper.querySelector(`h3 + p > ${link}`) ?? paper.querySelector(link))?.parentElement;
    const about = [
      ["rft.type", "preprint"],
      ["rft_id", `info:doi/10.48550/arXiv.${paper.id.slice(1)}`],
      ["rft.title", title.textContent],
      ["rft.date", paper.querySelector("time").dateTime],
      ...[...(names?.querySelectorAll(link) ?? [])].map((name) => ["rft.au", name.textContent]),
    ];
    const span = document.createElement("span");
    span.className = "Z3988";
    span.title = about.reduce(
      (text, [key, value]) => `${text}&${key}=${encodeURIComponent(value)}`,
      "ctx_ver=Z39.88-2004&rft_val_fmt=info:ofi/fmt:kev:mtx:dc",
    );
    paper.append(span);
  }
})();
