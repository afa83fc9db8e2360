// One Block Kit element each: buttons, menus, pickers, fields. They show a value and tell `ctx` what was done.
// `ctx.use(block, element, option, node)` acts at once; `ctx.enter(block, element, value)` keeps what a form holds.

import { freshId, h, icon, spoken } from "./dom.js";
import { combobox, fitting } from "./combobox.js";
import { safeUrl, unescaped, words } from "./mrkdwn.js";
import { openMenu } from "./popup.js";
import { state } from "./state.js";

const SOME = "multi_";
const TYPED = { plain_text_input: "text", number_input: "text", email_text_input: "email", url_text_input: "url" };
const PICKERS = { datepicker: "date", timepicker: "time", datetimepicker: "datetime-local" };
const focusName = (block, element) => `${block.block_id}/${element.action_id}/${element.value ?? ""}`;
const asOption = (option, group) => ({
  value: option.value,
  text: unescaped(option.text.text),
  detail: option.description && unescaped(option.description.text),
  group,
});

/** Answers an element as it is used in actions, accessories and inputs; `form` has {labelledby, describedby, invalid}. */
export function element(block, found, ctx, form = null) {
  const kind = found.type;
  if (kind === "button" || kind === "workflow_button" || kind === "icon_button") return button(block, found, ctx);
  if (kind === "overflow") return overflow(block, found, ctx);
  if (kind === "image") return picture(found, ctx);
  if (kind === "feedback_buttons") return feedback(block, found, ctx);
  if (kind in TYPED) return typed(block, found, ctx, form);
  if (kind in PICKERS) return picker(block, found, ctx, form);
  if (kind === "checkboxes" || kind === "radio_buttons") return choices(block, found, ctx, form);
  if (kind.endsWith("_select")) return select(block, found, ctx, form);
  return h("p", { class: "unknown" }, `(${kind}: not shown in this sandbox)`);
}

function button(block, found, ctx) {
  const look = found.style === "primary" || found.style === "danger" ? found.style : "";
  const node = h(
    "button",
    {
      type: "button",
      class: `button ${look}`,
      "aria-label": found.accessibility_label,
      data: { focus: focusName(block, found) },
      on: { click: () => press() },
    },
    words(found.text ?? found.alt_text ?? found.action_id),
  );
  const press = async () => {
    if (node.getAttribute("aria-busy") === "true") return;
    if (found.url && safeUrl(found.url)) window.open(found.url, "_blank", "noopener,noreferrer");
    await ctx.use(block, found, undefined, node);
  };
  return node;
}

function overflow(block, found, ctx) {
  const choose = (option) => {
    if (option.url && safeUrl(option.url)) window.open(option.url, "_blank", "noopener,noreferrer");
    ctx.use(block, found, option.value, node);
  };
  const items = found.options.map((option) => ({ ...asOption(option), run: () => choose(option) }));
  const node = h(
    "button",
    { type: "button", class: "button more", data: { focus: focusName(block, found) }, "aria-haspopup": "menu" },
    icon("more"),
    spoken("More choices"),
  );
  node.addEventListener("click", () => openMenu(node, "More choices", items));
  return node;
}

function feedback(block, found, ctx) {
  const side = (each) => button(block, { ...found, ...each, type: "button" }, ctx);
  return h("span", { class: "row" }, [found.positive_button, found.negative_button].filter(Boolean).map(side));
}

/** Answers a picture from this sandbox; one from elsewhere is named and linked, as the page loads nothing from outside. */
export function picture(found, ctx) {
  const file = ctx.files?.find((each) => each.id === found.slack_file?.id || each.url === found.slack_file?.url);
  const address = file?.url ?? found.image_url;
  const url = address && new URL(address, document.baseURI);
  const alt = found.alt_text ?? "";
  if (url && file) url.host = location.host;
  if (!url || url.host !== location.host) {
    return h(
      "span",
      { class: "elsewhere" },
      icon("file"),
      url && safeUrl(address) ? h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, alt) : alt,
    );
  }
  return h("img", { src: url.href, alt, loading: "lazy" });
}

function common(block, found, form) {
  return {
    "aria-labelledby": form?.labelledby,
    "aria-describedby": form?.describedby,
    "aria-invalid": form?.invalid && "true",
    "aria-required": form && !block.optional && "true",
    "aria-label": form ? null : (found.placeholder?.text ?? found.action_id),
    "data-focus": focusName(block, found),
  };
}

/** Keeps a value: in a form until it is sent, anywhere else (or where the input dispatches) by telling the bot. */
function settle(block, found, value, shown, node, ctx, form) {
  if (form) ctx.enter(block, found, value, shown);
  if (!form || block.dispatch_action) ctx.use(block, found, value, node);
}

