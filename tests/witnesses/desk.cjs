// The desk of a hotel, as somebody writes it with Slack's own framework for Node, @slack/bolt, unmodified.
//
// Usage: node desk.cjs    with a JSON object on the first line of standard input:
//   {"api_url", "bot_token", "app_token"?, "signing_secret"?}   an app_token is Socket Mode, else a port of its own
// Every line it writes is JSON: {"ready": PORT or null}, what it heard, or {"error": ...}. It ends with standard input.
'use strict';
const readline = require('node:readline');
const { App, LogLevel } = require('@slack/bolt');

const tell = (said) => process.stdout.write(`${JSON.stringify(said)}\n`);
const plain = (text) => ({ type: 'plain_text', text });
const section = (text) => ({ type: 'section', text: { type: 'mrkdwn', text } });
const button = (label, id, value, more) =>
  ({ type: 'button', text: plain(label), action_id: id, value, ...more });

const field = (label, blockId, element, more) =>
  ({ type: 'input', block_id: blockId, label: plain(label), element: { action_id: blockId, ...element }, ...more });

const booking = () => ({
  type: 'modal',
  callback_id: 'booking',
  title: plain('Book a room'),
  submit: plain('Send'),
  private_metadata: 'desk 3',
  blocks: [
    field('Room', 'room', {
      type: 'static_select',
      options: ['Attic', 'Garden'].map((name) => ({ text: plain(name), value: name.toLowerCase() })),
    }),
    field('Guest', 'guest', { type: 'external_select', min_query_length: 0 }, { optional: true }),
    field('Reason', 'reason', { type: 'plain_text_input' }),
  ],
});

const request = (room, reason) => [
  section(`*${room}*: ${reason}`),
  {
    type: 'actions',
    block_id: 'decide',
    elements: [
      button('Let in', 'accept', room, {
        style: 'primary',
        confirm: { title: plain('Let them in?'), text: plain(room), confirm: plain('Yes'), deny: plain('No') },
      }),
      button('Ask later', 'later', room),
      button('Break', 'break', room),
    ],
  },
];

