// A server in the middle: passes everything on to the real one, and reads or changes what it likes.

import http from 'node:http';
import { once } from 'node:events';

import { WebSocket, WebSocketServer } from 'ws';

export class Proxy {
  /** Everything that passed through: the head and body of each request and response, and each frame. */
  seen = [];
  /** The bodies of relayed messages, in order, from either side. */
  bodies = [];
  /** Whether sockets are turned away, while the page is still served. */
  refusing = false;
  /** The folder in which the server appears, for example `/tacit`; it does not learn of it. */
  folder = '';

  /**
   * Starts a proxy before `server`. `meddle(frame, { relay, toServer, answer })` gets each frame that a party sends, as
   * an object; `relay` counts the relayed ones from 0 and is undefined for others. What it returns is passed on
   * instead, and nothing if it returns null. `toServer` sends a further frame, `answer` one back to the party.
   */
  static async start(server, meddle = (frame) => frame) {
    const proxy = new Proxy(server, meddle);
    proxy.#http.listen(0, '127.0.0.1');
    await once(proxy.#http, 'listening');
    proxy.url = `http://localhost:${proxy.#http.address().port}`;
    return proxy;
  }

  url = '';
  #http;
  #sockets = new WebSocketServer({ noServer: true });
  #relays = 0;

  constructor(server, meddle) {
    this.server = new URL(server.url);
    this.meddle = meddle;
    this.#http = http.createServer((request, response) => this.#page(request, response));
    this.#http.on('upgrade', (request, socket, head) => {
      if (this.refusing) return socket.destroy();
      this.#sockets.handleUpgrade(request, socket, head, (party) => this.#socket(request, party));
    });
  }

  /** Breaks every socket without a word. */
  cut() {
    for (const party of this.#sockets.clients) party.terminate();
  }

  async stop() {
    this.cut();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }

  /** Everything that passed, as one text. */
  text() {
    return this.seen.join('\n');
  }

  #page(request, response) {
    this.seen.push(`${request.method} ${request.url}`, JSON.stringify(request.rawHeaders));
    request.on('data', (data) => this.seen.push(data.toString('latin1')));
    const { hostname, port } = this.server;
    if (!request.url.startsWith(`${this.folder}/`)) return response.writeHead(404).end();
    const path = request.url.slice(this.folder.length);
    const onward = http.request(
      { hostname, port, path, method: request.method, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode, answer.rawHeaders);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  #socket(request, party) {
    this.seen.push(`upgrade ${request.url}`, JSON.stringify(request.rawHeaders));
    const { host, origin } = request.headers;
    const onward = new WebSocket(`ws://${this.server.host}${request.url}`, { headers: { host, origin } });
    const waiting = [];
    const send = (text) => (onward.readyState === WebSocket.OPEN ? onward.send(text) : waiting.push(text));
    onward.on('open', () => waiting.splice(0).forEach((text) => onward.send(text)));
    party.on('message', (data) => {
      const text = data.toString();
      this.seen.push(text);
      const frame = JSON.parse(text);
      const relay = frame.type === 'relay' ? this.#relays++ : undefined;
      if (relay !== undefined) this.bodies.push(frame.body);
      const toServer = (other) => send(JSON.stringify(other));
      const answer = (other) => party.send(JSON.stringify(other));
      const changed = this.meddle(frame, { relay, toServer, answer });
      if (changed) toServer(changed);
    });
    onward.on('message', (data) => {
      this.seen.push(data.toString());
      party.send(data.toString());
    });
    party.on('close', () => onward.close());
    onward.on('close', () => party.close());
    onward.on('error', () => party.terminate());
    party.on('error', () => onward.terminate());
  }
}

/** Passes everything on but changes one character of relayed message `number`. */
export function altering(number) {
  return (frame, at) => (at.relay === number ? { ...frame, body: flipped(frame.body) } : frame);
}

/** `body` with one character in its middle replaced by another of the same alphabet. */
function flipped(body) {
  const at = Math.floor(body.length / 2);
  return body.slice(0, at) + (body[at] === 'A' ? 'B' : 'A') + body.slice(at + 1);
}