function typed(block, found, ctx, form) {
  const held = ctx.held(block, found);
  const props = {
    ...common(block, found, form),
    placeholder: found.placeholder?.text,
    maxlength: found.max_length,
    inputmode: found.type === "number_input" ? "decimal" : null,
    autocomplete: "off",
    autofocus: found.focus_on_load,
    class: "field",
  };
  const node = found.multiline
    ? h("textarea", { ...props, rows: 4 })
    : h("input", { ...props, type: TYPED[found.type] });
  node.value = held ?? found.initial_value ?? "";
  const triggers = found.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
  node.addEventListener("input", () => {
    ctx.enter(block, found, node.value);
    if (block.dispatch_action && triggers.includes("on_character_entered")) ctx.use(block, found, node.value, node);
  });
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || found.multiline || !block.dispatch_action) return;
    event.preventDefault();
    if (triggers.includes("on_enter_pressed")) ctx.use(block, found, node.value, node);
  });
  return node;
}

function picker(block, found, ctx, form) {
  const initial = found.initial_date ?? found.initial_time ?? local(found.initial_date_time);
  const node = h("input", { ...common(block, found, form), type: PICKERS[found.type], class: "field" });
  const held = ctx.held(block, found);
  node.value = (found.type === "datetimepicker" ? local(held) : held) ?? initial ?? "";
  node.addEventListener("change", () => {
    const value =
      found.type === "datetimepicker" ? Math.floor(new Date(node.value).getTime() / 1000) || "" : node.value;
    settle(block, found, value, undefined, node, ctx, form);
  });
  return node;
}

function local(unix) {
  if (!unix) return undefined;
  const at = new Date(unix * 1000);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function choices(block, found, ctx, form) {
  const several = found.type === "checkboxes";
  const begun = several ? (found.initial_options ?? []).map((each) => each.value) : found.initial_option?.value;
  const held = ctx.held(block, found) ?? begun;
  const name = freshId("choice");
  const node = h("div", { ...common(block, found, form), role: several ? "group" : "radiogroup", class: "choices" });
  for (const option of found.options) {
    const box = h("input", { type: several ? "checkbox" : "radio", name, value: option.value });
    box.checked = several ? (held ?? []).includes(option.value) : held === option.value;
    const detail = option.description && h("span", { class: "detail" }, words(option.description));
    node.append(h("label", {}, box, h("span", {}, words(option.text), detail)));
  }
  node.addEventListener("change", () => {
    const on = [...node.querySelectorAll("input:checked")].map((box) => box.value);
    settle(block, found, several ? on : on[0], undefined, node, ctx, form);
  });
  return node;
}

const SOURCES = {
  users_select: () =>
    [...state.users.values()].map((user) => ({
      value: user.id,
      text: user.real_name || user.name,
      detail: `@${user.name}`,
    })),
  conversations_select: () =>
    [...state.channels.values()]
      .filter((channel) => !channel.direct || channel.direct === state.me)
      .map((channel) => ({ value: channel.id, text: channel.name })),
  channels_select: () =>
    [...state.channels.values()]
      .filter((channel) => !channel.direct && !channel.private)
      .map((channel) => ({ value: channel.id, text: channel.name })),
};

function select(block, found, ctx, form) {
  const several = found.type.startsWith(SOME);
  const kind = several ? found.type.slice(SOME.length) : found.type;
  const own = [
    ...(found.options ?? []).map((option) => asOption(option)),
    ...(found.option_groups ?? []).flatMap((group) =>
      group.options.map((option) => asOption(option, group.label.text)),
    ),
  ];
  const initial = [found.initial_option, ...(found.initial_options ?? [])]
    .filter(Boolean)
    .map((option) => asOption(option));
  const known = () => [...(SOURCES[kind]?.() ?? own), ...initial, ...(ctx.shown(block, found) ?? [])];
  const picked = found.initial_user ?? found.initial_conversation ?? found.initial_channel;
  const begun =
    found.initial_users ??
    found.initial_conversations ??
    found.initial_channels ??
    (picked ? [picked] : initial.map((option) => option.value));
  const held = ctx.held(block, found) ?? begun;
  const chosen = (Array.isArray(held) ? held : [held])
    .filter(Boolean)
    .map((value) => known().find((each) => each.value === value || each.text === value) ?? { value, text: value });
  const external = kind === "external_select";
  const least = external ? (found.min_query_length ?? 3) : 0;
  const { node } = combobox({
    load: async (query) => (external ? ctx.options(block, found, query) : fitting(SOURCES[kind]?.() ?? own, query)),
    chosen,
    several,
    least,
    max: found.max_selected_items,
    placeholder: found.placeholder?.text ?? "Choose",
    attributes: common(block, found, form),
    change: (options) => {
      // The bot is asked again for an external menu's options when it is sent, by what a person would have typed.
      const values = options.map((option) => (external ? option.text : option.value));
      settle(block, found, several ? values : (values[0] ?? null), options, node, ctx, form);
    },
  });
  return node;
}