function listen(app) {
  app.command('/book', async ({ ack, body, client }) => {
    await ack();
    await client.views.open({ trigger_id: body.trigger_id, view: booking() });
  });
  app.command('/whisper', async ({ ack, command }) => {
    await ack(`Only for you: ${command.text}`);
  });
  app.command('/answers', async ({ ack, respond }) => {
    await ack();
    for (const n of [1, 2, 3, 4, 5, 6]) {
      try {
        await respond({ text: `Answer ${n}`, response_type: n === 1 ? 'in_channel' : 'ephemeral' });
      } catch (error) {
        tell({ refused: n, because: error.message });
      }
    }
  });
  app.command('/everywhere', async ({ ack, client }) => {
    await ack();
    const names = [];
    for await (const page of client.paginate('conversations.list', { limit: 2, types: 'public_channel' })) {
      names.push(...page.channels.map((channel) => channel.name));
    }
    const groups = await client.usergroups.list({ include_users: true });
    tell({ channels: names, groups: groups.usergroups.map((group) => [group.handle, group.users.length]) });
  });
  app.command('/paper', async ({ ack, body, client }) => {
    await ack();
    const said = await client.chat.postMessage({ channel: body.channel_id, text: 'The bill follows' });
    const sent = await client.filesUploadV2({
      channel_id: body.channel_id, thread_ts: said.ts, file: Buffer.from('42 EUR\n'), filename: 'bill.txt', title: 'Bill',
    });
    tell({ files: sent.files[0].files.map((file) => file.title) });
  });
  app.command('/refused', async ({ ack, client, command }) => {
    await ack();
    const [method, ...given] = command.text.split(' ');
    try {
      await client.apiCall(method, JSON.parse(given.join(' ') || '{}'));
    } catch (error) {
      tell({ refused: error.data });
    }
  });
  app.options('guest', async ({ ack, payload }) => {
    const found = ['Ada', 'Bob', 'Cleo'].filter((name) => name.toLowerCase().includes(payload.value.toLowerCase()));
    await ack({ options: found.map((name) => ({ text: plain(name), value: name })) });
  });
  app.view('booking', async ({ ack, view, client, body }) => {
    const { room, guest, reason } = view.state.values;
    if (reason.reason.value === 'none') {
      await ack({ response_action: 'errors', errors: { reason: 'That is no reason.' } });
      return;
    }
    if (reason.reason.value === 'why?') {
      await ack({ response_action: 'push', view: { type: 'modal', title: plain('House rules'), blocks: [section('Be kind.')] } });
      return;
    }
    await ack();
    const name = room.room.selected_option.text.text;
    const who = guest.guest.selected_option ? guest.guest.selected_option.value : null;
    tell({ booked: name, guest: who, kept: view.private_metadata, by: body.user.name });
    await client.chat.postMessage({
      channel: 'lobby', text: `${name}: ${reason.reason.value}`, blocks: request(name, reason.reason.value),
    });
  });
  app.view({ callback_id: 'booking', type: 'view_closed' }, async ({ ack }) => {
    await ack();
  });
  app.action({ block_id: 'decide', action_id: 'accept' }, async ({ ack, body, client, action }) => {
    await ack();
    tell({ accepted: action.value, by: body.user.id, container: body.container.type });
    const text = `Let in by <@${body.user.id}>`;
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text, blocks: [section(text)] });
    await client.chat.postMessage({
      channel: body.channel.id, thread_ts: body.message.ts, text: 'The key is at the desk.', reply_broadcast: true,
    });
    await client.chat.postEphemeral({ channel: body.channel.id, user: body.user.id, text: 'Thank you.' });
  });
  app.action('later', async ({ ack, respond }) => {
    await ack();
    await respond({ text: 'Asked again at noon', replace_original: false, response_type: 'ephemeral' });
  });
  app.action('break', async () => {
    throw new Error('the bell is broken');
  });
  app.shortcut({ callback_id: 'pin', type: 'message_action' }, async ({ ack, shortcut }) => {
    await ack();
    tell({ pinned: shortcut.message.text });
  });
  app.event('app_mention', async ({ event, body, say, context }) => {
    tell({ mentioned: event.text, event_id: body.event_id, retry: context.retryNum ?? null, why: context.retryReason ?? null });
    await say({ text: 'At your service.', thread_ts: event.thread_ts ?? event.ts });
  });
  app.event('app_home_opened', async ({ event, client, context }) => {
    tell({ home: event.user, bot: context.botUserId });
    await client.views.publish({
      user_id: event.user,
      view: { type: 'home', blocks: [{ type: 'header', text: plain('Your rooms') }] },
    });
  });
  app.error(async (error) => {
    tell({ error: error.message, data: error.original ? error.original.data : undefined });
  });
}

async function run(given) {
  const common = {
    token: given.bot_token, clientOptions: { slackApiUrl: given.api_url }, logLevel: LogLevel.ERROR,
    deferInitialization: true,
  };
  const app = given.app_token
    ? new App({ ...common, socketMode: true, appToken: given.app_token })
    : new App({ ...common, signingSecret: given.signing_secret });
  await app.init();
  listen(app);
  if (given.app_token) {
    await app.start();
    tell({ ready: null });
  } else {
    const server = await app.start({ port: 0, host: '127.0.0.1' });
    tell({ ready: server.address().port });
  }
  return app;
}

const lines = readline.createInterface({ input: process.stdin });
let begun = null;
lines.on('line', (line) => {
  begun ??= run(JSON.parse(line)).catch((error) => {
    tell({ error: error.message, data: error.data });
    process.exit(1);
  });
});
lines.on('close', async () => {
  const app = await begun;
  await app?.stop();
  process.exit(0);
});
