// Where elements are: a message or a view. What they hold now, where their options come from, what using them does.

import { use } from "./acts.js";
import { get } from "./api.js";
import { state } from "./state.js";

const same = (block, element) => (each) => each.block_id === block.block_id && each.action_id === element.action_id;

async function options(place, block, element, query) {
  const asked = { user: state.me, action_id: element.action_id, block_id: block.block_id, query, ...place };
  const answer = await get("options", asked);
  if (answer.failure) throw new Error("Options could not be loaded.");
  return answer.options;
}

function surface(place, found, more) {
  return {
    use: (block, element, option, node) => use(place, block, element, option, node),
    enter: () => {},
    held: (block, element) => found.menus.find(same(block, element))?.value,
    shown: () => undefined,
    error: () => undefined,
    options: (block, element, query) => options(place, block, element, query),
    files: found.files,
    key: JSON.stringify(place),
    ...more,
  };
}

/** Answers the surface of a message. */
export const ofMessage = (said) => surface({ channel: said.channel, ts: said.ts }, said);

/** Answers the surface of a view; `form` (a Map) keeps what was entered and not sent yet. */
export function ofView(view, form) {
  const key = (block, element) => `${block.block_id}/${element.action_id}`;
  const fields = [...view.fields, ...view.menus];
  return surface({ view_id: view.view_id }, view, {
    enter: (block, element, value, shown) => form.set(key(block, element), { block: block.block_id, value, shown }),
    held: (block, element) => {
      const entered = form.get(key(block, element));
      return entered ? entered.value : fields.find(same(block, element))?.value;
    },
    shown: (block, element) => form.get(key(block, element))?.shown,
    error: (block) => view.errors[block.block_id],
  });
}
