// A field to choose from options by typing: static and external selects, people, channels; one or several.
// It is given options and tells what was chosen; it asks nobody itself.

import { h, icon, spoken } from "./dom.js";
import { Suggestions } from "./popup.js";

const PAUSE_MS = 180;

/**
 * Answers a combobox. `load(query)` gives options {value, text, detail, group} or throws what to say instead;
 * `chosen` are the options it begins with; `change(options)` is called with what is chosen now.
 */
export function combobox({ load, chosen = [], several = false, placeholder, change, least = 0, attributes = {}, max }) {
  let now = chosen;
  let timer = null;
  let asked = 0;
  const field = h("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder, ...attributes });
  const picks = h("ul", { class: "picks", "aria-label": "Chosen" });
  const node = h("div", { class: "combobox" }, several && picks, h("div", { class: "picker" }, field, icon("down")));
  const list = new Suggestions(field, placeholder || "Options", take);
  const label = () => (several ? "" : (now[0]?.text ?? ""));
  field.value = label();

  function take(option) {
    const known = now.some((each) => each.value === option.value);
    if (several) now = known ? now.filter((each) => each.value !== option.value) : [...now, option];
    else now = [option];
    field.value = label();
    drawPicks();
    list.hide();
    change(now);
  }

  function drawPicks() {
    if (!several) return;
    picks.replaceChildren(
      ...now.map((option) => {
        const remove = h(
          "button",
          { type: "button", on: { click: () => take(option) } },
          icon("close"),
          spoken(`Remove ${option.text}`),
        );
        return h("li", {}, option.text, remove);
      }),
    );
    picks.hidden = !now.length;
  }

  async function offer() {
    asked += 1;
    const mine = asked;
    const query = field.value === label() ? "" : field.value.trim();
    if (query.length < least)
      return list.show([], { note: `Type at least ${least} character${least > 1 ? "s" : ""}.` });
    let found;
    try {
      found = await load(query);
    } catch (error) {
      return mine === asked && document.activeElement === field && list.show([], { note: error.message });
    }
    if (mine !== asked || document.activeElement !== field) return undefined;
    if (several && max && now.length >= max) return list.show([], { note: `No more than ${max} can be chosen.` });
    const left = several ? found.filter((each) => !now.some((one) => one.value === each.value)) : found;
    const at = left.findIndex((each) => each.value === now[0]?.value);
    return list.show(left, { active: several ? 0 : Math.max(0, at), note: left.length ? null : "Nothing fits." });
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(offer, PAUSE_MS);
  };
  field.addEventListener("input", soon);
  field.addEventListener("mousedown", () => !list.shown && setTimeout(offer));
  field.addEventListener("keydown", (event) => {
    if (list.take(event)) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      offer();
    } else if (event.key === "Backspace" && several && !field.value && now.length) take(now.at(-1));
    else if (event.key === "Enter") event.preventDefault();
  });
  field.addEventListener("blur", () => {
    clearTimeout(timer);
    asked += 1;
    list.hide();
    if (!several && !field.value.trim() && now.length) {
      now = [];
      change(now);
    }
    field.value = label();
  });
  drawPicks();
  return { node, field };
}

/** Answers those of fixed options that fit what was typed, any part of any word of them. */
export function fitting(options, query) {
  const wanted = query.toLowerCase().split(/\s+/).filter(Boolean);
  return options.filter((option) => {
    const said = `${option.text} ${option.detail ?? ""} ${option.value}`.toLowerCase();
    return wanted.every((word) => said.includes(word));
  });
}
