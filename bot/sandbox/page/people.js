// Who one acts as: the switch at the top, with everybody's groups.

import { h, icon, spoken } from "./dom.js";
import { face } from "./message.js";
import { openMenu } from "./popup.js";
import { actAs, me, people, state } from "./state.js";

const button = document.querySelector("#who");

function groupsOf(user) {
  if (user.guest) return "Guest, in no group";
  return user.groups.map((handle) => `@${handle}`).join(", ") || "In no group";
}

button.addEventListener("click", () => {
  const items = people().map((user) => ({
    picture: face(user.id),
    text: user.real_name,
    detail: `${user.title ? `${user.title} · ` : ""}${groupsOf(user)}`,
    checked: user.id === state.me,
    run: () => actAs(user.id),
  }));
  openMenu(button, "Act as", items);
});

/** Draws who one is now. */
export function drawPeople() {
  const user = me();
  if (button.dataset.shown === user.id + groupsOf(user)) return;
  button.dataset.shown = user.id + groupsOf(user);
  button.replaceChildren(
    face(user.id),
    h(
      "span",
      { class: "names" },
      spoken("Act as: "),
      h("strong", {}, user.real_name),
      h("span", { class: "detail" }, groupsOf(user)),
    ),
    icon("down"),
  );
}
