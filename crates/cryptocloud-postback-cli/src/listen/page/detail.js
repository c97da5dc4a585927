// Renders one postback in detail.

function element(name, { text, ...properties } = {}, children = []) {
  const node = document.createElement(name);
  Object.assign(node, properties);
  if (text !== undefined && text !== null) {
    node.append(...visible(String(text)));
  }
  node.append(...children);
  return node;
}

// Control characters, bidirectional marks and zero-width characters.
const INVISIBLE = /([\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb])/u;

/** Text nodes, with a mark in place of each invisible or bidirectional character. */
function visible(text) {
  return text.split(INVISIBLE).filter(Boolean).map((part) => {
    if (!INVISIBLE.test(part)) {
      return document.createTextNode(part);
    }
    const code = part.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return mark(`U+${code}`);
  });
}

function mark(text) {
  const node = document.createElement("span");
  node.className = "escaped";
  node.textContent = text;
  return node;
}

/** Nodes for bytes: text, and marks in hexadecimal for what is not UTF-8. */
function bytes(segments) {
  return segments.flatMap(({ text, hex }) => (hex ? [mark(hex)] : visible(text)));
}

function time(milliseconds, format) {
  const date = new Date(milliseconds);
  return element("time", { dateTime: date.toISOString(), className: "muted", text: date[format]() });
}

function heading(text) {
  return element("h3", { text });
}

function box(nodes, label) {
  const node = element("pre", { tabIndex: 0 }, nodes);
  node.setAttribute("role", "region");
  node.setAttribute("aria-label", label);
  return node;
}

function table(caption, rows) {
  const body = rows.map(([name, ...value]) => {
    const head = element("th", { scope: "row", text: name });
    return element("tr", {}, [head, element("td", {}, value)]);
  });
  return element("table", {}, [
    element("caption", { text: caption }),
    element("tbody", {}, body),
  ]);
}

/** Rows for the fields. */
function fields(object) {
  return Object.entries(object).map(([name, value]) => [
    name,
    value === null
      ? element("span", { className: "muted", text: "none" })
      : element("span", { text: Array.isArray(value) ? value.join(", ") : value }),
  ]);
}

function payloadNodes(payload, verified) {
  if (!payload) {
    return [];
  }
  const proven = verified ? "The token proves the invoice; the rest is as reported" : "None of this is proven";
  const { invoice_info: info, notes, ...reported } = payload;
  const nodes = [heading("Payload"), table(proven, fields(reported))];
  nodes.push(...notes.map((text) => element("p", { className: "note warn", text })));
  if (info) {
    const set = Object.fromEntries(Object.entries(info).filter(([, value]) => value !== null));
    nodes.push(details("invoice_info", [table("The fields that matter to a merchant", fields(set))]));
  }
  return nodes;
}

function details(title, nodes) {
  return element("details", {}, [element("summary", { text: title }), ...nodes]);
}

function headers(caption, list) {
  if (!list.length) {
    return [];
  }
  const rows = list.map(({ name, value }) => [
    name,
    value === null
      ? element("span", { className: "muted", text: "[redacted]" })
      : element("span", {}, bytes(value)),
  ]);
  return [table(caption, rows)];
}

const OUTCOMES = {
  ok: ["✓ ok", "good"],
  failed: ["✗ failed", "bad"],
  skipped: ["– skipped", "muted"],
};

function checks(list) {
  return element("ol", { className: "checks" }, list.map(({ requirement, result, message, cause, hint }) => {
    const [word, look] = OUTCOMES[result];
    const text = message ? `${message}${cause ? `: ${cause}` : ""}` : requirement;
    const children = [
      element("span", { className: look, text: word }),
      element("span", { className: result === "skipped" ? "muted" : "", text }),
    ];
    if (hint) {
      children.push(element("span", { className: "hint", text: hint }));
    }
    return element("li", {}, children);
  }));
}

function response({ status, headers: list, body, truncated }, name) {
  const nodes = [element("p", { className: "mono", text: `${status.code} ${status.reason}` })];
  if (body.length) {
    nodes.push(box(bytes(body), `Body of ${name}`));
  }
  if (truncated) {
    nodes.push(element("p", { className: "muted", text: "Truncated after 64 KiB." }));
  }
  if (list.length) {
    nodes.push(details("Headers", headers(`Headers of ${name}`, list)));
  }
  return nodes;
}

