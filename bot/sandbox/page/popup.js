// Lists that open beside a control, above everything else: the suggestions of a field, and menus of a button.
// Knows where they go and how keys move through them, nothing of what is chosen.

import { freshId, h } from "./dom.js";

const GAP = 4;

function place(node, anchor, width) {
  const box = anchor.getBoundingClientRect();
  const below = innerHeight - box.bottom - 2 * GAP;
  const above = box.top - 2 * GAP;
  const up = below < Math.min(node.scrollHeight, 240) && above > below;
  const wide = Math.min(Math.max(width ? box.width : 0, node.offsetWidth), innerWidth - 2 * GAP);
  if (width) node.style.width = `${wide}px`;
  node.style.maxHeight = `${Math.max(120, Math.min(width ? 360 : 560, up ? above : below))}px`;
  node.style.left = `${Math.max(GAP, Math.min(box.left, innerWidth - wide - GAP))}px`;
  node.style.top = up ? "auto" : `${box.bottom + GAP}px`;
  node.style.bottom = up ? `${innerHeight - box.top + GAP}px` : "auto";
}

/** The suggestions of a text field: focus stays in the field, `aria-activedescendant` says which one is meant. */
export class Suggestions {
  constructor(field, label, choose) {
    Object.assign(this, { field, choose, items: [], active: -1 });
    this.list = h("ul", {
      id: freshId("list"),
      class: "popup",
      role: "listbox",
      "aria-label": label,
      popover: "manual",
    });
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    field.setAttribute("aria-autocomplete", "list");
    // A field of several lines stays what it is: `combobox` is a role of one line only.
    if (field.localName === "input") field.setAttribute("role", "combobox");
    this.tell(false);
  }

  tell(open) {
    if (open) this.field.setAttribute("aria-controls", this.list.id);
    else this.field.removeAttribute("aria-controls");
    if (this.field.getAttribute("role") === "combobox") this.field.setAttribute("aria-expanded", String(open));
  }

  get shown() {
    return this.list.isConnected && this.list.matches(":popover-open");
  }

  /** Shows `items` ({text, detail, value, group, disabled}); none closes. `note` is said instead of items. */
  show(items, { active = 0, note = null } = {}) {
    this.items = items;
    if (!items.length && !note) return this.hide();
    this.list.replaceChildren(...(note ? [this.noted(note)] : this.rows(items)));
    if (!this.list.isConnected) this.field.after(this.list);
    if (!this.shown) this.list.showPopover();
    this.tell(true);
    place(this.list, this.field, true);
    this.point(items.length ? active : -1);
    if (note) this.field.setAttribute("aria-activedescendant", `${this.list.id}-note`);
  }

  /** A listbox must hold options, and only the one that is meant is read aloud: so the note is one nobody can take. */
  noted(note) {
    return h("li", { id: `${this.list.id}-note`, role: "option", "aria-disabled": "true" }, note);
  }

  rows(items) {
    let group = null;
    return items.flatMap((item, index) => {
      const heading = item.group && item.group !== group;
      group = item.group;
      const row = h(
        "li",
        {
          id: `${this.list.id}-${index}`,
          role: "option",
          "aria-selected": "false",
          on: { click: () => this.choose(item) },
        },
        h("span", { class: "option" }, item.text),
        item.detail && h("span", { class: "detail" }, item.detail),
      );
      return heading ? [h("li", { class: "group", role: "presentation" }, group), row] : [row];
    });
  }

  point(index) {
    this.active = index;
    this.field.removeAttribute("aria-activedescendant");
    for (const row of this.list.querySelectorAll("[role=option]")) {
      const meant = row.id === `${this.list.id}-${index}`;
      row.setAttribute("aria-selected", String(meant));
      if (meant) {
        this.field.setAttribute("aria-activedescendant", row.id);
        row.scrollIntoView({ block: "nearest" });
      }
    }
  }

  hide() {
    if (this.shown) this.list.hidePopover();
    this.tell(false);
    this.field.removeAttribute("aria-activedescendant");
    this.active = -1;
  }

  /** Takes a key while shown; answers whether it was for the list. */
  take(event) {
    if (!this.shown) return false;
    const count = this.items.length;
    if (event.key === "ArrowDown" && count) this.point((this.active + 1) % count);
    else if (event.key === "ArrowUp" && count) this.point(this.active > 0 ? this.active - 1 : count - 1);
    else if ((event.key === "Enter" || event.key === "Tab") && this.active >= 0 && !event.shiftKey) {
      this.choose(this.items[this.active]);
    } else if (event.key === "Escape") this.hide();
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}

/** Opens a menu under a button. `items` are {text, detail, checked, danger, run}; focus goes in, and back on closing. */
export function openMenu(button, label, items) {
  const role = items.some((item) => item.checked !== undefined) ? "menuitemradio" : "menuitem";
  const menu = h("div", { class: "popup menu", role: "menu", "aria-label": label, popover: "auto" });
  for (const item of items) {
    const row = h(
      "button",
      { type: "button", role, tabindex: "-1", class: item.danger && "danger", on: { click: () => done(item) } },
      item.picture,
      h("span", { class: "option" }, item.text, item.detail && h("span", { class: "detail" }, item.detail)),
    );
    if (item.checked !== undefined) row.setAttribute("aria-checked", String(item.checked));
    menu.append(row);
  }
  const rows = [...menu.children];
  const done = (item) => {
    menu.hidePopover();
    item.run();
  };
  menu.addEventListener("keydown", (event) => {
    const at = rows.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) rows.at(to % rows.length)?.focus();
    else if (event.key === "Tab" || event.key === "Escape") menu.hidePopover();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  menu.addEventListener("toggle", (event) => {
    if (event.newState === "open") return;
    button.setAttribute("aria-expanded", "false");
    if (menu.contains(document.activeElement) || document.activeElement === document.body) button.focus();
    menu.remove();
  });
  button.setAttribute("aria-haspopup", "menu");
  button.setAttribute("aria-expanded", "true");
  button.after(menu);
  menu.showPopover();
  place(menu, button, false);
  (rows.find((row) => row.getAttribute("aria-checked") === "true") ?? rows[0])?.focus();
}
