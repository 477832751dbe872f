// Keeps the page of live capture of one workshop (the scope) with its script and its styles, so that whoever
// has it open can load it again without a connection. It answers nothing else, and sends nothing by itself.
//
// A kept page stands under the user whose page it is, and is given to nobody but whom the cookie names that the
// site sets with the page. The site takes the cookie away when that person signs out, when somebody else signs in
// and when the session ends; what was kept then goes, at once where the browser tells of it (cookiechange), at
// the next look at the page elsewhere.
(function () {
  "use strict";

  const MARK = "gobiernoabierto_captura";
  const PREFIX = "gobiernoabierto:captura:";
  const PARTS = ["script", "style", "image", "font"];
  const ANSWER_WITHIN = 10000; // milliseconds
  const page = new URL(self.registration.scope);
  let noting = Promise.resolve();

  // The cache of who is here now, or nothing where nobody is; those of everybody else go away.
  async function own(user) {
    const mark = await self.cookieStore.get(MARK);
    const prefix = mark && mark.value ? PREFIX + mark.value + ":" : null;
    const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX));
    await Promise.all(names.filter((name) => !prefix || !name.startsWith(prefix)).map((name) => caches.delete(name)));
    return prefix && (!user || user === mark.value) && caches.open(prefix + page.pathname);
  }

  // What became of single lines since the page was kept stands beside it.
  async function note({ user, line }) {
    const cache = await own(user);
    if (cache) {
      const name = new URLSearchParams({ line: line.key, version: line.gone ? "gone" : line.version });
      await cache.put(page.pathname + "?" + name, new Response(JSON.stringify(line)));
    }
  }

  async function notes() {
    await noting;
    const cache = await own();
    const requests = cache ? await cache.keys() : [];
    return requests.filter((request) => new URL(request.url).searchParams.has("line"));
  }

  // A page that was asked for after those notes were taken tells itself what they say.
  async function keep(answer, before) {
    const cache = await own();
    if (cache) {
      await cache.put(page.pathname, answer);
      await Promise.all(before.map((request) => cache.delete(request)));
    }
  }

  async function kept() {
    const cache = await own();
    const found = cache && (await cache.match(page.pathname));
    if (!found) {
      return null;
    }
    const seen = new Date(found.headers.get("Date")).toISOString();
    const since = await Promise.all((await notes()).map(async (each) => (await cache.match(each)).json()));
    const told = JSON.stringify(since).replace(/&/g, "&amp;").replace(/"/g, "&quot;");
    const marks = 'data-ga-capture data-kept="' + seen + '" data-since="' + told + '"';
    const html = (await found.text()).replace("data-ga-capture", () => marks);
    return new Response(html, { headers: found.headers });
  }

  // The page as it is now, with what it is made of: it would be of no use without.
  async function renew(parts) {
    const before = await notes();
    const answer = await fetch(page.pathname, { headers: { Accept: "text/html" }, cache: "no-store" });
    const cache = answer.ok && !answer.redirected && (await own());
    if (!cache) {
      return;
    }
    await cache.addAll(parts);
    await keep(answer, before);
    const wanted = [page.pathname, ...parts].map((each) => new URL(each, page).href);
    wanted.push(...(await notes()).map((request) => request.url));
    const old = (await cache.keys()).filter((request) => !wanted.includes(request.url));
    await Promise.all(old.map((request) => cache.delete(request)));
  }

  async function opened(event) {
    const late = new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN));
    const before = await notes().catch(() => []);
    const answer = await Promise.race([fetch(event.request), late]).catch(() => null);
    if (answer && answer.ok) {
      event.waitUntil(keep(answer.clone(), before));
    }
    const failed = !answer || answer.status >= 500;
    return (failed && (await kept())) || answer || Response.error();
  }

  async function part(request) {
    const cache = await own();
    return (cache && (await cache.match(request))) || fetch(request);
  }

  self.addEventListener("install", () => self.skipWaiting());
  self.addEventListener("activate", function (event) {
    const cookies = self.registration.cookies;
    event.waitUntil(Promise.resolve(cookies && cookies.subscribe([{ name: MARK }])));
  });
  self.addEventListener("cookiechange", (event) => event.waitUntil(own()));
  self.addEventListener("message", function (event) {
    if (event.data.line) {
      noting = noting.then(() => note(event.data)).catch(() => null);
      event.waitUntil(noting);
    } else {
      event.waitUntil(renew(event.data.parts).catch(() => null));
    }
  });
  self.addEventListener("fetch", function (event) {
    const request = event.request;
    const url = new URL(request.url);
    if (request.method !== "GET" || url.origin !== page.origin) {
      return;
    }
    if (request.mode === "navigate" && url.pathname === page.pathname) {
      event.respondWith(opened(event));
    } else if (PARTS.includes(request.destination)) {
      event.respondWith(part(request));
    }
  });
})();
