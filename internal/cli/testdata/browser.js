"use strict";
// Drives the pages as a visitor does. Arguments: the folder of playwright-core
// and axe-core, the address of the service, and a word when screenshots are wanted.
// A line that it prints is a complaint after !, or a screenshot; the last one says
// what was measured.
const [modules, base, shots] = process.argv.slice(2);
const { chromium } = require(modules + "/playwright-core");
const axe = require("fs").readFileSync(modules + "/axe-core/axe.min.js", "utf8");
const complain = (text) => console.log("! " + text);

const shoot = async (page, name) => console.log("shot " + name + " " + (await page.screenshot({ fullPage: true })).toString("base64"));

(async () => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const open = (o) => browser.newContext({ locale: "en", ...o });
  const look = async (page, name) => {
    if (shots) await shoot(page, name);
    // evaluate is the debugger's and passes the policy, which keeps scripts out.
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
    for (const v of result.violations) complain(`${name}: ${v.id}: ${v.help}: ${v.nodes.slice(0, 2).map((n) => n.html + " " + n.failureSummary).join(" | ")}`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 1) complain(`${name}: ${wide} pixels wider than the screen`);
  };
  const listen = (page, name) => {
    page.on("console", (m) => m.type() === "error" && complain(`${name}: ${m.text()}`));
    page.on("pageerror", (e) => complain(`${name}: ${e}`));
    page.on("request", (r) => r.url().startsWith(base) || complain(`${name}: asks ${r.url()}`));
  };
  const sizes = { phone: { width: 360, height: 740 }, desktop: { width: 1280, height: 900 } };

  // The grid, from the click to the last cell.
  const context = await open({ viewport: sizes.desktop });
  const page = await context.newPage();
  listen(page, "grid");
  await page.goto(base + "/check/grid");
  await page.check("input[value=web]");
  const began = Date.now();
  await page.click("button.button");
  await page.waitForSelector("p.verdict", { timeout: 30000 });
  const took = Date.now() - began;
  const cells = await page.$$eval("#grid .c", (l) => l.map((c) => c.className));
  if (cells.length !== 1056) complain(`the grid has ${cells.length} cells`);
  const pending = cells.filter((c) => c.includes("pending")).length;
  if (pending) complain(`${pending} cells were not looked at`);
  const rows = await page.$$eval("#grid details", (l) => l.map((d) => d.querySelectorAll(".c").length));
  if (rows.length !== 33 || rows.some((n) => n !== 32)) complain(`rows of ${rows}`);
  const web = await page.getAttribute("#p80", "class");
  if (web !== "c open pass") complain(`port 80, which is meant, is ${web}`);
  const result = page.url();
  const own = await (await context.request.get(result + "/result.json")).json();

  // The keyboard: the first stop skips to the content.
  await page.goto(base + "/");
  await page.keyboard.press("Tab");
  if ((await page.evaluate(() => document.activeElement.className)) !== "skip") complain("the first stop of the tab key is not the link to the content");

  for (const locale of ["en", "ja"]) {
    for (const [size, viewport] of Object.entries(sizes)) {
      // Each colour once with each language and each size.
      const colorScheme = (locale === "en") === (size === "phone") ? "light" : "dark";
      const c = await open({ locale, viewport, colorScheme });
      const p = await c.newPage();
      listen(p, `${locale} ${size}`);
      for (const [name, path] of Object.entries({ you: "/", ask: "/check/quick", custom: "/check/custom", result: result.slice(base.length), results: "/results", about: "/about", gone: "/look/none" })) {
        if (name === "gone") p.removeAllListeners("console"); // the browser complains of the 404 that is right
        const answer = await p.goto(base + path);
        if (answer.status() !== (name === "gone" ? 404 : 200)) complain(`${path}: ${answer.status()}`);
        await look(p, `${name}-${locale}-${size}-${colorScheme}`);
      }
      await c.close();
    }
  }

  // Quick scan on a phone; then without a script.
  const plain = await open({ viewport: sizes.phone, javaScriptEnabled: false });
  const bare = await plain.newPage();
  await bare.goto(base + "/check/quick");
  await bare.click("button.button");
  for (let i = 0; i < 60 && !(await bare.$("p.verdict")); i++) {
    await bare.waitForTimeout(500);
    await bare.reload();
  }
  if (!(await bare.$("p.verdict"))) complain("without a script the look does not end");
  if (shots) await shoot(bare, "quick-plain");
  await bare.click("button.danger");
  if (!bare.url().endsWith("/results")) complain("deleting leads to " + bare.url());
  await browser.close();
  console.log(`click to complete ${took} ms, scan ${own.summary && own.summary.elapsed_ms} ms, ${own.counts && JSON.stringify(own.counts)}`);
})().catch((e) => {
  complain(String(e && e.stack || e));
  process.exit(1);
});
