"use strict";
// What the pages do beyond HTML: a look fills in while it runs, and rows of the
// grid fold on a small screen. Without this script the page loads itself again.
(() => {
  const $ = (id) => document.getElementById(id);
  const narrow = matchMedia("(max-width: 480px)").matches;
  const grid = $("grid");
  if (grid) {
    if (narrow) for (const d of grid.querySelectorAll("details")) d.open = false;
    // One stop of the tab key for the whole grid; the arrows go on from there.
    const cells = [...grid.querySelectorAll(".c")];
    if (cells.length) cells[0].tabIndex = 0;
    grid.addEventListener("keydown", (e) => {
      const i = cells.indexOf(document.activeElement);
      const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 32, ArrowUp: -32 }[e.key];
      if (i < 0 || !step || !cells[i + step]) return;
      e.preventDefault();
      cells[i].tabIndex = -1;
      cells[i + step].tabIndex = 0;
      cells[i + step].closest("details").open = true;
      cells[i + step].focus();
    });
  }
  const copy = $("copy"), print = $("print");
  if (print) {
    print.hidden = false;
    print.addEventListener("click", () => window.print());
  }
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", () => {
      const text = $("forum");
      text.focus();
      text.select();
      const told = () => { $("copied").textContent = $("copied").dataset.text; };
      if (navigator.clipboard) navigator.clipboard.writeText(text.value).then(told, () => {});
      else if (document.execCommand("copy")) told();
    });
  }
  // The visitor's address of the other family, by a request of that family.
  const kin = $("kin");
  if (kin) {
    fetch(kin.dataset.from + "/whence", { cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(8000) })
      .then((a) => (a.ok ? a.text() : Promise.reject(new Error(a.status))))
      .then((text) => {
        const address = text.trim();
        if (address.length > 45 || !/^[0-9a-f.:]+$/.test(address) || address.includes(":") !== (kin.dataset.v6 === "yes")) throw new Error("no address");
        const code = document.createElement("code");
        code.className = "address";
        code.textContent = address;
        kin.append(kin.dataset.found + " ", code);
      })
      .catch(() => { kin.textContent = kin.dataset.none; });
  }
  // Which ports of the vantage this network lets out: the browser asks each, and
  // tells the vantage's own word from what others answer in its place.
  const outgoing = $("outgoing");
  if (outgoing) {
    const button = $("outgoing-start"), sum = $("outgoing-sum"), rows = [...outgoing.querySelectorAll("tr[data-url]")];
    const once = async (row) => {
      try {
        const answer = await fetch(row.dataset.url, { cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.timeout(6000) });
        const [word, from] = (await answer.text()).trim().split(" ");
        if (word !== row.dataset.word) return "other";
        return from === outgoing.dataset.address ? "reached" : "detour";
      } catch (e) {
        return e.name === "TimeoutError" ? "silent" : "cut";
      }
    };
    const ask = async (row) => {
      const cell = row.lastElementChild;
      cell.textContent = sum.dataset.asking;
      let came = await once(row);
      if (came === "silent" || came === "cut") came = await once(row); // one packet may be lost
      row.dataset.came = came;
      cell.textContent = outgoing.getAttribute("data-word-" + came);
      cell.className = came === "reached" ? "pass" : "inconclusive";
    };
    button.hidden = false;
    button.addEventListener("click", async () => {
      button.disabled = true;
      sum.textContent = sum.dataset.asking;
      const left = rows.slice();
      await Promise.all(Array.from({ length: 6 }, async () => {
        while (left.length) await ask(left.shift());
      }));
      const reached = rows.filter((r) => r.dataset.came === "reached" || r.dataset.came === "detour").length;
      sum.textContent = sum.dataset.done + " " + reached + " / " + rows.length;
      button.disabled = false;
    });
  }
  const live = $("live");
  if (!live) return;
  const base = "/look/" + live.dataset.id, open = new Set();
  const each = function* (text) {
    for (const part of text.split(",")) {
      const [first, last] = part.split("-").map(Number);
      for (let p = first; p <= (last === undefined ? first : last); p++) yield p;
    }
  };
  const letter = (f) => live.getAttribute("data-letter-" + f), word = (f) => live.getAttribute("data-word-" + f);
  const source = new EventSource(base + "/events");
  source.addEventListener("progress", (e) => {
    const p = JSON.parse(e.data);
    if ($("seen")) {
      $("seen").textContent = p.seen;
      $("bar").value = p.seen;
    }
    if (p.watch) {
      $("times").textContent = p.watch.times;
      if ($("now").textContent !== p.watch.now) $("now").textContent = p.watch.now;
      const list = $("turns");
      for (const t of (p.watch.turns || []).slice(list.children.length)) {
        const li = document.createElement("li"), tag = document.createElement("span"), time = document.createElement("span");
        tag.className = "tag";
        tag.textContent = t.word;
        time.className = "soft";
        time.textContent = t.time;
        li.append(tag, " ", time);
        list.append(li);
      }
    }
    for (const group of grid && p.cells || []) {
      if (group.transport !== "tcp") continue;
      for (const port of each(group.ports)) {
        const c = $("p" + port);
        if (!c) continue;
        c.className = "c " + group.form + " " + group.verdict;
        c.textContent = letter(group.form);
        c.title = c.title.slice(0, c.title.lastIndexOf(":")) + ": " + word(group.form);
        c.setAttribute("aria-label", c.title);
      }
    }
    for (const s of p.steps || []) {
      const list = $("t" + s.at.slice(1).split("-")[0]);
      if (!list || $(s.at)) continue;
      const li = document.createElement("li");
      li.id = s.at;
      const add = (kind, style, text) => {
        if (!text) return;
        const e = document.createElement(kind);
        e.className = style;
        e.textContent = text;
        li.append(e, " ");
      };
      add("span", "tag " + s.result, s.word);
      add("strong", "", s.name);
      add("span", "", s.why);
      add("code", "asked", s.asked);
      add("code", "banner", s.said);
      for (const f of s.facts || []) add("code", "soft", f);
      add("span", "soft", s.detail);
      list.append(li);
    }
    for (const o of $("found") && p.open || []) {
      if (open.has(o.port) || open.size > 256) continue;
      open.add(o.port);
      const li = document.createElement("li"), strong = document.createElement("strong");
      strong.textContent = o.port;
      li.append(strong, " " + o.name);
      $("found").append(li);
    }
  });
  let beat = 0;
  source.addEventListener("end", () => {
    source.close();
    clearInterval(beat);
    location.reload();
  });
  // A request from the address itself is what proves that somebody is there.
  if (live.dataset.mine) beat = setInterval(() => fetch(base + "/beat", { method: "POST" }).catch(() => {}), 10000);
})();
