"use strict";
// An attacker can write what arrives, so it enters the page only as text nodes.

const byId = (id) => document.getElementById(id);

/** The state of the receiver; `postbacks` holds summaries by id. */
const state = { run: null, about: null, postbacks: new Map(), selected: null, shown: null };
/** The items of the list by id, so that an update keeps the focus. */
const items = new Map();

const VERDICTS = {
  verified: ["✓ verified", "good"],
  refused: ["✗ refused", "bad"],
  unchecked: ["? not checked", "warn"],
};

function connect() {
  const source = new EventSource("/api/events");
  source.onopen = () => showConnection("● live", "good");
  source.onmessage = (event) => apply(JSON.parse(event.data));
  source.onerror = () => {
    showConnection("○ disconnected, reconnecting …", "bad");
    // The browser reconnects by itself, unless it gave up.
    if (source.readyState === EventSource.CLOSED) {
      setTimeout(connect, 2000);
    }
  };
}

function showConnection(text, look) {
  const place = byId("connection");
  place.textContent = text;
  place.className = look;
}

/** Applies an update: its postbacks are new or changed, and those before `oldest` are gone. */
function apply(update) {
  if (update.run !== state.run) {
    state.postbacks.clear();
    state.selected = null;
  }
  const first = state.run === null;
  Object.assign(state, { run: update.run, about: update.about });
  for (const id of [...state.postbacks.keys()].filter((id) => id < update.oldest)) {
    state.postbacks.delete(id);
  }
  let arrived = null;
  for (const postback of update.postbacks) {
    if (!state.postbacks.has(postback.id)) {
      arrived = postback;
    }
    state.postbacks.set(postback.id, postback);
  }
  if (!state.postbacks.has(state.selected)) {
    state.selected = null;
  }
  if (byId("follow").checked || state.selected === null) {
    state.selected = newest();
  }
  renderAbout();
  renderList();
  if (arrived && !first) {
    const name = arrived.invoice_id ? `, invoice ${arrived.invoice_id}` : "";
    byId("announce").textContent = `Postback ${arrived.id}: ${VERDICTS[arrived.verdict][0]}${name}`;
  }
  showDetail();
}

function newest() {
  return state.postbacks.size ? Math.max(...state.postbacks.keys()) : null;
}

function renderAbout() {
  const { url, path, forward, secret, keep, send } = state.about;
  byId("url").textContent = url;
  byId("path").textContent = path;
  byId("forward-line").hidden = forward === null;
  byId("forward").textContent = forward ?? "";
  byId("no-secret").hidden = secret;
  byId("send-line").textContent = send;
  byId("kept").textContent = `The last ${keep} are kept in memory.`;
}

function renderList() {
  const count = state.postbacks.size;
  document.title = count ? `(${count}) ccpostback listen` : "ccpostback listen";
  byId("count").textContent = count ? `(${count})` : "";
  byId("clear").disabled = count === 0;
  byId("empty").hidden = count !== 0;
  for (const [id, item] of items) {
    if (state.postbacks.get(id) !== item.postback) {
      item.node.remove();
      items.delete(id);
    }
  }
  const list = byId("list");
  const focused = document.activeElement?.dataset?.id;
  const ids = [...state.postbacks.keys()].sort((a, b) => b - a);
  ids.forEach((id, place) => {
    let item = items.get(id);
    if (!item) {
      item = listItem(state.postbacks.get(id));
      items.set(id, item);
      list.insertBefore(item.node, list.children[place] ?? null);
      if (focused === String(id)) {
        item.button.focus();
      }
    }
    item.button.setAttribute("aria-current", String(id === state.selected));
  });
}

function listItem(postback) {
  const [word, look] = VERDICTS[postback.verdict];
  const lines = [
    element("span", { className: "row" }, [
      element("span", { className: look, text: word }),
      element("span", { className: "muted mono", text: postback.status ?? "…" }),
    ]),
    element("span", { className: "row" }, [
      element("span", { className: "mono clip", text: postback.invoice_id ?? postback.method }),
      time(postback.received_at, "toLocaleTimeString"),
    ]),
  ];
  if (postback.reason) {
    lines.push(element("span", { className: "muted reason", text: postback.reason }));
  }
  const button = element("button", { type: "button", className: "item" }, lines);
  button.dataset.id = postback.id;
  button.addEventListener("click", () => {
    byId("follow").checked = postback.id === newest();
    select(postback.id);
    // On a narrow screen the detail is below the list.
    if (matchMedia("(max-width: 720px)").matches) {
      byId("detail").scrollIntoView();
    }
  });
  const node = element("li", { className: "new" }, [button]);
  return { node, button, postback };
}

function select(id) {
  state.selected = id;
  renderList();
  showDetail();
}

/** Fetches and shows the selected postback, unless it is up to date. */
async function showDetail() {
  const summary = state.postbacks.get(state.selected) ?? null;
  if (summary === state.shown) {
    return;
  }
  state.shown = summary;
  const place = byId("detail");
  if (summary === null) {
    place.hidden = true;
    place.replaceChildren();
    return;
  }
  const detail = await fetchDetail(summary.id);
  if (state.shown !== summary) {
    return;
  }
  if (detail === null) {
    // The postback or the server is gone; the event stream will tell which.
    state.shown = null;
    return;
  }
  place.replaceChildren(...detailNodes(detail));
  place.hidden = false;
}

async function fetchDetail(id) {
  try {
    const response = await fetch(`/api/postbacks/${id}`);
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

async function change(method, url) {
  const response = await fetch(url, {
    method,
    headers: { "Content-Type": "application/json" },
  });
  const body = response.status === 204 ? null : await response.json();
  if (!response.ok) {
    throw new Error(body.error);
  }
  return body;
}

async function resend(id, button, place) {
  button.disabled = true;
  place.textContent = "sending …";
  try {
    const sent = await change("POST", `/api/postbacks/${id}/resend`);
    place.textContent = `Resent as #${sent.id}.`;
    byId("follow").checked = true;
    if (state.postbacks.has(sent.id)) {
      select(sent.id);
    }
  } catch (error) {
    place.textContent = `Could not resend: ${error.message}`;
  }
  button.disabled = false;
}

byId("follow").addEventListener("change", () => {
  if (byId("follow").checked && state.postbacks.size) {
    select(newest());
  }
});
byId("clear").addEventListener("click", async () => {
  try {
    await change("DELETE", "/api/postbacks");
  } catch (error) {
    byId("announce").textContent = `Could not clear: ${error.message}`;
  }
});
copyOnClick(byId("copy-url"), () => byId("url"));
copyOnClick(byId("copy-send"), () => byId("send-line"));
connect();
