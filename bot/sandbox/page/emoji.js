// Shortcodes that are shown as pictures, and nothing else. One that is not here is shown as it was written.

export const EMOJI = new Map(
  Object.entries({
    "+1": "👍", thumbsup: "👍", "-1": "👎", thumbsdown: "👎", tada: "🎉", eyes: "👀", fire: "🔥", rocket: "🚀",
    white_check_mark: "✅", heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔",
    no_entry_sign: "🚫", octagonal_sign: "🛑", warning: "⚠️", rotating_light: "🚨", information_source: "ℹ️",
    question: "❓", exclamation: "❗", grey_question: "❔", bulb: "💡", bell: "🔔", no_bell: "🔕", mega: "📣",
    loudspeaker: "📢", pager: "📟", lock: "🔒", unlock: "🔓", key: "🔑", hourglass: "⌛",
    hourglass_flowing_sand: "⏳", stopwatch: "⏱️", alarm_clock: "⏰", clock1: "🕐", calendar: "📆", date: "📅",
    chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", bar_chart: "📊", moneybag: "💰",
    money_with_wings: "💸", dollar: "💵", heavy_dollar_sign: "💲", large_green_circle: "🟢", large_red_circle: "🔴",
    red_circle: "🔴", large_yellow_circle: "🟡", large_orange_circle: "🟠", large_blue_circle: "🔵",
    white_circle: "⚪", black_circle: "⚫", large_green_square: "🟩", large_red_square: "🟥",
    large_yellow_square: "🟨", arrow_right: "➡️", arrow_left: "⬅️", arrow_up: "⬆️", arrow_down: "⬇️",
    arrows_counterclockwise: "🔄", repeat: "🔁", leftwards_arrow_with_hook: "↩️", rewind: "⏪",
    double_vertical_bar: "⏸️", black_square_for_stop: "⏹️", arrow_forward: "▶️", robot_face: "🤖", wave: "👋",
    pray: "🙏", raised_hands: "🙌", clap: "👏", hand: "✋", raised_hand: "✋", point_right: "👉", thinking_face: "🤔",
    slightly_smiling_face: "🙂", smile: "😄", sob: "😭", heart: "❤️", gear: "⚙️", wrench: "🔧",
    hammer_and_wrench: "🛠️", package: "📦", memo: "📝", scroll: "📜", mag: "🔍", link: "🔗", test_tube: "🧪",
    shield: "🛡️", zap: "⚡", snail: "🐌", sparkles: "✨", checkered_flag: "🏁", ok_hand: "👌", 100: "💯",
  }),
);

/** Those a person can put under a message with one press. */
export const QUICK = ["+1", "eyes", "white_check_mark", "tada"];