function responses({ response: own, forwarded, pending }) {
  const nodes = [
    heading(forwarded || pending ? "Response of the checks above (not sent)" : "Response"),
    ...response(own, "the response"),
  ];
  if (pending) {
    return [heading("Your server's response"), element("p", { text: "waiting …" }), ...nodes];
  }
  if (!forwarded) {
    if (state.about.forward !== null) {
      nodes.push(element("p", { className: "muted", text: "Not forwarded: the body was not stored in full." }));
    }
    return nodes;
  }
  const { error, milliseconds, url } = forwarded;
  const other = [heading("Your server's response"), element("p", { className: "muted", text: `${url}, after ${milliseconds} ms` })];
  if (forwarded.response) {
    other.push(...response(forwarded.response, "your server's response"));
    const accepted = ({ status }) => status.code >= 200 && status.code < 300;
    if (accepted(own) !== accepted(forwarded.response)) {
      other.push(element("p", {
        className: "note warn",
        text: accepted(forwarded.response)
          ? "Your server accepted a postback that the checks above refuse."
          : "Your server refused a postback that the checks above accept.",
      }));
    }
  } else {
    other.push(element("p", { className: "note bad", text: `✗ ${error}` }));
  }
  return [...other, ...nodes];
}

function readable({ json, form }) {
  if (json) {
    return [heading("Body, indented"), box(visible(json), "Body, indented")];
  }
  if (form) {
    const rows = form.map(([name, value]) => [name, element("span", { text: value })]);
    return [heading("Body, decoded"), table("Fields of the form", rows)];
  }
  return [];
}

function detailNodes(detail) {
  const [word, look] = VERDICTS[detail.verdict];
  const { body, curl, id, payload } = detail;
  const origin = detail.resend_of === null ? "" : `, resend of #${detail.resend_of}`;
  const size = `${body.error ? "first " : ""}${body.bytes} bytes`;
  const nodes = [
    element("div", { className: "bar" }, [
      element("h2", { className: "title" }, [
        element("span", { className: look, text: word }),
        element("span", { className: "muted", text: ` #${id}${origin}` }),
      ]),
      ...(detail.resendable ? [resendButton(id)] : []),
    ]),
    element("p", {}, [
      element("code", { text: `${detail.method} ${detail.target}` }),
      element("span", { className: "muted", text: ` · ${size} · ` }),
      time(detail.received_at, "toLocaleString"),
    ]),
    ...expiry(detail),
    heading("Checks"),
    checks(detail.checks),
    ...responses(detail),
  ];
  nodes.push(...payloadNodes(payload, detail.verdict === "verified"));
  nodes.push(...readable(detail), heading("Body as it arrived"));
  nodes.push(body.segments.length ? box(bytes(body.segments), "Body as it arrived") : element("p", { className: "muted", text: "empty" }));
  if (body.error) {
    nodes.push(element("p", { className: "muted", text: `The rest was not stored: ${body.error}.` }));
  }
  nodes.push(heading("Headers"), ...headers("As they arrived", detail.headers));
  if (detail.headers_truncated) {
    nodes.push(element("p", { className: "muted", text: "More headers were not stored." }));
  }
  nodes.push(...sendAgain(curl));
  return nodes;
}

function expiry({ expires_at: seconds }) {
  const text = "The token is valid until ";
  return seconds === null ? [] : [element("p", { className: "muted" }, [text, time(seconds * 1000, "toLocaleTimeString")])];
}

function resendButton(id) {
  const button = element("button", { type: "button", text: "Resend to your server" });
  const place = element("span", { className: "muted" });
  place.setAttribute("role", "status");
  button.addEventListener("click", () => resend(id, button, place));
  return element("p", {}, [place, " ", button]);
}

function sendAgain(curl) {
  const hint = element("p", { className: "muted", text: "This is refused once the token expires; ccpostback send signs a new one." });
  if (!curl) {
    return [];
  }
  const line = box(visible(curl), "Command");
  const button = element("button", { type: "button", text: "Copy" });
  line.classList.add("low");
  copyOnClick(button, () => line, curl);
  return [heading("Send it again"), element("div", { className: "copyable" }, [line, button]), hint];
}

/** Copies a node's text on click, or selects it if the browser does not allow copying. */
function copyOnClick(button, node, text) {
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text ?? node().textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    } catch {
      getSelection().selectAllChildren(node());
    }
  });
}
