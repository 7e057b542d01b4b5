// Lighthouse over the URLs given, one Chromium after another's page; a JSON line a URL on stdout.
//
// The network of a phone (simulated slow 4G), the CPU as it is: multiplying a shared machine's
// pauses by four would measure the machine.
import lighthouse from "lighthouse";
import { launch } from "chrome-launcher";

const chrome = await launch({
  chromePath: process.env.CHROME_PATH,
  chromeFlags: ["--headless=new", ...process.env.CHROME_FLAGS.split(" ")],
  logLevel: "error",
});
try {
  for (const url of process.argv.slice(2)) {
    const { lhr } = await lighthouse(url, {
      port: chrome.port,
      logLevel: "error",
      formFactor: "mobile",
      throttling: { rttMs: 150, throughputKbps: 1638.4, cpuSlowdownMultiplier: 1 },
      onlyCategories: ["performance", "accessibility", "best-practices", "seo"],
      disableFullPageScreenshot: true,
    });
    const scores = {};
    const short = [];
    // An audit that could not be made leaves its category without a score: nothing was measured.
    const errors = [lhr.runtimeError, ...Object.values(lhr.audits)]
      .filter((each) => each?.scoreDisplayMode === "error" || each === lhr.runtimeError)
      .map((each) => each && `${each.id ?? each.code}: ${each.errorMessage ?? each.message}`)
      .filter(Boolean);
    for (const category of Object.values(lhr.categories)) {
      scores[category.id] = category.score === null ? null : Math.round(category.score * 100);
      for (const { id, weight } of category.auditRefs) {
        const { score, title, displayValue, details } = lhr.audits[id];
        if (weight > 0 && score !== null && score < 1) {
          const nodes = (details?.items ?? []).slice(0, 3).map((item) => item.node?.selector ?? "");
          short.push([category.id, id, title, displayValue ?? "", ...nodes].filter(Boolean).join(" | "));
        }
      }
    }
    console.log(JSON.stringify({ url, errors, scores, short }));
  }
} finally {
  await chrome.kill();
}
