// SPDX-License-Identifier: Apache-2.0
// Echo through npm ws or undici: node peer.js ws|undici URL
const [kind, url] = process.argv.slice(2);
const sizes = [0, 1, 125, 126, 127, 128, 65535, 65536, 1 << 20];
const sample = n => { let s = ''; for (let i = 0; s.length < n; i++) s += 'word' + (i * i % 977) + ' '; return s.slice(0, n); };
async function echo(open, large) {
  const socket = open();
  socket.binaryType = 'arraybuffer';
  await new Promise((good, bad) => { socket.onopen = good; socket.onerror = e => bad(new Error('open: ' + (e.message || e.type))); });
  for (const size of large ? sizes.concat([16 << 20]) : sizes) for (const binary of [false, true]) {
    const text = sample(size);
    const answer = new Promise((good, bad) => { socket.onmessage = e => good(e.data); socket.onclose = e => bad(new Error('closed ' + e.code + ' ' + e.reason)); });
    socket.send(binary ? Buffer.from(text) : text);
    const data = await answer;
    const same = binary ? Buffer.from(data).equals(Buffer.from(text)) : data === text;
    if (!same) throw new Error('other data of ' + size);
  }
  const closed = new Promise(good => { socket.onclose = e => good(e.code); });
  socket.close(4321, 'done');
  const code = await closed;
  if (code !== 4321) throw new Error('closed with ' + code);
}
(async () => {
  let runs = 0;
  if (kind === 'undici') {
    const { WebSocket } = require('undici');
    await echo(() => new WebSocket(url), true); runs++;
  } else {
    const WebSocket = require('ws');
    await echo(() => new WebSocket(url, { perMessageDeflate: false }), true); runs++;
    for (let bits = 8; bits <= 15; bits++) for (const takeover of [true, false]) {
      await echo(() => new WebSocket(url, { perMessageDeflate: { serverMaxWindowBits: bits, clientMaxWindowBits: Math.max(9, bits),
        serverNoContextTakeover: takeover ? undefined : true, clientNoContextTakeover: takeover ? undefined : true, threshold: 0 } })); runs++;
    }
  }
  console.log('ok ' + runs);
})().catch(e => { console.log('failed: ' + e.message); process.exit(1); });
