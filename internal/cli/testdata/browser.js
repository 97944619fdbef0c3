"use strict";
// Drives the pages as a visitor does. Arguments: the folder of playwright-core
// and axe-core, the address of the service, that of another one inside TLS, the
// addresses of the service and of the visitor over IPv6, and a word when screenshots are
// wanted.
// A line that it prints is a complaint after !, or a screenshot; the last one says
// what was measured.
const [modules, base, inside, other, visitor, shots] = process.argv.slice(2);
const { chromium } = require(modules + "/playwright-core");
const axe = require("fs").readFileSync(modules + "/axe-core/axe.min.js", "utf8");
const complain = (text) => console.log("! " + text);

const shoot = async (page, name) => console.log("shot " + name + " " + (await page.screenshot({ fullPage: true })).toString("base64"));

(async () => {
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
      `--host-resolver-rules=MAP v6.vantage.example [${other}]`],
  });
  const open = (o) => browser.newContext({ locale: "en", ignoreHTTPSErrors: true, ...o });
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
    page.on("request", (r) => r.url().startsWith(base) || r.url().startsWith(inside) || r.url() === "http://v6.vantage.example:8080/whence" || complain(`${name}: asks ${r.url()}`));
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

  // Quick scan and SYN scan of one visitor are side by side; two results are
  // compared by two ticks.
  const start = async (kind) => {
    await page.goto(base + "/check/" + kind);
    await page.click("button.button");
    await page.waitForSelector("p.verdict", { timeout: 60000 });
  };
  await start("quick");
  await start("syn");
  if (!(await page.$("#pair"))) complain("the SYN scan is not beside the quick scan");
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    await look(page, "pair-" + size);
  }
  await page.goto(base + "/results");
  for (const box of (await page.$$("input[name=look]")).slice(0, 3).filter((_, i) => i !== 1)) await box.check();
  await page.click("main form button");
  if (!(await page.$("#differences"))) complain("two ticks lead to " + page.url());
  const compared = page.url().slice(base.length);

  // On a phone the list of what is not silent comes before the grid, whose rows
  // unfold, and whose ports are wide enough for a finger and lead to the book.
  const hand = await open({ viewport: sizes.phone, hasTouch: true, isMobile: true });
  const palm = await hand.newPage();
  listen(palm, "palm");
  await palm.goto(result);
  const order = await palm.evaluate(() => {
    const top = (q) => document.querySelector(q).getBoundingClientRect().top;
    return { list: top(".counts"), grid: top("#grid"), open: document.querySelectorAll("#grid details[open]").length };
  });
  if (order.list >= order.grid || order.open) complain("on a phone: " + JSON.stringify(order));
  await palm.tap("#grid details:nth-of-type(3) summary");
  const small = await palm.$$eval("#grid details[open] .c, #grid summary", (l) => l.map((c) => c.getBoundingClientRect()).filter((b) => b.width < 24 || b.height < 24).length);
  if (small) complain(`${small} targets of the grid are smaller than 24 pixels`);
  await palm.tap("#p80");
  await palm.waitForURL(/book/);
  if (!(await palm.textContent("main")).includes("80/tcp")) complain("a tap on port 80 leads to " + palm.url());
  await hand.close();
  await page.setViewportSize(sizes.desktop);
  await page.goto(result);
  await page.hover("#p80");
  if (!/^80 http: /.test(await page.getAttribute("#p80", "title"))) complain("hovering over port 80 tells " + (await page.getAttribute("#p80", "title")));

  // The FTP test with a login, which fills in while it runs.
  await page.goto(inside + "/check/ftp");
  await page.fill("#user", "kaisha");
  await page.fill("#password", "Kirin7-wa-tabi");
  await page.check("input[name=upload]");
  await page.click("button.button");
  await page.waitForSelector("#s0-1", { timeout: 30000 });
  await page.waitForSelector("p.verdict", { timeout: 30000 });
  const tested = page.url();
  const steps = await page.$$eval("#t0 li", (l) => l.map((s) => s.textContent));
  if (steps.length < 18) complain(`the FTP test has ${steps.length} steps: ${steps}`);
  if (!(await page.$("table.flow svg"))) complain("the way of the data is not drawn");
  if ((await page.content()).includes("Kirin7")) complain("the page tells the password");
  await page.goto(inside + "/check/mail");
  await page.click("button.button");
  await page.waitForSelector("p.verdict", { timeout: 30000 });
  const mailed = page.url();

  // A port that is watched is asked again by itself, and its page shows that.
  await page.goto(base + "/check/watch");
  await page.fill("#ports", "80");
  await page.click("button.button");
  await page.waitForFunction(() => document.querySelector("#turns li") && /^Asked [2-9]/.test(document.querySelector("#times").textContent), null, { timeout: 60000 });
  const watching = await page.$$eval("#turns li", (l) => l.map((t) => t.textContent));
  if (watching.length !== 1 || !watching[0].startsWith("open ")) complain("watching an open port tells: " + watching);
  for (const [size, viewport] of Object.entries(sizes)) {
    await page.setViewportSize(viewport);
    await look(page, "watching-" + size);
  }
  await page.click("form[action$=stop] button");
  await page.waitForSelector("p.verdict", { timeout: 30000 });
  const watched = page.url().slice(base.length);
  await page.setViewportSize(sizes.desktop);

  // Which ports the network lets out: the router keeps 1935 in. For a page inside TLS
  // the ports speak it too; that service has two which browsers ask.
  for (const [at, least, lost] of [[base, 10, /^1935.tcp (silent|cut)$/], [inside, 2, null]]) {
    await page.goto(at + "/outgoing");
    page.removeAllListeners("console"); // the browser complains of the port that is kept in
    page.removeAllListeners("request"); // it asks other ports
    await page.click("#outgoing-start");
    await page.waitForFunction(() => /Let out: /.test(document.querySelector("#outgoing-sum").textContent), null, { timeout: 60000 });
    const came = await page.$$eval("#outgoing tbody tr", (l) => l.map((r) => r.querySelector("a").textContent + " " + r.dataset.came));
    const kept = came.filter((c) => !c.endsWith(" reached"));
    if (came.length < least || kept.length !== (lost ? 1 : 0) || lost && !lost.test(kept[0])) complain(`let out from ${at}: ${came}`);
    for (const [size, viewport] of Object.entries(sizes)) {
      await page.setViewportSize(viewport);
      await look(page, "asked-" + size);
    }
  }
  listen(page, "page");

  // The address of the other family, by a request of its own; and what is said where
  // that does not get through.
  await page.goto(base + "/");
  await page.waitForFunction(() => document.querySelector("#kin").textContent, null, { timeout: 30000 });
  const kin = await page.textContent("#kin code");
  if (kin !== visitor) complain(`over IPv6 the visitor is ${kin}, and not ${visitor}`);
  await page.route("http://v6.vantage.example:8080/whence", (r) => r.abort());
  page.removeAllListeners("console");
  await page.reload();
  await page.waitForFunction(() => document.querySelector("#kin").textContent, null, { timeout: 30000 });
  if (!(await page.textContent("#kin")).startsWith("No request over IPv6")) complain("without IPv6: " + (await page.textContent("#kin")));
  await page.unrouteAll();
  listen(page, "page");

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
      for (const [name, path] of Object.entries({ you: "/", ask: "/check/quick", custom: "/check/custom", result: result.slice(base.length), login: inside + "/check/ftp", tested, mail: "/check/mail", mailed, name: "/name", watch: "/check/watch", watched, outgoing: "/outgoing", results: "/results", compare: compared, link: "/compare", about: "/about", gone: "/look/none" })) {
        if (name === "gone") p.removeAllListeners("console"); // the browser complains of the 404 that is right
        const answer = await p.goto(path.startsWith("/") ? base + path : path);
        if (answer.status() !== (name === "gone" ? 404 : 200)) complain(`${path}: ${answer.status()}`);
        await look(p, `${name}-${locale}-${size}-${colorScheme}`);
      }
      // The name test: an old address, and a name that is none.
      for (const [name, status, verdict] of [["old.ddns.example", 200, "p.verdict.fail"], ["two.ddns.example", 200, "p.verdict.fail"], ["nas", 400, "[role=alert]"]]) {
        await p.goto(base + "/name");
        await p.fill("#name", name);
        const [answer] = await Promise.all([p.waitForNavigation(), p.click("main form button")]);
        if (answer.status() !== status || !(await p.$(verdict))) complain(`the name ${name}: ${answer.status()}`);
        await look(p, `name-${name.split(".")[0]}-${locale}-${size}-${colorScheme}`);
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
