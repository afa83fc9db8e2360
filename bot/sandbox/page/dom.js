// Building and patching the page. The only file that creates elements: text goes in as text nodes, never as HTML,
// so whatever a message says, it stays words. Knows nothing of Slack or of the sandbox.

const SVG = "http://www.w3.org/2000/svg";
let counter = 0;

/** Answers an id no other element has. */
export function freshId(prefix = "e") {
  counter += 1;
  return `${prefix}-${counter}`;
}

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "prop") Object.assign(node, value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Answers an element. `on` are listeners, `data` its dataset, `prop` properties; the rest are attributes. */
export function h(tag, props, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** Answers an SVG element. */
export function svg(tag, props, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

const ICONS = {
  hash: "M6.5 2 5 14M11 2 9.5 14M2.5 5.5h11M2 10.5h11",
  lock: "M4 7.5h8v6H4zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5",
  app: "M3 3h4v4H3zM9 9h4v4H9zM9 5a2 2 0 1 0 4 0 2 2 0 1 0-4 0M3 11a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  close: "M3.5 3.5l9 9M12.5 3.5l-9 9",
  back: "M10 3 5 8l5 5",
  down: "M4 6l4 4 4-4",
  more: "M3 8h.01M8 8h.01M13 8h.01",
  menu: "M2.5 4h11M2.5 8h11M2.5 12h11",
  chart: "M2.5 13.5v-11M2.5 13.5h11M5 10.5l2.5-3 2 2L13 5",
  reply: "M2.5 3.5h11v7.5H8L4.5 14v-3h-2z",
  smile: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.7 9.5c1 1.8 3.6 1.8 4.6 0M6 6.3h.01M10 6.3h.01",
  trash: "M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9",
  send: "M2.5 2.5 14 8 2.5 13.5 4.5 8zM4.5 8H14",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 9.7A1.7 1.7 0 1 0 8 6.3a1.7 1.7 0 0 0 0 3.4z",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5V11M8 5h.01",
  warning: "M8 2.2 14.5 13.5h-13zM8 6.5v3.2M8 11.6h.01",
  error: "M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4zM8 5v3.8M8 11h.01",
  success: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM5.3 8.2l1.9 1.9 3.6-4",
  file: "M4 1.5h5.5L12.5 4.5v10h-8.5zM9 1.5V5h3.5",
};

/** Answers a decorative icon; whoever shows it says in words what it means. */
export function icon(name) {
  const props = { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" };
  return svg("svg", props, svg("path", { d: ICONS[name] }));
}

/** Answers words for screen readers only. */
export function spoken(...children) {
  return h("span", { class: "spoken" }, ...children);
}

/**
 * Makes `container` hold `items` ({key, stamp, build}) in this order. A node whose stamp is unchanged is kept as it is;
 * focus inside a rebuilt node goes to the element with the same `data-focus`, else to the node itself.
 */
export function patch(container, items) {
  const before = container.kept ?? new Map();
  const after = new Map();
  const focused = document.activeElement;
  let refocus = null;
  let place = container.firstChild;
  for (const { key, stamp, build } of items) {
    const old = before.get(key);
    const node = old && old.stamp === stamp ? old.node : build();
    if (old && old.node !== node) {
      if (old.node.contains(focused)) refocus = [node, focused.dataset.focus];
      if (place === old.node) place = place.nextSibling;
      old.node.remove();
    }
    if (node === place) place = place.nextSibling;
    else container.insertBefore(node, place);
    after.set(key, { stamp, node });
  }
  for (const [key, { node }] of before) if (!after.has(key)) node.remove();
  container.kept = after;
  if (refocus) giveFocus(...refocus);
}

/** Focuses what is marked `data-focus={name}` in `node`, else `node` itself. */
export function giveFocus(node, name) {
  const same = name && [...node.querySelectorAll("[data-focus]")].find((found) => found.dataset.focus === name);
  if (!same && !node.hasAttribute("tabindex")) node.setAttribute("tabindex", "-1");
  (same || node).focus({ preventScroll: true });
}
