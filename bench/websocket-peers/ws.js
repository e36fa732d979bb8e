// SPDX-License-Identifier: Apache-2.0
// npm ws as a contender of bench/websocket: node ws.js PORT
const { WebSocketServer } = require('ws');
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]), backlog: 4096 });
server.on('connection', (socket, request) => {
  if (request.url === '/echo') {
    socket.on('message', (data, binary) => socket.send(data, { binary }));
  } else {
    socket.on('message', () => {
      const news = Buffer.alloc(1024);
      for (const one of server.clients) one.send(news);
    });
  }
});
