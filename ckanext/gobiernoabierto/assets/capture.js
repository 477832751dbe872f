// Live capture at a workshop. A line is kept in this browser from its first letter until the site has
// answered that it is saved; it goes again under the same key, so that none is ever saved twice. What is kept
// stands under the user and the workshop: another account of this device neither sees nor sends it.
(function () {
  "use strict";

  const screen = document.querySelector("[data-ga-capture]");
  const form = screen && screen.querySelector(".ga-new-line");
  if (!form) {
    return;
  }
  const text = screen.dataset;
  const list = screen.querySelector(".ga-captured");
  const entry = form.elements.namedItem("text");
  const what = form.elements.namedItem("what");
  const place = form.elements.namedItem("municipality");
  const notice = screen.querySelector("[data-ga-alert]");
  const address = form.getAttribute("action");
  const ANSWER_WITHIN = 20000; // milliseconds
  const FIRST_PAUSE = 2000;
  const LONGEST_PAUSE = 30000;
  const KEEP_EVERY = 30000;
  const PREFIXES = text.codes.split(" ").map((code) => "gobiernoabierto:captura:" + text.user + ":" + code + ":");
  const ENTRY = "entry";
  const CHOICE = "choice"; // what the last line was, and of where: the next one is most likely the same

  let token = form.elements.namedItem(text.csrf).value;
  let pause = FIRST_PAUSE;
  let timer = null;
  let sending = false;
  let durable = true;
  let keeping = null;
  let online = false; // the connection came back while this page was open
  const records = new Map(); // what is not saved yet, by key

  // -- What is kept in the browser ---------------------------------------------------------------------

  function keep(name, value, storage) {
    try {
      storage.setItem(PREFIXES[0] + name, JSON.stringify(value));
    } catch {
      durable = false;
    }
  }

  function read(name, storage) {
    try {
      return JSON.parse(storage.getItem(name));
    } catch {
      return null;
    }
  }

  function drop(name, storage) {
    try {
      PREFIXES.forEach((prefix) => storage.removeItem(prefix + name));
    } catch {
      durable = false;
    }
  }

  function keepRecord(record) {
    records.set(record.key, record);
    keep(record.key, record, localStorage);
    show(record);
  }

  function forget(record) {
    records.delete(record.key);
    drop(record.key, localStorage);
  }

  function keptRecords() {
    const found = [];
    PREFIXES.forEach(function (prefix) {
      Object.keys(localStorage)
        .filter((name) => name.startsWith(prefix) && ![ENTRY, CHOICE].includes(name.slice(prefix.length)))
        .forEach((name) => found.push(read(name, localStorage)));
    });
    return found.filter(Boolean).sort((a, b) => a.order - b.order);
  }

  // The line that is being typed: each tab has its own, and a new tab takes over the text of the last one.
  function keepEntry() {
    const choice = { what: what.value, place: place.value };
    const value = { key: form.elements.namedItem("key").value, text: entry.value, ...choice };
    [sessionStorage, localStorage].forEach(function (storage) {
      keep(CHOICE, choice, storage);
      if (entry.value) {
        keep(ENTRY, value, storage);
      } else {
        drop(ENTRY, storage);
      }
    });
  }

  function lastKept(name) {
    return read(PREFIXES[0] + name, sessionStorage) || read(PREFIXES[0] + name, localStorage);
  }

  function restoreEntry() {
    const own = read(PREFIXES[0] + ENTRY, sessionStorage);
    const kept = lastKept(ENTRY);
    const choice = kept || lastKept(CHOICE);
    keyed(own && !records.has(own.key) && !lineOf(own.key) ? own.key : uuid());
    if (kept) {
      entry.value = kept.text;
    }
    if (choice) {
      choose(choice.what);
      choosePlace(choice.place);
    }
  }

  function keyed(key) {
    form.elements.namedItem("key").value = key;
  }

  // -- What is seen ------------------------------------------------------------------------------------

  function lineOf(key) {
    return Array.from(list.children).find((line) => line.dataset.key === key);
  }

  function newLine(record) {
    const line = screen.querySelector("[data-ga-line]").content.firstElementChild.cloneNode(true);
    const input = line.querySelector("input[name=text]");
    const id = "line-" + record.key;
    line.dataset.key = record.key;
    line.dataset.entity = record.what.split(":")[0];
    line.dataset.what = record.what;
    line.dataset.place = record.place;
    line.querySelector(".ga-line-kind").textContent = text[line.dataset.entity];
    input.id = id;
    input.value = record.text;
    input.setAttribute("aria-describedby", id + "-state");
    line.querySelector("label").htmlFor = id;
    line.querySelector(".ga-line-state").id = id + "-state";
    list.prepend(line);
    return line;
  }

  function say(line, kind, message) {
    const state = line.querySelector(".ga-line-state");
    state.className = "ga-line-state ga-line-" + kind;
    state.querySelector(".ga-line-said").textContent = message;
    line.querySelector("input[name=text]").setAttribute("aria-invalid", kind === "wrong");
    const link = state.querySelector("a");
    link.hidden = !line.dataset.code;
    link.textContent = line.dataset.code || "";
    if (line.dataset.code) {
      link.href = text[line.dataset.entity + "Page"].replace("CODE", encodeURIComponent(line.dataset.code));
    }
  }

  // The line of the problem that an idea is for: by its key or, on a page as it came, by its code.
  function problemLine(kind) {
    const named = kind.slice("idea:".length);
    const found = (line) => line.dataset.key === named || line.dataset.code === named;
    return kind.startsWith("idea:") ? Array.from(list.children).find(found) : undefined;
  }

  function about(line, record) {
    const problem = problemLine(record.what);
    const of = problem ? text.for.replace("{code}", problem.dataset.code || "«" + valueOf(problem) + "»") : "";
    const chosen = place.options && Array.from(place.options).find((option) => option.value === record.place);
    line.querySelector(".ga-line-about").textContent = [of, chosen ? chosen.text : ""].join(" ").trim();
  }

  function valueOf(line) {
    return line.querySelector("input[name=text]").value;
  }

  function show(record) {
    const line = lineOf(record.key) || newLine(record);
    if (!record.code) {
      about(line, record);
    }
    if (record.error) {
      say(line, "wrong", text.wrong.replace("{why}", record.error));
    } else {
      say(line, "waiting", record.remove ? text.removing : text.pending);
    }
    count();
  }

  function count() {
    const wrong = Array.from(list.querySelectorAll(".ga-line-wrong")).length;
    const pending = Array.from(records.values()).filter((record) => !record.error).length;
    const saved = list.children.length - wrong - pending;
    const counted = [
      number(saved, text.savedOne, text.savedMany),
      number(pending, text.pendingOne, text.pendingMany),
      number(wrong, text.wrongMany, text.wrongMany),
    ];
    screen.querySelector("[data-ga-count]").textContent = counted.join(" · ");
    screen.querySelector("[data-ga-send]").hidden = !pending;
  }

  function number(n, one, many) {
    return (n === 1 ? one : many).replace("{n}", n);
  }

  function warn(message, signIn) {
    const as = text.kept && text.asOf.replace("{time}", new Date(text.kept).toLocaleString([], { dateStyle: "short", timeStyle: "short" }));
    const said = [as, message || (durable ? "" : text.full)].filter(Boolean).join(" ");
    notice.hidden = !said;
    notice.querySelector("span").textContent = said;
    notice.querySelector("a").hidden = !signIn;
  }

  // The problems that an idea may be for; one that is not saved yet goes by its key. One that was refused is
  // none, but stays where it is chosen already: what is typed then waits for it, and is not filed elsewhere.
  function offerProblems() {
    const chosen = what.selectedOptions[0];
    const value = (chosen && chosen.dataset.of && "idea:" + chosen.dataset.of) || what.value;
    Array.from(what.options)
      .filter((option) => option.value.startsWith("idea:"))
      .forEach((option) => option.remove());
    Array.from(list.children)
      .filter((line) => line.dataset.entity === "problem")
      .filter((line) => value === "idea:" + line.dataset.key || !isRefused(line))
      .forEach(function (line) {
        const name = (line.dataset.code ? line.dataset.code + " " : "") + valueOf(line);
        what.add(new Option(text.ideaFor.replace("{text}", name.slice(0, 60)), "idea:" + line.dataset.key));
      });
    choose(value);
  }

  function isRefused(line) {
    const record = records.get(line.dataset.key);
    return Boolean(record && record.error && !record.code);
  }

  function choose(value) {
    what.value = value;
    what.value = what.value || "idea"; // its problem was removed
  }

  function choosePlace(value) {
    if (place.options && Array.from(place.options).some((option) => option.value === value)) {
      place.value = value;
    }
  }

  // -- What people do ----------------------------------------------------------------------------------

  function uuid() {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  function clean(typed) {
    return typed.replace(/\s+/g, " ").trim();
  }

  function take() {
    const texts = entry.value.split(/[\r\n]+/).map(clean).filter(Boolean);
    texts.forEach(function (typed, number) {
      const key = number ? uuid() : form.elements.namedItem("key").value;
      keepRecord({ key: key, order: Date.now() + number / 1000, what: what.value, place: place.value, text: typed });
    });
    entry.value = "";
    keepEntry();
    if (texts.length) {
      keyed(uuid());
      offerProblems();
      send();
    }
  }

  function recordOf(line) {
    return (
      records.get(line.dataset.key) || {
        key: line.dataset.key,
        order: Date.now(),
        what: line.dataset.what,
        place: line.dataset.place,
        code: line.dataset.code,
        version: line.dataset.version,
        tried: true, // it is saved, by this tab or by another one
      }
    );
  }

  function type(line) {
    keepRecord(Object.assign(recordOf(line), { text: clean(valueOf(line)), typing: true, error: "", remove: false }));
  }

  function correct(line) {
    const record = recordOf(line);
    if (record.renew) {
      rename(record, line); // its key is of a line that was removed
    }
    keepRecord(Object.assign(record, { text: clean(valueOf(line)), typing: false, error: "", remove: false }));
    offerProblems();
    send();
  }

  function rename(record, line) {
    const before = "idea:" + record.key;
    forget(record);
    Object.assign(record, { key: uuid(), tried: false, renew: false });
    line.dataset.key = record.key;
    keepRecord(record);
    Array.from(records.values())
      .filter((each) => each.what === before)
      .forEach((each) => keepRecord(Object.assign(each, { what: "idea:" + record.key })));
  }

  function remove(line) {
    const record = recordOf(line);
    const isFor = "idea:" + line.dataset.key;
    if (Array.from(records.values()).some((each) => each.what === isFor && !each.code)) {
      say(line, "wrong", text.used);
      count();
      return;
    }
    if (!record.code && (!record.tried || record.renew)) {
      forget(record); // the site never heard of it
      takeAway(line);
      return;
    }
    keepRecord(Object.assign(record, { remove: true, typing: false, error: "", text: clean(valueOf(line)) }));
    send();
  }

  function takeAway(line) {
    if (line.contains(document.activeElement)) {
      entry.focus();
    }
    line.remove();
    offerProblems();
    count();
  }

  // -- What is sent: one line at a time, in order ------------------------------------------------------

  function problemOf(record) {
    const line = problemLine(record.what);
    return line ? line.dataset.code || null : "";
  }

  // Another tab of this account may have sent it meanwhile, or changed it: what is kept counts.
  function stillKept(record) {
    const kept = durable ? read(PREFIXES[0] + record.key, localStorage) : record;
    if (!kept) {
      records.delete(record.key);
      const line = lineOf(record.key);
      if (line && record.remove) {
        takeAway(line);
      } else if (line) {
        say(line, "saved", text.saved);
      }
      return null;
    }
    records.set(record.key, kept);
    return kept;
  }

  function next() {
    for (const record of Array.from(records.values()).sort((a, b) => a.order - b.order)) {
      const waits = record.error || record.typing || (!record.code && problemOf(record) === null);
      const kept = waits ? null : stillKept(record);
      if (kept) {
        return kept;
      }
    }
    return null;
  }

  function bodyOf(record) {
    const said = { [text.csrf]: token, user: text.user, text: record.text };
    if (record.code) {
      const verb = record.remove ? "delete" : "update";
      return new URLSearchParams({ ...said, do: verb, code: record.code, version: record.version });
    }
    const problem = problemOf(record);
    const kind = problem ? "idea:" + problem : record.what.split(":")[0];
    return new URLSearchParams({ ...said, do: "create", key: record.key, what: kind, municipality: record.place });
  }

  async function ask(options) {
    const signal = AbortSignal.timeout(ANSWER_WITHIN);
    const answer = await fetch(address, { headers: { Accept: "application/json" }, cache: "no-store", signal, ...options });
    return { status: answer.status, data: await answer.json().catch(() => null) };
  }

  // On a kept page: whether the site answers again and has all that was typed here.
  async function hasCaughtUp(answered) {
    const waits = Array.from(records.values()).some((record) => !record.error);
    return !waits && (answered || (await ask({})).status === 200);
  }

  async function send() {
    let answered = false;
    if (sending) {
      return;
    }
    sending = true;
    clearTimeout(timer);
    try {
      for (let record = next(); record; record = next()) {
        await sendOne(record);
        answered = true;
        pause = FIRST_PAUSE;
        warn("");
      }
      if (text.kept && (answered || online) && (await hasCaughtUp(answered))) {
        delete text.kept;
        warn("");
      }
    } catch {
      timer = setTimeout(send, pause); // the notice says why
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    } finally {
      sending = false;
      count();
    }
  }

  async function sendOne(record) {
    const sent = { ...record };
    record.tried = true;
    keepRecord(record);
    const { status, data } = await ask({ method: "POST", body: bodyOf(record) }).catch(function (error) {
      warn(text.offline);
      throw error;
    });
    if (status === 401) {
      return renew();
    }
    if (status >= 500 || status === 429 || (status < 300 && !(data && "line" in data))) {
      warn(text.offline);
      throw new Error("The answer is not one of ours");
    }
    if (status === 404 && !(data && data.gone)) {
      warn(text.closed);
      throw new Error("Nothing can be captured here");
    }
    // typed over while it was under way
    settle(records.get(record.key) || record, sent, status, data || {});
    return null;
  }

  // The session ended or is another one: ask who is here, and go on only for the same person.
  async function renew() {
    const { status, data } = await ask({}).catch(function (error) {
      warn(text.offline);
      throw error;
    });
    const same = status === 200 && data && data.user === text.user;
    if (!same || data.token === token) {
      const closed = status === 403 || status === 404;
      warn(closed ? text.closed : status === 200 ? text.other : text.ended, !closed);
      throw new Error("Nobody is here who may send it");
    }
    token = data.token;
    return null;
  }

  function settle(record, sent, status, data) {
    const line = lineOf(record.key);
    if (data.used && !sent.tried) {
      rename(record, line); // a key that this line has not been sent under was taken: nothing of it is stored
    } else if (data.gone || (sent.remove && status === 200)) {
      settleGone(record, sent, line, data);
    } else if (data.line && (status === 200 || !sent.code)) {
      adopt(record, sent, line, data.line);
    } else if (data.line && status === 409) {
      record.version = line.dataset.version = data.line.version;
      record.remove = false;
      refuse(record, text.changed.replace("{text}", data.line.text));
    } else {
      settleRefused(record, sent, line, data);
    }
  }

  function settleRefused(record, sent, line, data) {
    const unknown = data.line === null && !sent.code; // the site has nothing under this key
    if (unknown && record.remove) {
      forget(record);
      takeAway(line);
      return;
    }
    record.tried = record.tried && !unknown;
    record.renew = Boolean(data.used);
    record.remove = false;
    refuse(record, data.error || text.refused);
  }

  function refuse(record, why) {
    record.error = why;
    keepRecord(record);
    offerProblems();
  }

  function settleGone(record, sent, line, data) {
    tellWorker(line, { gone: true });
    if (sent.remove) {
      forget(record);
      takeAway(line);
      return;
    }
    delete line.dataset.code;
    delete record.code;
    record.renew = true;
    refuse(record, data.error);
  }

  // The site has it. What was typed over it meanwhile, or is not what is stored, follows as a correction.
  function adopt(record, sent, line, stored) {
    line.dataset.code = record.code = stored.code;
    line.dataset.version = record.version = stored.version;
    tellWorker(line, { text: stored.text });
    const other = record.text !== sent.text || (stored.key && stored.text !== record.text && !sent.code);
    if (record.remove || other) {
      keepRecord(record);
    } else {
      const input = line.querySelector("input[name=text]");
      input.value = clean(input.value) === sent.text ? stored.text : input.value;
      forget(record);
      say(line, "saved", text.saved);
    }
    offerProblems();
    keepPageSoon();
  }

  // -- The page itself, for when it is loaded again without a connection (capture_worker.js) ------------

  function parts() {
    const kinds = ["link", "script", "css", "img"];
    const found = performance.getEntriesByType("resource").filter((each) => kinds.includes(each.initiatorType));
    return Array.from(new Set(found.map((each) => each.name))).filter((name) => new URL(name).origin === location.origin);
  }

  // Only where the worker can read who is here: elsewhere it could not tell whose page it may show.
  function mayKeep() {
    return "serviceWorker" in navigator && "cookieStore" in window;
  }

  async function keepPage() {
    if (!mayKeep()) {
      return;
    }
    await navigator.serviceWorker.register(text.worker, { scope: location.pathname, updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage({ parts: parts() });
  }

  // What has become of a line at the site, at once: the page itself is kept again only now and then.
  function tellWorker(line, news) {
    const { key, what: kind, place: of, code, version } = line.dataset;
    const about = line.querySelector(".ga-line-about").textContent;
    const told = { key, what: kind, place: of, code, version, about, at: Date.now(), ...news };
    if (mayKeep()) {
      navigator.serviceWorker.ready.then(({ active }) => active.postMessage({ user: text.user, line: told }));
    }
  }

  // On a kept page, what became of its lines after it was kept.
  function draw(told) {
    const known = lineOf(told.key);
    if (known && (told.gone || Number(known.dataset.version) > Number(told.version))) {
      return told.gone && known.remove();
    }
    if (told.gone) {
      return null;
    }
    const line = known || newLine(told);
    line.dataset.code = told.code;
    line.dataset.version = told.version;
    line.querySelector("input[name=text]").value = told.text;
    line.querySelector(".ga-line-about").textContent = told.about;
    return say(line, "saved", text.saved);
  }

  function drawSince() {
    const since = JSON.parse(text.since || "[]").sort((a, b) => a.at - b.at);
    since.forEach(draw);
    if (since.length) {
      text.kept = new Date(Math.max(Date.parse(text.kept), since[since.length - 1].at)).toISOString();
    }
  }

  function keepPageSoon() {
    keeping = keeping || setTimeout(function () {
      keeping = null;
      keepPage().catch(() => null); // a browser that keeps no pages captures all the same
    }, KEEP_EVERY);
  }

  // -- Begin -------------------------------------------------------------------------------------------

  // A line of the last visit whose answer never came: the page shows it already if it was saved.
  function resume(record) {
    const line = lineOf(record.key);
    if (line && !record.code) {
      record.code = line.dataset.code;
      record.version = line.dataset.version;
    }
    if (line && !record.remove && !record.error && valueOf(line) === record.text) {
      forget(record);
      return;
    }
    if (line) {
      line.querySelector("input[name=text]").value = record.text;
    }
    drop(record.key, localStorage); // it may stand under an earlier code of the workshop
    keepRecord(Object.assign(record, { typing: false }));
  }

  function begin() {
    screen.classList.add("ga-capturing");
    keep("trial", 1, localStorage);
    drop("trial", localStorage);
    drawSince();
    if (durable) {
      keptRecords().forEach(resume);
    }
    offerProblems();
    restoreEntry();
    warn("");
    count();
    send();
    if (matchMedia("(hover: hover) and (pointer: fine)").matches) {
      entry.focus(); // elsewhere a keyboard would cover the screen
    }
  }

  form.addEventListener("submit", function (event) {
    event.preventDefault();
    take();
    entry.focus();
  });
  // Enter, on every keyboard: telephones tell it by this event alone
  entry.addEventListener("beforeinput", function (event) {
    if (event.inputType === "insertLineBreak" || event.inputType === "insertParagraph") {
      event.preventDefault();
      take();
    }
  });
  form.addEventListener("input", keepEntry);
  form.addEventListener("change", keepEntry);
  form.addEventListener("focusout", function (event) {
    if (event.relatedTarget && !form.contains(event.relatedTarget)) {
      take(); // left for another line: it is finished
    }
  });
  list.addEventListener("input", (event) => type(event.target.closest(".ga-line")));
  list.addEventListener("focusout", function (event) {
    const line = event.target.closest(".ga-line");
    const record = records.get(line.dataset.key);
    if (record && record.typing) {
      correct(line);
    }
  });
  list.addEventListener("submit", function (event) {
    event.preventDefault();
    const line = event.target.closest(".ga-line");
    const record = records.get(line.dataset.key);
    if (event.submitter && event.submitter.value === "delete") {
      remove(line);
    } else if (record && (record.typing || record.error)) {
      correct(line);
    }
  });
  screen.querySelector("[data-ga-send]").addEventListener("click", send);
  window.addEventListener("online", function () {
    online = true;
    send();
  });
  window.addEventListener("load", () => keepPage().catch(() => null));
  document.addEventListener("visibilitychange", () => document.hidden || send());
  window.addEventListener("beforeunload", function (event) {
    if (!durable && (records.size || entry.value)) {
      event.preventDefault();
    }
  });
  begin();
})();
